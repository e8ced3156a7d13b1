"""The clock of a film whose frames are interpolated, and changes of a film's size."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from reimagine.media.video.film import Film
from reimagine.media.video.frames import Shot
from reimagine.media.video.rates import HIGHEST_RATE, LOWEST_RATE

MAX_SLOWDOWN = 100
"""Seconds of slow motion per second of film, at most."""
LARGEST_SIDE = 16384
"""Pixels of a side, at most: H.264 and HEVC encoders take no more."""


class Position(NamedTuple):
    """A time between two frames of a film.

    Attributes:
        frame: number of the latest frame.
        share: elapsed share of the time between that frame and the next one, from 0 to less than 1.
    """

    frame: int
    share: Fraction


@dataclass(frozen=True)
class Retiming:
    """Frame numbers and times of a film that is interpolated to a constant frame rate.

    Attributes:
        film: the film before.
        frames: number of frames of its picture, generated ones included.
        rate: frames per second of the result.
        slowdown: seconds of the result per second of the film; above 1 it is slow motion.
    """

    film: Film
    frames: int
    rate: Fraction
    slowdown: Fraction = Fraction(1)

    def first(self, number: int) -> int:
        """The first frame of the result that is not before a frame of the film; for `frames`, the end of the result."""
        return math.ceil(self.film.time(number) * self.slowdown * self.rate)

    def position(self, number: int) -> Position:
        """Where a frame of the result lies in the film."""
        time = number / (self.slowdown * self.rate)
        frame = bisect_right(range(self.frames), time, key=self.film.time) - 1
        begin, end = self.film.time(frame), self.film.time(frame + 1)
        return Position(frame, (time - begin) / (end - begin))

    @property
    def keeps_frames(self) -> bool:
        """Whether every frame of the film is one of the result."""
        return not self.film.ticks and (self.rate * self.slowdown / self.film.rate).denominator == 1

    def shots(self, shots: Iterable[Shot]) -> list[Shot]:
        """Shots of the result, from those of the film. A shot without a frame in the result is left out."""
        result = []
        for shot in shots:
            similar = None if shot.similar_frame is None else self.first(shot.similar_frame)
            start, stop = self.first(shot.start), self.first(shot.stop)
            if start < stop:
                result.append(Shot(start, stop, similar))
        return result

    def result(self) -> Film:
        """The film after interpolation."""
        rates = f"{float(self.film.rate):.5g} frames per second were interpolated to {float(self.rate):.5g}"
        slow = f", {float(self.slowdown):g} times slower" if self.slowdown != 1 else ""
        return replace(
            self.film,
            frames=self.first(self.film.frames),
            rate=self.rate,
            ticks=(),
            last_duration=Fraction(0),
            seconds=self.film.seconds * float(self.slowdown),
            speed=self.film.speed / self.slowdown,
            output_rate=max(self.film.output_rate, self.rate),
            as_stored=False,
            notes=(*self.film.notes, rates + slow),
        )


@dataclass(frozen=True)
class FilmChange:
    """How a step changes the size or the clock of a film. Zeros change nothing.

    Attributes:
        width, height: pixels of the result.
        rate: frames per second of the result.
        slowdown: seconds of the result per second of the film.
        slow_sound: whether the sound is slowed as well.
    """

    width: int = 0
    height: int = 0
    rate: Fraction = Fraction(0)
    slowdown: Fraction = Fraction(1)
    slow_sound: bool = False

    @property
    def is_any(self) -> bool:
        """Whether size or clock change."""
        return self != FilmChange()

    @property
    def is_valid(self) -> bool:
        """Whether the numbers can be those of a step; others are damage."""
        size = (self.width, self.height)
        rate_fits = self.rate == 0 or LOWEST_RATE <= self.rate <= HIGHEST_RATE
        size_fits = size == (0, 0) or all(0 < side <= LARGEST_SIDE for side in size)
        return rate_fits and size_fits and 1 <= self.slowdown <= MAX_SLOWDOWN

    def retiming(self, film: Film, frames: int) -> Retiming | None:
        """The clock after the step, of a film with this number of frames; None if it is the same."""
        return Retiming(film, frames, self.rate, self.slowdown) if self.rate else None

    def applied(self, film: Film, frames: int) -> Film:
        """The film after the step."""
        retiming = self.retiming(film, frames)
        film = retiming.result() if retiming else film
        return replace(film, width=self.width, height=self.height) if self.width else film
