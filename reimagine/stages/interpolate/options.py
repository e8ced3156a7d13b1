"""Options that all models of `interpolate` share."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from reimagine.errors import StageError
from reimagine.media.video.rates import HIGHEST_RATE, LOWEST_RATE, exact_rate
from reimagine.media.video.retiming import MAX_SLOWDOWN
from reimagine.options import Range
from reimagine.stages.contract import InterpolationModel


@dataclass(frozen=True)
class InterpolationOptions(InterpolationModel):
    """The frame rate and the speed of the result."""

    to: Annotated[
        float,
        "Frames per second of the result: 24, 23.976, 60 (0: twice the film's; in slow motion the film's)",
        Range(0, HIGHEST_RATE),
    ] = 0.0
    slow_motion: Annotated[float, "Seconds of the result per second of the film", Range(1, MAX_SLOWDOWN)] = 1.0
    slow_sound: Annotated[bool, "Slow the sound as well, at the same pitch; otherwise it ends before the picture"] = (
        False
    )

    def check(self) -> None:
        """Refuse rates that no film has, and slow sound without slow motion.

        Raises:
            StageError: names the option.
        """
        if 0 < self.to < LOWEST_RATE:
            raise StageError(f"interpolate: --to {self.to:g}: give {LOWEST_RATE} to {HIGHEST_RATE} frames per second")
        if self.slow_sound and self.slow_motion == 1:
            raise StageError("interpolate: --slow-sound needs --slow-motion; give it, or leave --slow-sound out")

    def output_rate(self, rate: Fraction) -> Fraction:
        """Frames per second of the result for a film of `rate` frames per second."""
        if self.to:
            return exact_rate(self.to, "--to")
        return rate if self.slow_motion > 1 else min(2 * rate, Fraction(HIGHEST_RATE))
