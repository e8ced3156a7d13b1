"""Video and audio encoders of the finished film, and which container can hold what they write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reimagine.errors import MediaError, unknown_name
from reimagine.media.containers import FILM_SUFFIXES, container_holds
from reimagine.media.film import IMAGE_SUFFIXES, MIDI_SUFFIXES, Film
from reimagine.media.frames import Frame
from reimagine.media.sound import AAC_BIT_RATE, Sound, audio_frames, layout_name
from reimagine.media.stream_copy import TimedPackets, with_times

if TYPE_CHECKING:
    from av import AudioStream, VideoStream
    from av.container import InputContainer, OutputContainer

X26X_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)
"""Speed presets of x264 and x265."""
AV1_PRESETS = tuple(str(number) for number in range(14))
"""Speed presets of SVT-AV1."""
ARCHIVE_SLICES = 16
"""Slices per frame of FFV1 for archives, each with its own CRC."""
OUTPUT_SUFFIXES = (*FILM_SUFFIXES, ".wav", ".flac", ".ogg", ".mp3", ".m4a", ".mid")
"""Films, sound files and notes that can be written."""
SOUND_ENCODERS = {"webm": "libopus", "matroska": "aac", "avi": "libmp3lame"}
"""FFmpeg's encoder of new sound for each container; AAC for all others."""
SOUND_BLOCK = 65536
"""Samples that are passed to the audio encoder at once."""
RESAMPLER_FRAME = 1024
"""Samples per frame of an encoder that accepts any number."""
PRIMARIES_UNKNOWN = 2
"""Code of unspecified colour primaries and transfer in ISO/IEC 23091-2."""
NEW_SOUND_TITLE = "New sound"
"""Title of the audio track that is new."""


@dataclass(frozen=True)
class VideoEncoder:
    """An encoder of FFmpeg and how it is used.

    Attributes:
        name: FFmpeg's name.
        pixel_format: FFmpeg's name.
        suffix: the container if no output is given and nothing needs another.
        crf: largest constant rate factor; 0 if the encoder has none.
        default_crf: None leaves it to the encoder.
        presets: speed presets.
        default_preset: None leaves it to the encoder.
        options: of the encoder.
        sound: FFmpeg's encoder of new sound; empty: by the container.
        smallest: width and height in pixels of the smallest picture.
    """

    name: str
    pixel_format: str = "yuv420p"
    suffix: str = ".mp4"
    crf: int = 0
    default_crf: int | None = None
    presets: tuple[str, ...] = ()
    default_preset: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    sound: str = ""
    smallest: tuple[int, int] = (0, 0)


ENCODERS = {
    # with mbtree the same frames can give different packets
    "h264": VideoEncoder(
        "libx264", "yuv420p", ".mp4", 51, 18, X26X_PRESETS, "veryfast", options={"x264-params": "mbtree=0"}
    ),
    "hevc": VideoEncoder("libx265", "yuv420p", ".mp4", 51, 18, X26X_PRESETS, "veryfast"),
    "vp9": VideoEncoder("libvpx-vp9", "yuv420p", ".mp4", 63, 18, options={"b": "0"}),
    "av1": VideoEncoder("libsvtav1", "yuv420p", ".mp4", 63, None, AV1_PRESETS),
    "ffv1": VideoEncoder("ffv1", "yuv420p", ".mkv"),
    "prores": VideoEncoder("prores_ks", "yuv422p10le", ".mov"),
}
"""The encoder for each video codec."""
ARCHIVE_PRESETS = {
    "ffv1": VideoEncoder(
        *("ffv1", "yuv420p", ".mkv"),
        options={"level": "3", "g": "1", "slices": str(ARCHIVE_SLICES), "slicecrc": "1", "coder": "1", "context": "0"},
        sound="flac",
    ),
    "prores-hq": VideoEncoder("prores_ks", "yuv422p10le", ".mov", options={"profile": "hq"}, sound="pcm_s24le"),
    "prores-4444": VideoEncoder("prores_ks", "yuv444p10le", ".mov", options={"profile": "4444"}, sound="pcm_s24le"),
    "dnxhr": VideoEncoder(
        "dnxhd", "yuv422p", ".mov", options={"profile": "dnxhr_hq"}, sound="pcm_s24le", smallest=(256, 120)
    ),
}
"""The encoder for each archive preset."""


@dataclass(frozen=True)
class Encoding:
    """How the finished film is encoded.

    Attributes:
        codec: a key of `ENCODERS`; None: vp9 in WebM, h264 elsewhere.
        crf: constant rate factor; lower is better and larger. None: the default of the codec.
        preset: the encoder's speed preset. None: the default of the codec.
        preset_archive: a key of `ARCHIVE_PRESETS`; it sets everything else.
        pix_fmt: FFmpeg's name of the pixel format, such as yuv420p10le; None: the default of the codec.
    """

    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    preset_archive: str | None = None
    pix_fmt: str | None = None

    def encoder(self, suffix: str | None) -> VideoEncoder:
        """The encoder for an output of this suffix."""
        if self.preset_archive:
            return ARCHIVE_PRESETS[self.preset_archive]
        return ENCODERS[self.codec or ("vp9" if suffix == ".webm" else "h264")]

    def options(self, encoder: VideoEncoder) -> dict[str, str]:
        """FFmpeg's options of the encoder."""
        crf = encoder.default_crf if self.crf is None else self.crf
        preset = self.preset or encoder.default_preset
        found = {"crf": None if crf is None else str(crf), "preset": preset}
        return {name: value for name, value in found.items() if value is not None} | dict(encoder.options)

    def check(self, out: Path | None) -> None:
        """Check codec, quality and suffix of the output before any work is done.

        Raises:
            MediaError: one of them is unknown, or the container cannot hold the codec.
        """
        if self.codec and self.codec not in ENCODERS:
            raise MediaError(unknown_name("--codec", self.codec, ENCODERS))
        if self.preset_archive and self.preset_archive not in ARCHIVE_PRESETS:
            raise MediaError(unknown_name("--preset-archive", self.preset_archive, ARCHIVE_PRESETS))
        if self.preset_archive and any((self.codec, self.crf, self.preset, self.pix_fmt)):
            raise MediaError("--preset-archive sets the codec and its quality; leave out --codec, --crf and --preset")
        suffix = out.suffix.lower() if out else None
        if out and suffix not in (*OUTPUT_SUFFIXES, *IMAGE_SUFFIXES):
            raise MediaError(f"{out}: unknown kind of film {out.suffix!r}; use {', '.join(OUTPUT_SUFFIXES[:4])}")
        encoder = self.encoder(suffix)
        self._check_quality(encoder)
        if suffix in FILM_SUFFIXES and not container_holds(suffix, "video", encoder.name):
            name = self.preset_archive or self.codec
            raise MediaError(f"{out}: {suffix} cannot hold {name}; use -o with {encoder.suffix} or another --codec")

    def _check_quality(self, encoder: VideoEncoder) -> None:
        import av

        if self.crf is not None and not 0 <= self.crf <= encoder.crf:
            limit = f"0 to {encoder.crf}" if encoder.crf else "none: leave it out"
            raise MediaError(f"--crf {self.crf}: {self.codec or 'h264'} takes {limit}")
        if self.preset and self.preset not in encoder.presets:
            known = ", ".join(encoder.presets) if encoder.presets else "none: leave it out"
            raise MediaError(f"--preset {self.preset}: {self.codec or 'h264'} takes {known}")
        formats = [f.name for f in av.Codec(encoder.name, "w").video_formats or ()]
        if self.pix_fmt and self.pix_fmt not in formats:
            raise MediaError(unknown_name("--pix-fmt", self.pix_fmt, formats))


def check_output_of(film: Film, out: Path | None, encoding: Encoding) -> None:
    """Check that the output can hold the picture of a film, before any work is done.

    Raises:
        MediaError: the output holds sound only, or the encoder cannot write so small a picture.
    """
    if not film.frames or film.is_still:
        return
    suffix = out.suffix.lower() if out else None
    if out and suffix not in (*FILM_SUFFIXES, *MIDI_SUFFIXES):
        raise MediaError(f"{out}: {suffix} cannot hold a film; give -o a {', '.join(FILM_SUFFIXES[:4])} file")
    width, height = encoding.encoder(suffix).smallest
    if film.width < width or film.height < height:
        size = f"{film.width}x{film.height}"
        raise MediaError(f"{film.source}: is {size}, but the encoder needs {width}x{height} pixels; use another preset")


def encode_picture(
    source: InputContainer,
    target: OutputContainer,
    film: Film,
    frames: Iterable[Frame],
    encoding: Encoding,
    suffix: str,
) -> TimedPackets:
    """Add a video stream; the frames are encoded as the packets are taken."""
    tick = film.tick if film.ticks else 1 / film.rate
    encoder = encoding.encoder(suffix)
    options = encoding.options(encoder)
    stream = cast("VideoStream", target.add_stream(encoder.name, rate=film.rate, options=options))
    stream.width, stream.height = film.width + film.width % 2, film.height + film.height % 2
    stream.pix_fmt = encoding.pix_fmt or encoder.pixel_format
    context = stream.codec_context
    context.time_base, context.sample_aspect_ratio = tick, film.aspect
    context.color_range, context.colorspace = 2 if film.full else 1, 1 if film.matrix == "bt709" else 6
    _copy_tags(source, film, stream)
    if film.last_duration:
        context.max_b_frames = 0  # MP4 and MOV keep the duration of the last packet only, which must be the last frame
    context.thread_type, context.thread_count = "FRAME", 0  # pyright: ignore[reportAttributeAccessIssue]

    def packets() -> TimedPackets:
        end = film.time(film.frames - 1) if film.frames else 0
        for frame in frames:
            picture = frame.picture
            picture.pts, picture.time_base = round(film.time(frame.index) / tick), tick
            picture.pict_type = 0
            yield from with_times(stream.encode(picture))
        for time, packet in with_times(stream.encode()):
            if film.last_duration and abs((packet.pts or 0) * packet.time_base - end) <= tick / 2:
                packet.duration = round(film.last_duration / packet.time_base)
            yield time, packet

    return packets()


def _copy_tags(source: InputContainer, film: Film, stream: VideoStream) -> None:
    """Write the primaries and the transfer that the source states, and the language and title of its picture."""
    if film.picture_stream >= len(source.streams.video):
        return
    template = source.streams.video[film.picture_stream]
    stream.metadata.update(
        {name: template.metadata[name] for name in ("language", "title") if name in template.metadata}
    )
    old, new = template.codec_context, stream.codec_context
    if old.color_primaries != PRIMARIES_UNKNOWN:
        new.color_primaries = old.color_primaries
    if old.color_trc != PRIMARIES_UNKNOWN:
        new.color_trc = old.color_trc


def encode_sound(target: OutputContainer, sound: Sound, codec: str = "") -> TimedPackets:
    """Add an audio stream, the default track; the sound is encoded as the packets are taken.

    Args:
        codec: FFmpeg's encoder; by default that of the container.
    """
    import av
    from av.stream import Disposition

    codec = codec or SOUND_ENCODERS.get(target.format.name, "aac")
    stream = cast("AudioStream", target.add_stream(codec, rate=sound.rate))
    stream.layout = layout_name(sound)
    stream.bit_rate = AAC_BIT_RATE
    stream.disposition = Disposition.default
    stream.metadata["title"] = NEW_SOUND_TITLE
    resampler = av.AudioResampler(
        format=stream.format.name,
        layout=layout_name(sound),
        rate=sound.rate,
        frame_size=stream.frame_size or RESAMPLER_FRAME,
    )

    def packets() -> Iterator:
        for block in audio_frames(sound, SOUND_BLOCK):
            for frame in resampler.resample(block):
                yield from with_times(stream.encode(frame))
        for frame in resampler.resample(None):
            yield from with_times(stream.encode(frame))
        yield from with_times(stream.encode())

    return packets()
