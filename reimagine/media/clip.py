"""A film up to a frame, for whoever goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from reimagine.media.frames import Frame, Shot


@dataclass(frozen=True)
class Clip:
    """Frames by number, in shots.

    Attributes:
        read: (start, stop) -> the frames of that half-open range, in order.
        frames: how many there are.
        rate: frames a second.
        name: whose, for messages.
    """

    read: Callable[[int, int], Iterator[Frame]]
    frames: int
    shots: Sequence[Shot]
    rate: Fraction
    name: str = "the film"

    def until(self, frame: int) -> Clip:
        """What comes before a frame."""
        shots = [Shot(s.start, min(s.stop, frame)) for s in self.shots if s.start < frame]
        return replace(self, frames=min(frame, self.frames), shots=shots)

    @property
    def last(self) -> Frame:
        return next(self.read(self.frames - 1, self.frames))
