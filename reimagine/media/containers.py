"""What each container can hold, and the container for a film if none is requested."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.media.container import open_container
from reimagine.media.film import Film

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

FILM_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".m4v", ".avi")
"""Containers of finished films."""
DEFAULT_SUFFIXES = (".mp4", ".mov", ".mkv")
"""Containers of finished films if none is requested, in order of preference."""
MP4_SUFFIXES = (".mp4", ".m4v", ".mov")
"""Containers for which only some of the codecs that FFmpeg can write are playable elsewhere."""
MP4_CODECS = (
    *("aac", "libfdk_aac", "mp3", "mp3float", "libmp3lame", "ac3", "eac3", "alac", "opus", "libopus", "flac"),
    *("dts", "dca", "mp2", "mov_text"),
)
"""Codecs of sound and subtitles that MP4 and MOV hold; FFmpeg also writes others, which few players read."""
NAL_CODECS = ("h264", "hevc")
"""Codecs whose packets have one form in AVI and another in MP4 and Matroska."""
TEXT_SUBTITLES = {".mp4": "mov_text", ".m4v": "mov_text", ".mov": "mov_text", ".mkv": "subrip", ".webm": "webvtt"}
"""The text format of subtitles for each container."""


@cache
def _supported_codecs(suffix: str) -> frozenset[str]:
    """FFmpeg's names of the codecs that a container can hold. No file is made."""
    import av

    with av.open(f"codecs{suffix}", "w") as container:
        return frozenset(container.supported_codecs)


def container_holds(suffix: str, kind: str, codec: str) -> bool:
    """Whether a container can hold a codec.

    Args:
        suffix: of the container.
        kind: "video", "audio" or "subtitle".
        codec: FFmpeg's name of its decoder or encoder.
    """
    if kind != "video" and suffix in MP4_SUFFIXES:
        pcm = codec.startswith("pcm_") and suffix == ".mov"
        return (codec in MP4_CODECS or pcm) and codec in _supported_codecs(suffix)
    return codec in _supported_codecs(suffix)


def stream_fits(suffix: str, stream: Stream) -> bool:
    """Whether a container can hold the packets of a stream."""
    if stream.type not in ("video", "audio", "subtitle") or stream.codec_context is None:
        return suffix == ".mkv" and stream.type == "attachment"
    return container_holds(suffix, stream.type, stream.codec_context.name)


def picture_fits(film: Film, suffix: str) -> bool:
    """Whether a container can hold the packets of the film's picture, and the times of the packets are known."""
    with open_container(Path(film.source)) as source:
        return _picture_fits(source, film, suffix)


def _picture_fits(source: InputContainer, film: Film, suffix: str) -> bool:
    stream = source.streams.video[film.picture_stream]
    if suffix == ".avi" and source.format.name != "avi" and stream.codec_context.name in NAL_CODECS:
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
        film: the source, with a picture.
        encoded: FFmpeg's encoder of the picture, and the container preferred for it; None if the picture is copied.
        new_sound: whether the first audio track is replaced.
    """
    with open_container(Path(film.source)) as source:
        kept = [s for s in other_streams(source, film, new_sound) if s.type in ("audio", "subtitle")]
        suffixes = [s for s in DEFAULT_SUFFIXES if s != ".mov" or "mov" in source.format.name]
        holding = [s for s in suffixes if encoded is None and _picture_fits(source, film, s)]
        if encoded:
            suffixes = list(dict.fromkeys((encoded[1], *suffixes)))
            holding = [s for s in suffixes if container_holds(s, "video", encoded[0])]
        candidates = holding or suffixes  # a picture that none of them holds is encoded
        fitting = (s for s in candidates if all(stream_fits(s, k) or _is_convertible(s, k) for k in kept))
        return next(fitting, ".mkv")


def _is_convertible(suffix: str, stream: Stream) -> bool:
    """Whether the text of a subtitle stream can be written in the container's own format."""
    return stream.type == "subtitle" and suffix in TEXT_SUBTITLES and is_text(stream)


def is_text(stream: Stream) -> bool:
    """Whether subtitles are text without layout that would be lost; ASS is left as it is."""
    return stream.codec_context is not None and stream.codec_context.name in ("subrip", "srt", "mov_text", "webvtt")
