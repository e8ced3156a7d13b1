"""Sound of the source in another codec, for containers that cannot hold its own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reimagine.media.container import open_container
from reimagine.media.export.containers import MXF_SOUND_RATE
from reimagine.media.export.metadata import set_track_tags, track_tags
from reimagine.media.export.stream_copy import SEEK_MARGIN, TimedPackets, encoded_sound
from reimagine.media.video.film import Film

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import OutputContainer

BLOCK = 1024
"""Samples per frame of an encoder that accepts any number."""
BIT_RATE = 96_000
"""Bits per second and channel."""
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""FFmpeg's usual layout for each number of channels."""
LOSSLESS = ("flac", "alac", "wavpack", "tta", "truehd", "mlp", "ape", "wmalossless", "shorten")
"""Codecs from which nothing is lost if their samples are stored."""
PCM_SUFFIXES = (".avi", ".mov", ".mxf")
"""Containers that hold PCM."""
SHALLOW = ("u8", "u8p", "s16", "s16p")
"""Sample formats of at most 16 bits."""


def encoder_for(suffix: str, stream: AudioStream) -> str:
    """FFmpeg's encoder of a track that a container cannot hold: without loss if the source is and the container can."""
    name, kind = stream.codec_context.name, stream.codec_context.format
    lossless = name.startswith(("pcm_", "adpcm_")) or name in LOSSLESS
    if suffix == ".mxf" or (lossless and suffix in PCM_SUFFIXES):
        return "pcm_s16le" if kind and kind.name in SHALLOW else "pcm_s24le"
    if suffix == ".avi":
        return "ac3" if stream.channels > 2 else "libmp3lame"
    return {".webm": "libopus", ".mkv": "flac"}.get(suffix, "aac")


def encoder_rate(codec: str, rate: int, suffix: str) -> int:
    """The rate at which an encoder takes sound of a given rate, in samples per second: the next higher one, if any."""
    import av

    if suffix == ".mxf":
        return MXF_SOUND_RATE
    known = sorted(av.Codec(codec, "w").audio_rates or [rate])
    return next((r for r in known if r >= rate), known[-1])


def encoder_layout(codec: str, rate: int, layout: str, channels: int) -> str:
    """The layout in which an encoder takes sound: its own, the usual one of as many channels, or stereo."""
    candidates = dict.fromkeys((layout, LAYOUTS.get(channels, "7.1"), "5.1", "stereo"))
    return next(name for name in candidates if name == "stereo" or _opens(codec, rate, name))


@cache
def _opens(codec: str, rate: int, layout: str) -> bool:
    """Whether an encoder accepts a layout."""
    from av import AudioCodecContext, Codec, CodecContext
    from av.error import FFmpegError

    try:
        context = CodecContext.create(codec, "w")
        assert isinstance(context, AudioCodecContext)
        formats = Codec(codec, "w").audio_formats
        context.format, context.rate, context.layout = (formats or ["s16"])[0], rate, layout
        context.open()
    except (FFmpegError, ValueError):
        return False
    return True


def transcoded_packets(
    film: Film, target: OutputContainer, source: AudioStream, codec: str, suffix: str
) -> tuple[AudioStream, TimedPackets]:
    """Add an audio stream of another codec; it is decoded and encoded as its packets are taken."""
    import av

    rate = encoder_rate(codec, source.rate, suffix)
    layout = encoder_layout(codec, rate, source.layout.name, source.channels)
    stream = cast("AudioStream", target.add_stream(codec, rate=rate, layout=layout))
    if not codec.startswith(("pcm_", "flac")):
        stream.bit_rate = BIT_RATE * stream.channels
    set_track_tags(stream, track_tags(source), suffix)
    to_encoder = av.AudioResampler(
        format=stream.format.name, layout=layout, rate=rate, frame_size=stream.frame_size or BLOCK
    )
    return stream, encoded_sound(stream, to_encoder, film_sound(film, source.index))


def film_sound(film: Film, index: int) -> Iterator[AudioFrame]:
    """Decoded sound of a stream of the source, at the times of the film; no frame begins before the last one ends."""
    with open_container(Path(film.source)) as container:
        stream = container.streams[index]
        if film.trimmed:
            container.seek(int(max(0.0, film.origin - SEEK_MARGIN) * 1e6))
        origin, following = Fraction(film.origin), None
        for frame in cast("Iterator[AudioFrame]", container.decode(stream)):
            assert frame.time_base is not None
            begin = following or Fraction(0)  # the last frames that a decoder holds back can have no time
            if frame.pts is not None:
                begin = frame.pts * frame.time_base - origin
            if following is not None and begin < following + frame.time_base:
                begin = following
            following = begin + Fraction(frame.samples, frame.sample_rate)
            if film.trimmed and not 0 <= begin < film.seconds:
                continue
            frame.pts, frame.time_base = round(begin * frame.sample_rate), Fraction(1, frame.sample_rate)
            yield frame
