"""Finished films of a constant frame rate: frames are repeated, none is left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from reimagine.media.export.containers import MXF_RATES
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame

RATES = (*MXF_RATES, Fraction(100), Fraction(120))
"""Frame rates from which one is chosen for AVI."""
ROUNDING = Fraction(99, 100)
"""Periods by which frames can be nearer to one another than the period of the chosen rate: their times are rounded."""


def at_output_rate(film: Film, frames: Iterable[Frame]) -> tuple[Film, Iterable[Frame]]:
    """The film and its frames at the rate of the output: each of its times shows the latest frame.

    Args:
        film: opened with a rate of the output that drops no frame, or without one.
        frames: all frames of its picture, in order.
    """
    return _at_rate(film, frames, film.output_rate, math.ceil) if film.output_rate else (film, frames)


def at_constant_rate(film: Film, frames: Iterable[Frame], suffix: str) -> tuple[Film, Iterable[Frame]]:
    """The film and its frames at the lowest usual rate at which each frame has a time of its own.

    Args:
        film: of variable frame rate, or with a last frame that stands longer.
        frames: its frames in order.
        suffix: of the container.
    """
    rate = film.rate
    if film.ticks:
        rates = MXF_RATES if suffix == ".mxf" else RATES
        step = min((b - a for a, b in pairwise(film.ticks)), default=1) * film.tick
        rate = next((r for r in rates if r * step > ROUNDING), rates[-1])
    return _at_rate(film, frames, rate, round)


def _at_rate(
    film: Film, frames: Iterable[Frame], rate: Fraction, place: Callable[[Fraction], int]
) -> tuple[Film, Iterator[Frame]]:
    """The film and its frames at another rate; `place` is the number of the output's frame that begins at a time."""
    shown = replace(film, rate=rate, frames=place(film.time(film.frames) * rate), ticks=(), last_duration=Fraction(0))
    return shown, _repeated(film, frames, rate, place)


def _repeated(film: Film, frames: Iterable[Frame], rate: Fraction, place: Callable[[Fraction], int]) -> Iterator[Frame]:
    """Every frame from its own time to that of the next one, numbered by `rate`."""
    shown, last = 0, None
    for frame in frames:
        begin = max(shown, place(film.time(frame.index) * rate))
        if last is not None:
            yield from (last.renumbered(number) for number in range(shown, begin))
        yield frame.renumbered(begin)
        shown, last = begin + 1, frame
    if last is not None:
        end = place(film.time(last.index + 1) * rate)
        yield from (last.renumbered(number) for number in range(shown, end))
