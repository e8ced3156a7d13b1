"""Copies of the source's streams: packets unchanged, cut to the film, at their times in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from reimagine.media.container import open_container
from reimagine.media.film import Film
from reimagine.media.timestamps import DecodingTimes

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream, Packet
    from av.container import OutputContainer
    from av.stream import Stream

TimedPackets = Iterator[tuple[float, "Packet"]]
"""Packets with their decoding times in seconds, in order."""
SEEK_MARGIN = 2.0
"""Seconds before the start of a part from which packets are read; their times decide."""
TRANSCODED_FRAME = 1024
"""Samples per frame of an encoder that accepts any number."""
TRANSCODED_BIT_RATE = 96_000
"""Bits per second and channel of sound that is transcoded."""
OPUS_RATE = 48000
"""Samples per second of Opus."""
ONLY_STEREO = ("libmp3lame",)
"""Encoders of at most two channels."""


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


def add_copy(target: OutputContainer, stream: Stream) -> Stream:
    """Add a stream of the same codec, with language, title and disposition."""
    copy = target.add_stream_from_template(stream)
    copy.metadata.update(stream.metadata)
    copy.disposition = stream.disposition
    return copy


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
        self.times = DecodingTimes()

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
        begin = float(packet.pts * tick) - film.origin
        end = begin + float((packet.duration or 0) * tick) if self.subtitle else begin
        if film.trimmed and not (begin < film.seconds * film.speed and (begin >= 0 or end > 0)):
            return
        shift = round(film.origin / tick)
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


def transcoded_packets(film: Film, target: OutputContainer, source: AudioStream, codec: str) -> TimedPackets:
    """Add an audio stream of another codec; it is decoded and encoded as the packets are taken."""
    import av

    rate = OPUS_RATE if codec == "libopus" else source.rate
    wide = source.channels > 2 and codec not in ONLY_STEREO
    layout = source.layout.name if wide else "mono" if source.channels == 1 else "stereo"
    stream = cast("AudioStream", target.add_stream(codec, rate=rate, layout=layout))
    stream.bit_rate = TRANSCODED_BIT_RATE * stream.channels
    stream.metadata.update(source.metadata)
    stream.disposition = source.disposition
    to_encoder = av.AudioResampler(
        format=stream.format.name, layout=layout, rate=rate, frame_size=stream.frame_size or TRANSCODED_FRAME
    )
    index = source.index

    def packets() -> TimedPackets:
        for frame in _film_sound(film, index):
            for part in to_encoder.resample(frame):
                yield from with_times(stream.encode(part))
        for part in to_encoder.resample(None):
            yield from with_times(stream.encode(part))
        yield from with_times(stream.encode())

    return packets()


def _film_sound(film: Film, index: int) -> Iterator[AudioFrame]:
    """Decoded sound of a stream of the source, at the times of the film."""
    with open_container(Path(film.source)) as container:
        stream = container.streams[index]
        if film.trimmed:
            container.seek(int(max(0.0, film.origin - SEEK_MARGIN) * 1e6))
        following = round(film.origin / stream.time_base) if stream.time_base else 0
        for frame in cast("Iterator[AudioFrame]", container.decode(stream)):
            assert frame.time_base is not None
            if frame.pts is None:  # the last frames that a decoder holds back can have no time
                frame.pts = following
            following = frame.pts + round(frame.samples / frame.sample_rate / frame.time_base)
            begin = float(frame.pts * frame.time_base) - film.origin
            if film.trimmed and not 0 <= begin < film.seconds:
                continue
            frame.pts -= round(film.origin / frame.time_base)
            yield frame
