"""Writing of the finished film: new frames and sound, and copies of the source's other streams."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reimagine.errors import MediaError, unknown_name
from reimagine.media.container import open_container, open_output
from reimagine.media.decoding_times import missing_decoding_times
from reimagine.media.files import replace_atomically, temporary_path
from reimagine.media.film import IMAGE_SUFFIXES, Film
from reimagine.media.formats import fits
from reimagine.media.frames import Frame
from reimagine.media.sound import AAC_BIT_RATE, Sound, audio_frames, layout_name
from reimagine.media.writer import write_image

if TYPE_CHECKING:
    from av import AudioStream, Packet, VideoStream
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

ENCODERS = {
    "h264": "libx264",
    "hevc": "libx265",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
    "prores": "prores_ks",
}
"""FFmpeg's encoder for each video codec."""
OUTPUT_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".m4v", ".avi", ".wav", ".flac", ".ogg", ".mp3", ".m4a", ".mid")
"""Films, sound files and notes that can be written."""
SOUND_ENCODERS = {
    "webm": "libopus",
    "matroska": "aac",
    "mp3": "libmp3lame",
    "wav": "pcm_s16le",
    "flac": "flac",
    "ogg": "libvorbis",
}
"""FFmpeg's audio encoder for each container; AAC for all others."""
METADATA = ("title", "artist", "date", "comment", "language")
"""Metadata that is copied from the source."""
SOUND_BLOCK = 65536
"""Samples that are passed to the audio encoder at once."""
RESAMPLER_FRAME = 1024
"""Samples per frame of an encoder that accepts any number."""

TimedPackets = Iterator[tuple[float, "Packet"]]
"""Packets of one stream with their times in seconds, in order."""


@dataclass(frozen=True)
class Encoding:
    """How the finished film is encoded.

    Attributes:
        codec: a key of `ENCODERS`.
        crf: constant rate factor of h264, hevc and vp9; lower is better and larger.
        preset: x264's and x265's speed preset.
    """

    codec: str = "h264"
    crf: int = 18
    preset: str = "veryfast"

    def check(self, out: Path | None) -> None:
        """Check the codec and the suffix of the output before any work is done.

        Raises:
            MediaError: one of them is unknown.
        """
        if self.codec not in ENCODERS:
            raise MediaError(unknown_name("--codec", self.codec, ENCODERS))
        if out and out.suffix.lower() not in (*OUTPUT_SUFFIXES, *IMAGE_SUFFIXES):
            raise MediaError(f"{out}: unknown kind of film {out.suffix!r}; use {', '.join(OUTPUT_SUFFIXES[:4])}")


def export(film: Film, out: Path, frames: Iterable[Frame] | None, sound: Sound | None, encoding: Encoding) -> list[str]:
    """Write the finished film.

    Args:
        film: the source.
        out: file to write; the suffix selects the container.
        frames: the new frames; None copies the packets of the source's picture.
        sound: the new sound; None copies the packets of all of the source's audio tracks.
        encoding: of the new frames.

    Returns:
        A sentence for each stream that does not fit the container and was left out.
    """
    if film.is_still:
        for frame in frames or ():
            write_image(out, frame.image[: film.height, : film.width])
        return []
    temporary, left_out = temporary_path(out), []
    with ExitStack() as stack:
        source = stack.enter_context(open_container(Path(film.source)))
        target = stack.enter_context(open_output(temporary, options=_container_options(out)))
        others = _copy_other_streams(source, target, film, sound is not None, left_out)
        picture = _picture_packets(source, target, film, frames, encoding)
        new_sound = _encode_sound(target, sound) if sound is not None else None
        _copy_metadata(source, target, film)
        _mux(target, [s for s in (picture, others, new_sound) if s is not None])
    replace_atomically(temporary, out)
    return left_out


def _container_options(out: Path) -> dict[str, str]:
    return {"movflags": "+faststart"} if out.suffix in (".mp4", ".mov", ".m4v") else {}


def _mux(target: OutputContainer, streams: list[TimedPackets]) -> None:
    """Write the packets of all streams interleaved by time, so that few are in memory."""
    for _, packet in heapq.merge(*streams, key=lambda item: item[0]):
        target.mux(packet)


def _picture_packets(
    source: InputContainer, target: OutputContainer, film: Film, frames: Iterable[Frame] | None, encoding: Encoding
) -> TimedPackets | None:
    if frames is not None:
        return _encode_picture(target, film, frames, encoding)
    if not film.frames:
        return None
    stream = source.streams.video[film.picture_stream]
    return _copied_packets(film, {stream.index: target.add_stream_from_template(stream)})


def _encode_picture(target: OutputContainer, film: Film, frames: Iterable[Frame], encoding: Encoding) -> TimedPackets:
    """Add a video stream; the frames are encoded as the packets are taken."""
    tick = film.tick if film.ticks else 1 / film.rate
    stream = cast(
        "VideoStream", target.add_stream(ENCODERS[encoding.codec], rate=film.rate, options=_encoder_options(encoding))
    )
    stream.width, stream.height = film.width + film.width % 2, film.height + film.height % 2
    stream.pix_fmt = "yuv422p10le" if encoding.codec == "prores" else "yuv420p"
    context = stream.codec_context
    context.time_base, context.sample_aspect_ratio = tick, film.aspect
    context.color_range, context.colorspace = 2 if film.full else 1, 1 if film.matrix == "bt709" else 6
    context.thread_type, context.thread_count = "FRAME", 0  # pyright: ignore[reportAttributeAccessIssue]

    def packets() -> TimedPackets:
        for frame in frames:
            picture = frame.picture
            picture.pts, picture.time_base = round(film.time(frame.index) / tick), tick
            picture.pict_type = 0
            yield from _timed(stream.encode(picture))
        for time, packet in _timed(stream.encode()):
            if film.last_duration and packet.pts == round(film.time(film.frames - 1) / tick):
                packet.duration = round(film.last_duration / packet.time_base)
            yield time, packet

    return packets()


def _encoder_options(encoding: Encoding) -> dict[str, str]:
    quality = {"crf": str(encoding.crf), "preset": encoding.preset}
    if encoding.codec == "h264":
        return quality | {"x264-params": "mbtree=0"}  # with mbtree the same frames can give different packets
    if encoding.codec == "hevc":
        return quality
    return {"crf": str(encoding.crf), "b": "0"} if encoding.codec == "vp9" else {}


def _timed(packets: Iterable[Packet]) -> TimedPackets:
    """Packets with their decoding times."""
    for packet in packets:
        time = packet.dts if packet.dts is not None else packet.pts
        assert time is not None
        yield float(time * packet.time_base), packet


def _copy_other_streams(
    source: InputContainer, target: OutputContainer, film: Film, new_sound: bool, left_out: list[str]
) -> TimedPackets | None:
    """Copy audio tracks (all but the first if there is a new sound) and subtitles that the container can hold."""
    copies: dict[int, Stream] = {}
    sounds = source.streams.audio[1:] if new_sound else source.streams.audio
    for stream in (*sounds, *source.streams.subtitles):
        if fits(target.format.name, stream):
            copies[stream.index] = target.add_stream_from_template(stream)
            copies[stream.index].metadata.update(stream.metadata)
        elif stream.type == "audio":
            left_out.append(
                f"sound track {stream.index} ({stream.codec_context.name}) does not fit this "
                "container and was left out; -o film.mkv keeps it"
            )
        else:
            left_out.append(f"{stream.type} {stream.index} does not fit this container; -o film.mkv keeps it")
    return _copied_packets(film, copies) if copies else None


def _copied_packets(film: Film, copies: dict[int, Stream]) -> TimedPackets:
    """Packets of some of the source's streams, cut to the film and moved so that its first frame is at time 0.

    Args:
        film: the source.
        copies: the output's stream for each stream number of the source.
    """
    end = film.origin + film.seconds if film.trimmed else math.inf
    start = film.origin if film.trimmed else -math.inf
    decoding_times = {index: missing_decoding_times(film, index) for index in copies}
    with open_container(Path(film.source)) as container:
        streams = [container.streams[i] for i in copies]
        if film.trimmed:
            container.seek(int(film.origin * 1e6))
        for packet in container.demux(streams):
            if packet.pts is None or not start <= float(packet.pts * packet.time_base) < end:
                continue
            dts = decoding_times[packet.stream.index].get(packet.pts, packet.dts)
            if dts is None:
                continue
            shift = round(film.origin / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, dts - shift
            decoding_time = float(packet.dts * packet.time_base)
            packet.stream = copies[packet.stream.index]
            yield decoding_time, packet


def _encode_sound(target: OutputContainer, sound: Sound) -> TimedPackets:
    """Add an audio stream; the sound is encoded as the packets are taken."""
    import av

    codec = SOUND_ENCODERS.get(target.format.name, "aac")
    stream = cast("AudioStream", target.add_stream(codec, rate=sound.rate))
    stream.layout = layout_name(sound)
    stream.bit_rate = AAC_BIT_RATE
    resampler = av.AudioResampler(
        format=stream.format.name,
        layout=layout_name(sound),
        rate=sound.rate,
        frame_size=stream.frame_size or RESAMPLER_FRAME,
    )

    def packets() -> TimedPackets:
        for block in audio_frames(sound, SOUND_BLOCK):
            for frame in resampler.resample(block):
                yield from _timed(stream.encode(frame))
        for frame in resampler.resample(None):
            yield from _timed(stream.encode(frame))
        yield from _timed(stream.encode())

    return packets()


def _copy_metadata(source: InputContainer, target: OutputContainer, film: Film) -> None:
    """Copy title and chapters; chapters only of a whole film."""
    for name in METADATA:
        if name in source.metadata:
            target.metadata[name] = source.metadata[name]
    if not film.trimmed and (chapters := source.chapters()):
        target.set_chapters(chapters)
