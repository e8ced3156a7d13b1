"""Encoding of new frames and new sound into a container."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, cast

from reimagine.media.audio.sound import AAC_BIT_RATE, Sound, audio_frames, layout_name
from reimagine.media.export.containers import CONSTANT_RATE_SUFFIXES, MATROSKA_SUFFIXES, container_holds, states_aspect
from reimagine.media.export.encoding import Encoding, pixel_format
from reimagine.media.export.hardware import acceleration
from reimagine.media.export.metadata import set_track_tags, track_tags
from reimagine.media.export.stream_copy import TimedPackets, encoded_sound, with_times
from reimagine.media.export.transcode import encoder_rate
from reimagine.media.images.matrices import MATRICES
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame

if TYPE_CHECKING:
    from av import AudioStream, VideoStream
    from av.container import InputContainer, OutputContainer

SOUND_ENCODERS = {".webm": "libopus", ".avi": "libmp3lame", ".mxf": "pcm_s24le"}
"""FFmpeg's encoder of new sound for each container; AAC for all others."""
SOUND_BLOCK = 65536
"""Samples that are passed to the audio encoder at once."""
RESAMPLER_FRAME = 1024
"""Samples per frame of an encoder that accepts any number."""
PRIMARIES_UNKNOWN = 2
"""Code of unspecified colour primaries and transfer in ISO/IEC 23091-2."""
FEWEST_REORDERED = 3
"""Frames of a film from which on B-frames are used: x265 leaves the timestamps of fewer frames undefined."""
NEW_SOUND_TITLE = "New sound"
"""Title of the audio track that is new."""


def encoded_size(film: Film, codec: str, suffix: str) -> tuple[int, int]:
    """(w, h) of the encoded picture: even, and of square pixels if the file could not say that they are not."""
    width, height = film.width + film.width % 2, film.height + film.height % 2
    if film.aspect != 1 and suffix not in MATROSKA_SUFFIXES and not states_aspect(suffix, codec):
        width = 2 * round(film.width * film.aspect / 2)
    return width, height


def encode_picture(
    source: InputContainer | None,
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
    device = acceleration(encoder)
    stream = cast("VideoStream", target.add_stream(encoder.name, rate=film.rate, options=options, hwaccel=device))
    stream.width, stream.height = encoded_size(film, encoder.name, suffix)
    squared = stream.width != film.width + film.width % 2
    stream.pix_fmt = pixel_format(encoder, film, encoding)
    context = stream.codec_context
    context.time_base, context.sample_aspect_ratio = tick, Fraction(1) if squared else film.aspect
    context.color_range, context.colorspace = 2 if film.full else 1, MATRICES[film.matrix].codes[0]
    if source is not None:
        _copy_tags(source, film, stream, suffix)
    if film.last_duration or suffix in CONSTANT_RATE_SUFFIXES or film.frames < FEWEST_REORDERED:
        # MP4 and MOV keep the duration of the last packet only, which must be the last frame; AVI and MXF keep no order
        context.max_b_frames = 0
    context.thread_type, context.thread_count = "FRAME", 0  # pyright: ignore[reportAttributeAccessIssue]
    return _encoded(stream, film, frames)


def _encoded(stream: VideoStream, film: Film, frames: Iterable[Frame]) -> TimedPackets:
    """Packets of the frames, at their times; that of the last one has its duration."""
    tick = film.tick if film.ticks else 1 / film.rate
    end = film.time(film.frames - 1) if film.frames else 0
    for frame in chain(frames, (None,)):
        picture = None
        if frame is not None:
            picture = frame.picture
            picture.pts, picture.time_base = round(film.time(frame.index) / tick), tick
            picture.pict_type = 0
        for time, packet in with_times(stream.encode(picture)):
            if film.last_duration and abs((packet.pts or 0) * packet.time_base - end) <= tick / 2:
                packet.duration = round(film.last_duration / packet.time_base)
            yield time, packet


def _copy_tags(source: InputContainer, film: Film, stream: VideoStream, suffix: str) -> None:
    """Write the primaries and the transfer that the source states, and the language and title of its picture."""
    if film.picture_stream >= len(source.streams.video):
        return
    template = source.streams.video[film.picture_stream]
    set_track_tags(stream, track_tags(template), suffix)
    stream.disposition = template.disposition
    old, new = template.codec_context, stream.codec_context
    if old.color_primaries != PRIMARIES_UNKNOWN:
        new.color_primaries = old.color_primaries
    if old.color_trc != PRIMARIES_UNKNOWN:
        new.color_trc = old.color_trc


def encode_sound(target: OutputContainer, sound: Sound, suffix: str, codec: str = "") -> TimedPackets:
    """Add an audio stream, the default track; the sound is encoded as the packets are taken.

    Args:
        suffix: of the output.
        codec: FFmpeg's encoder, if the container holds it; by default that of the container.
    """
    import av
    from av.stream import Disposition

    codec = codec if codec and container_holds(suffix, "audio", codec) else SOUND_ENCODERS.get(suffix, "aac")
    rate = encoder_rate(codec, sound.rate, suffix)
    stream = cast("AudioStream", target.add_stream(codec, rate=rate))
    stream.layout = layout_name(sound)
    stream.bit_rate = AAC_BIT_RATE
    stream.disposition = Disposition.default
    set_track_tags(stream, {"title": NEW_SOUND_TITLE}, suffix)
    resampler = av.AudioResampler(
        format=stream.format.name,
        layout=layout_name(sound),
        rate=rate,
        frame_size=stream.frame_size or RESAMPLER_FRAME,
    )
    return encoded_sound(stream, resampler, audio_frames(sound, SOUND_BLOCK))
