"""What each container can hold, and the container for a film if none is requested."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reimagine.media.container import open_container
from reimagine.media.export.subtitles import loses_layout
from reimagine.media.video.film import Film

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer
    from av.stream import Stream

FILM_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".m4v", ".avi", ".mxf")
"""Containers of finished films."""
FORMATS = {".m4v": "mp4"}
"""FFmpeg's name of a container, where its suffix stands for one that holds less."""
DEFAULT_SUFFIXES = (".mp4", ".mov", ".mkv")
"""Containers of finished films if none is requested, in order of preference."""
MP4_SUFFIXES = (".mp4", ".m4v", ".mov")
"""Containers for which only some of the codecs that FFmpeg can write are playable elsewhere."""
MP4_CODECS = (
    *("aac", "libfdk_aac", "mp3", "mp3float", "libmp3lame", "ac3", "eac3", "alac", "opus", "libopus", "flac"),
    *("dts", "dca", "mp2", "mp2float", "mov_text"),
)
"""Codecs of sound and subtitles that MP4 and MOV hold; FFmpeg also writes others, which few players read."""
NOT_IN_MOV = (
    *("opus", "libopus", "flac", "vp9", "libvpx-vp9", "av1", "libdav1d", "libsvtav1", "av1_nvenc", "av1_qsv"),
    "av1_vaapi",
)
"""Codecs that FFmpeg lists for MOV, but writes to MP4 only."""
MXF_CODECS = (
    *("mpeg2video", "dnxhd", "prores", "prores_ks", "prores_videotoolbox", "jpeg2000", "libopenjpeg", "ffv1"),
    *("h264", "libx264", "h264_nvenc", "h264_qsv", "h264_vaapi", "h264_videotoolbox", "dvvideo"),
    *("pcm_s16le", "pcm_s24le"),
)
"""Codecs that FFmpeg writes to MXF; it cannot list them."""
MXF_RATES = (
    *(Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30)),
    *(Fraction(48), Fraction(50), Fraction(60000, 1001), Fraction(60)),
)
"""Frame rates of MXF."""
MXF_SOUND_RATE = 48000
"""Samples per second of sound in MXF."""
CONSTANT_RATE_SUFFIXES = (".avi", ".mxf")
"""Containers whose frames all stand equally long."""
ASPECT_CODECS = ("h264", "libx264", "hevc", "libx265", "mpeg4")
"""Codecs whose packets state the sample aspect ratio."""
MXF_ASPECT_CODECS = ("prores", "prores_ks", "prores_videotoolbox")
"""Codecs for which MXF states the sample aspect ratio."""
MATROSKA_SUFFIXES = (".mkv", ".webm")
"""Containers in which a display width stands for the sample aspect ratio."""
CHAPTER_SUFFIXES = (*MP4_SUFFIXES, ".mkv", ".webm")
"""Containers that hold chapters."""
COVER_CODECS = {".mp4": ("mjpeg", "png", "bmp"), ".m4v": ("mjpeg", "png", "bmp"), ".mkv": ("mjpeg", "png")}
"""Codecs of cover pictures for each container that holds one."""
NAL_CODECS = ("h264", "hevc")
"""Codecs whose packets have one form in AVI and another in MP4 and Matroska."""
TEXT_SUBTITLES = {".mp4": "mov_text", ".m4v": "mov_text", ".mov": "mov_text", ".mkv": "subrip", ".webm": "webvtt"}
"""The text format of subtitles for each container."""

PLAIN_TEXT = ("subrip", "srt", "mov_text", "webvtt")
"""Subtitles whose text is all that they are."""


@cache
def _supported_codecs(suffix: str) -> frozenset[str]:
    """FFmpeg's names of the codecs that a container can hold. No file is made."""
    import av

    with av.open(f"codecs{suffix}", "w", format=FORMATS.get(suffix)) as container:
        return frozenset(container.supported_codecs)


def container_holds(suffix: str, kind: str, codec: str) -> bool:
    """Whether a container can hold a codec.

    Args:
        suffix: of the container.
        kind: "video", "audio" or "subtitle".
        codec: FFmpeg's name of its decoder or encoder.
    """
    if suffix == ".mxf":
        return codec in MXF_CODECS
    if suffix == ".mov" and codec in NOT_IN_MOV:
        return False
    if kind != "video" and suffix in MP4_SUFFIXES:
        pcm = codec.startswith("pcm_") and suffix == ".mov"
        return (codec in MP4_CODECS or pcm) and codec in _supported_codecs(suffix)
    return codec in _supported_codecs(suffix)


def stream_fits(suffix: str, stream: Stream) -> bool:
    """Whether a container can hold the packets of a stream."""
    context = stream.codec_context
    if stream.type not in ("video", "audio", "subtitle") or context is None:
        return suffix == ".mkv" and stream.type == "attachment"
    if is_cover(stream):
        return context.name in COVER_CODECS.get(suffix, ())
    if suffix == ".avi" and context.name.startswith("aac") and not context.extradata:
        return False  # AAC of transport streams, with a header in each packet
    if suffix == ".mxf" and stream.type == "audio" and cast("AudioStream", stream).rate != MXF_SOUND_RATE:
        return False
    return container_holds(suffix, stream.type, context.name)


def states_aspect(suffix: str, codec: str) -> bool:
    """Whether FFmpeg writes the sample aspect ratio of a picture into a container."""
    return suffix in MP4_SUFFIXES or codec in ASPECT_CODECS or (suffix == ".mxf" and codec in MXF_ASPECT_CODECS)


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a picture of the cover."""
    from av.stream import Disposition

    return stream.type == "video" and bool(stream.disposition & Disposition.attached_pic)


def picture_fits(film: Film, suffix: str) -> bool:
    """Whether a container can hold the packets of the film's picture, and the times of the packets are known."""
    with open_container(Path(film.source)) as source:
        return _picture_fits(source, film, suffix)


def _picture_fits(source: InputContainer, film: Film, suffix: str) -> bool:
    stream = source.streams.video[film.picture_stream]
    if suffix == ".avi" and source.format.name != "avi" and stream.codec_context.name in NAL_CODECS:
        return False
    turned = film.rotation or film.mirrored  # AVI and MXF have no display matrix either
    if suffix in CONSTANT_RATE_SUFFIXES and (film.ticks or film.last_duration or turned):
        return False
    if suffix == ".mxf" and film.rate not in MXF_RATES:
        return False
    timed = bool(film.pts) or not stream.codec_context.has_b_frames or source.format.name == suffix[1:]
    return timed and stream_fits(suffix, stream)


def other_streams(source: InputContainer, film: Film, new_sound: bool) -> list[Stream]:
    """All streams but the picture, without the first audio track if there is new sound, in order."""
    replaced = {source.streams.audio[0].index} if new_sound and source.streams.audio else set()
    if film.frames and film.picture_stream < len(source.streams.video):
        replaced.add(source.streams.video[film.picture_stream].index)
    return [stream for stream in source.streams if stream.index not in replaced]


def default_suffix(film: Film, encoded: tuple[str, str] | None, new_sound: bool) -> str:
    """The first container that holds the encoded picture and all that is copied; Matroska if none holds all of it.

    Args:
        film: the source, with a picture; an image sequence has nothing that is copied.
        encoded: FFmpeg's encoder of the picture, and the container preferred for it; None if the picture is copied.
        new_sound: whether the first audio track is replaced.
    """
    if film.stills:
        return encoded[1] if encoded else DEFAULT_SUFFIXES[0]
    with open_container(Path(film.source)) as source:
        kept = [s for s in other_streams(source, film, new_sound) if s.type in ("audio", "subtitle")]
        suffixes = sorted(DEFAULT_SUFFIXES, key=lambda s: s == ".mov" and "mov" not in source.format.name)
        holding = [s for s in suffixes if encoded is None and _picture_fits(source, film, s)]
        if encoded:
            suffixes = list(dict.fromkeys((encoded[1], *suffixes)))
            holding = [s for s in suffixes if container_holds(s, "video", encoded[0])]
        candidates = holding or suffixes  # a picture that none of them holds is encoded
        fitting = (s for s in candidates if all(_keeps_all(s, k) for k in kept))
        return next(fitting, ".mkv")


def is_convertible(suffix: str, stream: Stream) -> bool:
    """Whether the text of a subtitle stream can be written in the container's own format."""
    name = stream.codec_context.name if stream.type == "subtitle" and stream.codec_context else ""
    return suffix in TEXT_SUBTITLES and (name in PLAIN_TEXT or loses_layout(name))


def _keeps_all(suffix: str, stream: Stream) -> bool:
    """Whether a container holds a stream, or text of its own format in place of it."""
    plain = stream.codec_context is not None and stream.codec_context.name in PLAIN_TEXT
    return stream_fits(suffix, stream) or (plain and is_convertible(suffix, stream))
