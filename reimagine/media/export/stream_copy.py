"""Copies of the source's streams: packets unchanged, cut to the film, at their times in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimagine.media.container import open_container
from reimagine.media.export.metadata import set_track_tags, track_tags
from reimagine.media.export.timestamps import DecodingTimes
from reimagine.media.video.film import Film

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler, AudioStream, Packet
    from av.container import OutputContainer
    from av.stream import Stream

TimedPackets = Iterator[tuple[float, "Packet"]]
"""Packets with their decoding times in seconds, in order."""
SEEK_MARGIN = 2.0
"""Seconds before the start of a part from which packets are read; their times decide."""


class Copy(NamedTuple):
    """Where a stream of the source goes.

    Attributes:
        target: the stream of the output.
        convert: gives the data of the new packet, None to leave the packet out; None copies packets as they are.
    """

    target: Stream
    convert: Callable[[bytes], bytes | None] | None = None


def with_times(packets: Iterable[Packet]) -> TimedPackets:
    """Packets with their decoding times."""
    for packet in packets:
        time = packet.dts if packet.dts is not None else packet.pts
        assert time is not None
        yield float(time * packet.time_base), packet


def encoded_sound(stream: AudioStream, resampler: AudioResampler, frames: Iterable[AudioFrame]) -> TimedPackets:
    """Packets of a stream to which frames of sound are resampled and encoded as the packets are taken."""
    for frame in chain(frames, (None,)):
        for part in resampler.resample(frame):
            yield from with_times(stream.encode(part))
    yield from with_times(stream.encode())


def add_copy(target: OutputContainer, stream: Stream, suffix: str) -> Stream:
    """Add a stream of the same codec, with language, title and disposition."""
    copy = target.add_stream_from_template(stream, opaque=True)  # FFmpeg may have no encoder of the codec
    if stream.type != "attachment":  # an attachment has a file name
        copy.metadata.clear()
        set_track_tags(copy, track_tags(stream), suffix)
    copy.disposition = stream.disposition
    return copy


def attach(target: OutputContainer, path: Path, cover: Stream) -> None:
    """Add a picture of the cover to a Matroska file, as an attachment."""
    with open_container(path) as container:
        packets = container.demux(container.streams[cover.index])
        data = next((bytes(packet) for packet in packets if packet.size), b"")
    kind = "jpeg" if cover.codec_context.name == "mjpeg" else cover.codec_context.name
    target.add_attachment(f"cover.{kind}", f"image/{kind}", data)


def copied_packets(film: Film, copies: Mapping[int, Copy]) -> TimedPackets:
    """Packets of some of the source's streams, cut to the film, at their times in it.

    Args:
        film: the source.
        copies: where each stream goes, by the stream's index in the source.
    """
    with open_container(Path(film.source)) as container:
        if film.trimmed:
            container.seek(int(max(0.0, film.origin - SEEK_MARGIN) * 1e6))
        streams = {index: _StreamCopy(film, container.streams[index], copy) for index, copy in copies.items()}
        for packet in container.demux([container.streams[index] for index in copies]):
            if packet.size:
                yield from with_times(streams[packet.stream.index].add(packet))
        for stream in streams.values():
            yield from with_times(stream.flush())


class _StreamCopy:
    """Packets of one stream on their path from the source to the output."""

    def __init__(self, film: Film, stream: Stream, copy: Copy) -> None:
        from av.stream import Disposition

        self.film, self.copy = film, copy
        self.cover = bool(stream.disposition & Disposition.attached_pic)
        self.covers = 0
        self.subtitle = stream.type == "subtitle"
        self.origin = film.origin + (film.packet_delay if stream.type == "video" else 0)
        self.times = DecodingTimes(complete_durations=stream.type == "audio")

    def add(self, packet: Packet) -> Iterator[Packet]:
        """Take a packet of the source; return the packets that can be written."""
        if self.cover:
            yield from self._cover(packet)
            return
        for complete in self.times.add(packet):
            yield from self._placed(complete)

    def flush(self) -> Iterator[Packet]:
        """The last packets."""
        for complete in self.times.flush():
            yield from self._placed(complete)

    def _cover(self, packet: Packet) -> Iterator[Packet]:
        """The picture of a cover, once; it has no time, and comes again after seeking."""
        self.covers += 1
        if self.covers == 1:
            packet.pts = packet.dts = 0
            packet.stream = self.copy.target
            yield packet

    def _placed(self, packet: Packet) -> Iterator[Packet]:
        """The packet at its time in the film, unless it belongs to another part of the source."""
        assert packet.pts is not None and packet.dts is not None
        film, tick = self.film, packet.time_base
        begin = float(packet.pts * tick) - self.origin
        end = begin + float((packet.duration or 0) * tick) if self.subtitle else begin
        if film.trimmed and not (begin < film.seconds * film.speed and (begin >= 0 or end > 0)):
            return
        shift = round(self.origin / tick)
        packet.pts, packet.dts = (round((time - shift) / film.speed) for time in (packet.pts, packet.dts))
        packet.duration = round((packet.duration or 0) / film.speed)
        if film.trimmed and self.subtitle and packet.pts < 0:
            packet.duration, packet.pts, packet.dts = (packet.duration or 0) + packet.pts, 0, 0
        written = _converted(packet, self.copy.convert) if self.copy.convert else packet
        if written is not None:
            written.stream = self.copy.target
            yield written


def _converted(packet: Packet, convert: Callable[[bytes], bytes | None]) -> Packet | None:
    """A packet of the same times with converted data."""
    import av

    data = convert(bytes(packet))
    if data is None:
        return None
    new = av.Packet(data)
    new.pts, new.dts, new.duration, new.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    return new
