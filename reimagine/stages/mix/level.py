"""Bring the new music to a broadcast level, over as much of the old sound as one wants to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Sound

RATE, CEILING, LOWERED = 48000, 10 ** (-1 / 20), 0.3
"""Samples a second; the true peak allowed (-1 dBFS); what is left of the music while somebody speaks."""


@dataclass(frozen=True)
class Level:
    """Loudness by ITU-R BS.1770, 48 kHz stereo, exactly as long as the film, no clipping."""

    loudness: Annotated[float, "Loudness of the result, in LUFS"] = -16.0
    keep_original: Annotated[float, "How much of the film's own sound stays, 0 to 1"] = 0.0
    duck: Annotated[bool, "Lower the music where the kept sound speaks"] = True
    version: ClassVar[int] = 2

    def load(self, device: str) -> Callable[[Sound, Sound], Sound]:
        """(the film's own sound, the new one) in; one sound as long as the first out.

        Raises:
            StageError: `keep_original` is not 0 to 1, `loudness` not -60 to 0.
        """
        import numpy as np

        from reimagine.errors import StageError
        from reimagine.media import Sound

        if not 0 <= self.keep_original <= 1:
            raise StageError(f"mix: --keep-original {self.keep_original}; give 0 (nothing) to 1 (all)")
        if not -60 <= self.loudness <= 0:
            raise StageError(f"mix: --loudness {self.loudness}; give -60 to 0 LUFS, such as -16")

        def mix(original: Sound, new: Sound) -> Sound:
            length = round(original.seconds * RATE)
            fresh = levelled(new.at_rate(RATE).stereo().fit_length(length).samples, self.loudness)
            if self.keep_original > 0:
                own = levelled(original.at_rate(RATE).stereo().fit_length(length).samples, self.loudness)
                if self.duck:
                    fresh = fresh * (1 - (1 - LOWERED) * self.keep_original * speech(own))
                both = fresh * np.float32(1 - self.keep_original / 2) + own * np.float32(self.keep_original)
                fresh = levelled(both, self.loudness)
            return Sound(limited(fresh), RATE)

        return mix


def levelled(samples: np.ndarray, loudness: float) -> np.ndarray:
    """(channels, n) at that many LUFS; what is too short or silent stays as it is."""
    import warnings

    import numpy as np
    import pyloudnorm

    if samples.shape[1] < RATE / 2 or not samples.any():
        return samples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        now = pyloudnorm.Meter(RATE).integrated_loudness(samples.T)
    gain = 10 ** ((loudness - now) / 20) if np.isfinite(now) else 1.0
    return samples * np.float32(min(gain, 100.0))


def limited(samples: np.ndarray) -> np.ndarray:
    """No true peak (four times oversampled, ITU-R BS.1770 annex 2) above CEILING: the gain dips smoothly
    about each peak, 4 ms ahead and after."""
    import numpy as np
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    def gain(piece: np.ndarray, reach: int) -> np.ndarray:
        wanted = np.minimum(1, CEILING / np.maximum(true_peaks(piece), 1e-9))
        return uniform_filter1d(minimum_filter1d(wanted, 2 * reach + 1), 2 * reach + 1)

    if not samples.size or np.abs(samples).max() < CEILING / 2:
        return samples
    made = samples * gain(samples, RATE // 250).astype(np.float32)
    over = float(true_peaks(made).max())
    return (made * np.float32(min(1, 0.999 * CEILING / over))).astype(np.float32)


def true_peaks(samples: np.ndarray) -> np.ndarray:
    """(channels, n) -> the height, at each sample, of the wave through and between the samples (n,)."""
    import numpy as np
    import soxr

    fine = np.abs(soxr.resample(samples.T, 1, 4, quality="MQ")).max(1)
    fine = np.pad(fine, (0, max(0, 4 * samples.shape[1] - len(fine))))[: 4 * samples.shape[1]]
    return np.maximum(fine.reshape(-1, 4).max(1), np.abs(samples).max(0))


def speech(samples: np.ndarray) -> np.ndarray:
    """How much a sound (channels, n) speaks at each moment, 0..1, (n,) float32.

    Its loudness comes and goes four times a second, as syllables do, and its timbre changes as fast, as
    vowels and consonants do (Scheirer & Slaney 1997; music keeps its timbre from note to note).
    """
    import numpy as np
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import butter, sosfiltfilt

    step = RATE // 100
    count = samples.shape[1] // step
    if count < 150:
        return np.zeros(samples.shape[1], np.float32)
    mono = samples.mean(0)

    def loudness(low: float, high: float) -> np.ndarray:
        band = sosfiltfilt(butter(2, (low, high), "band", fs=RATE, output="sos"), mono)
        return np.sqrt(np.square(band[: count * step]).reshape(count, step).mean(1))

    def spread(values: np.ndarray) -> np.ndarray:
        """Standard deviation over a second."""
        square = uniform_filter1d(values**2, 100) - uniform_filter1d(values, 100) ** 2
        return np.sqrt(np.maximum(square, 0))

    loud = loudness(300, 3400)
    mean = uniform_filter1d(loud, 100)
    syllables = sosfiltfilt(butter(2, (2.5, 8), "band", fs=100, output="sos"), loud)
    timbre = np.log((loudness(2000, 5000) + 1e-5) / (loudness(300, 1000) + 1e-5))
    told = np.clip((spread(syllables) / (mean + 1e-4) - 0.25) / 0.15, 0, 1)
    told *= np.clip((spread(timbre) - 0.45) / 0.12, 0, 1) * (mean > 0.1 * np.percentile(loud, 95))
    told = uniform_filter1d(told, 40)
    return np.interp(np.arange(samples.shape[1]), (np.arange(count) + 0.5) * step, told).astype(np.float32)
