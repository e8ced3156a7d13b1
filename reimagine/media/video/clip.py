"""Random access to the frames of a film, for models that analyze a whole film."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from reimagine.media.video.frames import Frame, Shot


@dataclass(frozen=True)
class Clip:
    """Frames by number, and the shots they belong to.

    Attributes:
        read: (start, stop) -> the frames of that half-open range, in order.
        frames: number of frames.
        shots: ranges that cover all frames.
        rate: frames per second.
        name: name of the film, for messages.
    """

    read: Callable[[int, int], Iterator[Frame]]
    frames: int
    shots: Sequence[Shot]
    rate: Fraction
    name: str = "the film"

    def until(self, frame: int) -> Clip:
        """The clip up to a frame, without that frame."""
        shots = [Shot(s.start, min(s.stop, frame)) for s in self.shots if s.start < frame]
        return replace(self, frames=min(frame, self.frames), shots=shots)

    @property
    def last(self) -> Frame:
        """The last frame."""
        return next(self.read(self.frames - 1, self.frames))
