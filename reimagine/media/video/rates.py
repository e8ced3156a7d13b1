"""Frame rates as people write them, exact."""

from __future__ import annotations

from fractions import Fraction

from reimagine.errors import MediaError

LOWEST_RATE, HIGHEST_RATE = 1, 120
"""Frames per second that can be given."""
NTSC = Fraction(1000, 1001)
"""Rates of NTSC video, as a part of the whole number of frames that they are named after: 29.97 of 30."""
NTSC_ROUNDING = Fraction(1, 200)
"""Frames per second by which a rate such as 23.98 may be rounded."""


def exact_rate(value: float, option: str = "rate") -> Fraction:
    """Frames per second as a fraction: 18 is 18, 23.976 is 24000/1001, 29.97 is 30000/1001.

    Raises:
        MediaError: the rate is not from `LOWEST_RATE` to `HIGHEST_RATE`.
    """
    if not LOWEST_RATE <= value <= HIGHEST_RATE:
        raise MediaError(f"{option} {value:g}: give {LOWEST_RATE} to {HIGHEST_RATE} frames per second")
    rate = Fraction(value).limit_denominator(1001)
    ntsc = round(rate / NTSC) * NTSC
    return ntsc if rate.denominator != 1 and abs(rate - ntsc) <= NTSC_ROUNDING else rate
