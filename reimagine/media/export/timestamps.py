"""Decoding timestamps of copied packets: present, increasing, and never after the presentation timestamps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import Packet

REORDER_LIMIT = 32
"""Packets: twice the 16 frames by which H.264 and HEVC can reorder at most."""


class DecodingTimes:
    """Completes the timestamps of one stream's packets, which come in decoding order.

    Matroska stores no decoding timestamps. FFmpeg derives them, but not those of the first packets of a stream with
    B-frames. Packets without one wait here until a decoding timestamp follows, or until their order can be
    computed from the presentation timestamps.

    Args:
        complete_durations: give packets without a duration that of the packet before. MP4 cuts the last one off
            without it.
    """

    def __init__(self, complete_durations: bool = False) -> None:
        self.complete_durations = complete_durations
        self.waiting: deque[Packet] = deque()
        self.times: list[int] = []
        self.delay: int | None = None
        self.last: int | None = None
        self.step = 1

    def add(self, packet: Packet) -> Iterator[Packet]:
        """Take the next packet; return those that are complete."""
        if packet.pts is None:
            packet.pts = packet.dts if packet.dts is not None else self._next()
        self.waiting.append(packet)
        heappush(self.times, packet.pts)
        if self.delay is None and packet.dts is not None:
            yield from self._extrapolated(packet.dts)
        elif len(self.waiting) >= REORDER_LIMIT:
            yield from self._ordered(REORDER_LIMIT // 2)

    def flush(self) -> Iterator[Packet]:
        """The packets that still wait at the end of the stream."""
        yield from self._ordered(0)

    def _extrapolated(self, dts: int) -> Iterator[Packet]:
        """The waiting packets, with decoding timestamps at equal steps before that of the last one."""
        step = min((b - a for a, b in pairwise(sorted(self.times)) if b > a), default=1)
        while self.waiting:
            yield self._checked(self.waiting.popleft(), dts - step * (len(self.waiting)))
        self.times.clear()

    def _ordered(self, remaining: int) -> Iterator[Packet]:
        """All but some of the waiting packets; their decoding times are the sorted presentation times, moved back."""
        if self.delay is None:
            pairs = zip(sorted(self.times), self.waiting, strict=True)
            self.delay = max((place - (packet.pts or 0) for place, packet in pairs), default=0)
        while len(self.waiting) > remaining:
            yield self._checked(self.waiting.popleft(), heappop(self.times) - self.delay)

    def _next(self) -> int:
        """A timestamp for a packet that has none."""
        latest = self.waiting[-1].pts if self.waiting else self.last
        return 0 if latest is None else latest + self.step

    def _checked(self, packet: Packet, dts: int) -> Packet:
        """The packet with a decoding timestamp after that of the packet before it."""
        assert packet.pts is not None
        dts = min(dts, packet.pts)
        if self.last is not None and dts <= self.last:
            dts = self.last + 1
        if self.complete_durations and not packet.duration and self.last is not None:
            packet.duration = dts - self.last
        self.step = max(1, packet.duration or 1)
        packet.dts, self.last = dts, dts
        packet.pts = max(packet.pts, dts)
        return packet
