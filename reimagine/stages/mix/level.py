"""Bring the new music to a broadcast level, over as much of the old sound as one wants to keep."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Sound


@dataclass(frozen=True)
class Level:
    """Loudness by ITU-R BS.1770, 48 kHz stereo, exactly as long as the film, no clipping."""

    loudness: Annotated[float, "Loudness of the result, in LUFS"] = -16.0
    keep_original: Annotated[float, "How much of the film's own sound stays, 0 to 1"] = 0.0
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Sound, Sound], Sound]:
        """(the film's own sound, the new one) in; one sound as long as the first out."""
        import warnings

        import numpy as np
        import pyloudnorm

        from reimagine.media import Sound

        rate, ceiling = 48000, 10 ** (-1 / 20)

        def levelled(sound: Sound) -> np.ndarray:
            samples = sound.samples
            if sound.seconds < 0.5 or not samples.any():
                return samples
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                now = pyloudnorm.Meter(rate).integrated_loudness(samples.T)
            gain = 10 ** ((self.loudness - now) / 20) if np.isfinite(now) else 1.0
            return samples * np.float32(gain)

        def mix(original: Sound, new: Sound) -> Sound:
            length = round(original.seconds * rate)
            fresh = levelled(new.at_rate(rate).stereo().fitted(length))
            if self.keep_original > 0:
                own = levelled(original.at_rate(rate).stereo().fitted(length))
                fresh = fresh * (1 - self.keep_original / 2) + own * self.keep_original
            peak = float(np.abs(fresh).max()) if fresh.size else 0.0
            return Sound(fresh * np.float32(min(1.0, ceiling / (peak or 1.0))), rate)

        return mix
