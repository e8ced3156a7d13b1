"""Films of variable frame rate in containers of a constant one: frames are repeated, none is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from reimagine.media.containers import MXF_RATES
from reimagine.media.film import Film
from reimagine.media.frames import Frame

RATES = (*MXF_RATES, Fraction(100), Fraction(120))
"""Frame rates from which one is chosen for AVI."""
ROUNDING = Fraction(99, 100)
"""Periods by which frames can be nearer to one another than the period of the chosen rate: their times are rounded."""


def at_constant_rate(film: Film, frames: Iterable[Frame], suffix: str) -> tuple[Film, Iterator[Frame]]:
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
    return replace(film, rate=rate, ticks=(), last_duration=Fraction(0)), _repeated(film, frames, rate)


def _repeated(film: Film, frames: Iterable[Frame], rate: Fraction) -> Iterator[Frame]:
    """Every frame from its own time to that of the next one, numbered by `rate`."""
    shown, last = 0, None
    for frame in frames:
        begin = max(shown, round(film.time(frame.index) * rate))
        if last is not None:
            yield from (last.renumbered(number) for number in range(shown, begin))
        yield frame.renumbered(begin)
        shown, last = begin + 1, frame
    if last is not None:
        end = round(film.time(last.index + 1) * rate)
        yield from (last.renumbered(number) for number in range(shown, end))
