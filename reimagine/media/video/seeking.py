"""Decoding of pictures by number: an index of key frames, and decoding from a key frame with proof of the position.

Containers seek inexactly: to the wrong side of a key frame, into the middle of a group of pictures, or by timestamps
that they do not store. While a film is opened, `KeyFrameIndex` records the packet of some key frames. A later read
seeks, looks for exactly that packet, decodes from there and counts. Every picture is compared with what was recorded;
if one differs, or the packet is not found, the read starts again without seeking.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.container import open_container, use_decoding_threads
from reimagine.media.video.film import Film, KeyFrame

if TYPE_CHECKING:
    from av import Packet, VideoFrame, VideoStream
    from av.container import InputContainer

KEY_FRAME_SPACING = 12
"""Least distance of recorded key frames, in frames: films of key frames only would have a large index otherwise."""
EARLIER_KEY_FRAMES = 2
"""How many recorded key frames earlier a seek is tried a second time, where the first one went too far."""
PENDING_PACKETS = 1024
"""Packets whose timestamps are kept in memory: far more than any decoder reorders or delays."""
NO_TIMESTAMPS = 0x80
"""FFmpeg's AVFMT_NOTIMESTAMPS: the container, such as a raw stream, stores none, so that seeking would guess."""


class _PositionLostError(Exception):
    """A read is not where it should be; it has to start in another place."""


class KeyFrameIndex:
    """Records key frames while a film is decoded from its first packet to its last.

    Attributes:
        packets: number of the packet of each decoded picture.
        damaged: number of packets that could not be decoded.
    """

    def __init__(self) -> None:
        self.packets: list[int] = []
        self.damaged = 0
        self._found: list[KeyFrame] = []
        self._checksums: Counter[int] = Counter()
        self._candidates: dict[int, tuple[int | None, int | None, int]] = {}

    def pictures(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        """All pictures of the stream, in the decoder's order."""
        for packet, picture in _decoded(stream, self._recorded(container.demux(stream)), self):
            self._record_picture(packet, picture)
            yield picture

    def key_frames(self) -> tuple[KeyFrame, ...]:
        """The recorded key frames in order, without those whose packets cannot be told apart."""
        found = [frame._replace(unique=self._checksums[frame.checksum] == 1) for frame in self._found]
        count = Counter((frame.pts, frame.checksum) for frame in found)
        return tuple(frame for frame in found if frame.unique or count[frame.pts, frame.checksum] == 1)

    def _recorded(self, packets: Iterable[Packet]) -> Iterator[tuple[int, Packet]]:
        for number, packet in enumerate(packets):
            if packet.is_keyframe:
                checksum = _checksum(packet)
                self._checksums[checksum] += 1
                self._candidates[number] = (packet.pts, packet.dts, checksum)
            yield number, packet

    def _record_picture(self, packet: int, picture: VideoFrame) -> None:
        number = len(self.packets)
        self.packets.append(packet)
        candidate = self._candidates.pop(packet, None)
        if candidate is None or not picture.key_frame:
            return
        if not self._found or number >= self._found[-1].number + KEY_FRAME_SPACING:
            self._found.append(KeyFrame(number, packet, *candidate, unique=False))


def numbered_pictures(film: Film, start: int) -> Iterator[tuple[int, VideoFrame]]:
    """Numbers and pictures of a film's source, as decoded, from picture `start` of the source on, to its end.

    Raises:
        MediaError: a picture that was decoded when the film was opened cannot be decoded any more.
    """
    end = film.pictures.stop
    expected = start
    for key_frame, seek in _attempts(film, start):
        try:
            for number, picture in _pictures_from(film, key_frame, seek):
                if number == expected:
                    expected += 1
                    yield number, picture
        except _PositionLostError:
            continue
        if expected >= end:
            return
    raise MediaError(f"{film.source}: frame {expected} cannot be read any more; the file was changed or is damaged")


def _attempts(film: Film, start: int) -> Iterator[tuple[KeyFrame | None, bool]]:
    """(key frame to decode from, whether to seek to it), best first; None decodes from the first packet."""
    earlier = [frame for frame in film.key_frames if frame.number <= start]
    if earlier and earlier[-1].packet:
        yield earlier[-1], True
        if len(earlier) > EARLIER_KEY_FRAMES:
            yield earlier[-1 - EARLIER_KEY_FRAMES], True
        yield earlier[-1], False
    yield None, False


def _pictures_from(film: Film, key_frame: KeyFrame | None, seek: bool) -> Iterator[tuple[int, VideoFrame]]:
    """Pictures from a key frame on, with their numbers in the source.

    Raises:
        _PositionLostError: the key frame is not found, or a picture is not the recorded one.
    """
    packet_of = {frame.number: frame.packet for frame in film.key_frames}
    with open_container(Path(film.source)) as container:
        stream = container.streams.video[film.picture_stream]
        use_decoding_threads(stream)
        packets = _packets_from(container, stream, film, key_frame, seek)
        number = key_frame.number if key_frame else 0
        leading = key_frame is not None
        for packet, picture in _decoded(stream, packets):
            leading = leading and key_frame is not None and packet != key_frame.packet
            if leading:  # pictures before the key frame may refer to pictures that were not decoded
                continue
            if packet != packet_of.get(number, packet) or not _is_recorded(film, number, packet, picture):
                raise _PositionLostError
            yield number, picture
            number += 1
        if leading:
            raise _PositionLostError


def _is_recorded(film: Film, number: int, packet: int, picture: VideoFrame) -> bool:
    """Whether a picture has the timestamp, or comes from the packet, that was recorded for its number."""
    if number not in film.pictures:
        return True
    index = number - film.pictures.start
    if film.pts:
        return picture.pts == film.pts[index]
    return not film.packets or packet == film.packets[index]


def _packets_from(
    container: InputContainer, stream: VideoStream, film: Film, key_frame: KeyFrame | None, seek: bool
) -> Iterator[tuple[int, Packet]]:
    """Packets of the stream with their numbers, from the packet of a key frame on."""
    from av.error import FFmpegError

    if key_frame is None:
        yield from enumerate(container.demux(stream))
        return
    if not seek:
        yield from enumerate(islice(container.demux(stream), key_frame.packet, None), key_frame.packet)
        return
    if container.format.flags & NO_TIMESTAMPS or key_frame.seek_time is None:
        raise _PositionLostError
    try:
        container.seek(key_frame.seek_time, stream=stream)
    except FFmpegError as error:
        raise _PositionLostError from error
    yield from enumerate(_after_search(container.demux(stream), film, key_frame), key_frame.packet)


def _after_search(packets: Iterator[Packet], film: Film, key_frame: KeyFrame) -> Iterator[Packet]:
    """The packets from that of the key frame on.

    Raises:
        _PositionLostError: a later key frame, or the end, comes first.
    """
    later = {frame.checksum: frame for frame in film.key_frames if frame.number > key_frame.number}
    for packet in packets:
        if not packet.is_keyframe:
            continue
        checksum = _checksum(packet)
        if key_frame.is_packet(packet.pts, checksum):
            yield packet
            yield from packets
            return
        if checksum in later and later[checksum].is_packet(packet.pts, checksum):
            break
    raise _PositionLostError


def _decoded(
    stream: VideoStream, packets: Iterable[tuple[int, Packet]], index: KeyFrameIndex | None = None
) -> Iterator[tuple[int, VideoFrame]]:
    """Decoded pictures with the numbers of their packets. Packets that cannot be decoded are left out.

    The decoder hands the timestamp of a packet to its picture: numbers in place of timestamps tell which packet it was.
    """
    from av.error import InvalidDataError

    pts: dict[int, int | None] = {}
    for number, packet in packets:
        if packet.size:  # the last one has no data: it empties the decoder
            pts[number], packet.pts = packet.pts, number
        try:
            pictures = stream.decode(packet)
        except InvalidDataError:
            if index:
                index.damaged += 1
            continue
        for picture in pictures:
            origin = -1 if picture.pts is None else picture.pts
            picture.pts = pts.get(origin)
            yield origin, picture
        if len(pts) > PENDING_PACKETS:
            del pts[next(iter(pts))]


def _checksum(packet: Packet) -> int:
    """CRC-32 of a packet's data."""
    return zlib.crc32(bytes(packet))
