"""Damage of old sound tracks by kind: band limits, noise, unsteady speed, distortion.

An operation is a function of samples (channels, n) float32 and the number of their first sample, so that a long sound
can be processed in blocks: what varies slowly depends on the time, and noise on a seed and the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reimagine.errors import StageError, unknown_name
from reimagine.media.audio.samples import BLOCK, Sound

Rng = np.random.Generator
Operation = Callable[[np.ndarray, int], np.ndarray]

MARGIN_SECONDS = 1.0
"""Seconds around a block in which filters settle."""
FILTER_ORDER = 4
"""Order of the Butterworth filters."""
WOW_HZ = (0.5, 2.0)
"""Rate of wow, the slow change of speed of a bent reel."""
FLUTTER_HZ = (6.0, 20.0)
"""Rate of flutter, the fast change of speed of sprockets."""
WOW_CENTS = 12.0
"""Largest change of pitch by wow."""
FLUTTER_CENTS = 4.0
"""Largest change of pitch by flutter."""
HUM_HZ = (50.0, 60.0)
"""Frequencies of mains hum."""
CRACKLE_RATE = 12.0
"""Clicks per second, on average."""
QUIETEST = 1e-5
"""Smallest level of clipping: silence has a level of 0."""
CLICK_SECONDS = 0.0015
"""Duration of a click."""
LOUD_PERCENTILE = 90
"""Percentile of the levels of a sound's seconds that is taken for its level."""


@dataclass(frozen=True)
class BandLimit:
    """Nothing below `low` and above `high` Hz, with the slopes of a Butterworth filter."""

    low: float
    high: float
    rate: int

    def __call__(self, samples: np.ndarray, first: int) -> np.ndarray:
        from scipy.signal import butter, sosfilt

        band = (self.low, min(self.high, 0.49 * self.rate))
        sections = butter(FILTER_ORDER, band, "bandpass", fs=self.rate, output="sos")
        return np.asarray(sosfilt(sections, samples, axis=-1), np.float32)


@dataclass(frozen=True)
class Hiss:
    """White noise of a level (root mean square, full scale is 1)."""

    level: float
    seed: int

    def __call__(self, samples: np.ndarray, first: int) -> np.ndarray:
        rng = np.random.default_rng((self.seed, first))
        return samples + np.float32(self.level) * rng.standard_normal(samples.shape[-1], np.float32)


@dataclass(frozen=True)
class Hum:
    """A mains hum of `hertz` with decreasing harmonics."""

    level: float
    hertz: float
    rate: int

    def __call__(self, samples: np.ndarray, first: int) -> np.ndarray:
        time = (first + np.arange(samples.shape[-1])) / self.rate
        harmonics = [np.sin(2 * np.pi * self.hertz * n * time + n) / n for n in (1, 2, 3, 4, 6)]
        return samples + np.float32(self.level) * np.sum(harmonics, 0, np.float32)


@dataclass(frozen=True)
class Crackle:
    """Clicks at random times, of random levels up to `level`."""

    level: float
    rate: int
    seed: int

    def __call__(self, samples: np.ndarray, first: int) -> np.ndarray:
        rng, length = np.random.default_rng((self.seed, first)), samples.shape[-1]
        clicks = np.zeros(length, np.float32)
        count = rng.poisson(CRACKLE_RATE * length / self.rate)
        clicks[rng.integers(0, length, count)] = self.level * rng.uniform(-1, 1, count) ** 3
        width = max(2, round(CLICK_SECONDS * self.rate))
        shape = np.exp(-4 * np.arange(width) / width) * np.cos(np.pi * np.arange(width) / 3)
        return samples + np.convolve(clicks, shape.astype(np.float32))[:length]


@dataclass(frozen=True)
class Wow:
    """Wow and flutter: the sound is delayed by sums of sinusoids, so that its pitch changes by a few cents.

    Attributes:
        waves: frequency in Hz, amplitude in seconds, and phase of each sinusoid.
        rate: samples per second.
    """

    waves: tuple[tuple[float, float, float], ...]
    rate: int

    def __call__(self, samples: np.ndarray, first: int) -> np.ndarray:
        numbers = np.arange(samples.shape[-1])
        delay = sum(a * np.sin(2 * np.pi * f * (first + numbers) / self.rate + p) for f, a, p in self.waves)
        positions = numbers + delay * self.rate
        return np.stack([np.interp(positions, numbers, channel) for channel in samples]).astype(np.float32)


@dataclass(frozen=True)
class Distortion:
    """Soft clipping at a level, as of an overloaded amplifier."""

    level: float

    def __call__(self, samples: np.ndarray, first: int) -> np.ndarray:
        level = np.float32(max(self.level, QUIETEST))
        return level * np.tanh(samples / level)


def random_wow(rng: Rng, rate: int, depth: float = 1.0) -> Wow:
    """Wow and flutter of random rates; `depth` is a factor of the largest changes of pitch."""
    waves = []
    for band, cents in ((WOW_HZ, WOW_CENTS), (FLUTTER_HZ, FLUTTER_CENTS)):
        hertz = rng.uniform(*band)
        change = 2 ** (depth * rng.uniform(0.3, 1) * cents / 1200) - 1
        waves.append((hertz, change / (2 * np.pi * hertz), rng.uniform(0, 2 * np.pi)))
    return Wow(tuple(waves), rate)


def _band(rng: Rng, rate: int, level: float) -> list[Operation]:
    return [BandLimit(rng.uniform(60, 200), rng.uniform(3000, 7000), rate)]


def _hiss(rng: Rng, rate: int, level: float) -> list[Operation]:
    return [Hiss(level * 10 ** (rng.uniform(-32, -16) / 20), int(rng.integers(2**31)))]


def _hum(rng: Rng, rate: int, level: float) -> list[Operation]:
    return [Hum(level * 10 ** (rng.uniform(-36, -20) / 20), float(rng.choice(HUM_HZ)), rate)]


def _crackle(rng: Rng, rate: int, level: float) -> list[Operation]:
    return [Crackle(level * rng.uniform(0.5, 3), rate, int(rng.integers(2**31)))]


def _distortion(rng: Rng, rate: int, level: float) -> list[Operation]:
    return [Distortion(level * rng.uniform(1.2, 4))]


def _wow(rng: Rng, rate: int, level: float) -> list[Operation]:
    return [random_wow(rng, rate)]


def _optical(rng: Rng, rate: int, level: float) -> list[Operation]:
    noises = [_hiss(rng, rate, level), _crackle(rng, rate, level), _hum(rng, rate, level)]
    chosen = [noise for (noise,), share in zip(noises, (1.0, 0.6, 0.3), strict=True) if rng.random() < share]
    distortion = _distortion(rng, rate, level) if rng.random() < 0.5 else []
    return [*_wow(rng, rate, level), *distortion, *chosen, *_band(rng, rate, level)]


SOUND_KINDS: dict[str, Callable[[Rng, int, float], list[Operation]]] = {
    "optical": _optical,
    "band": _band,
    "hiss": _hiss,
    "hum": _hum,
    "crackle": _crackle,
    "wow": _wow,
    "distortion": _distortion,
}
"""The operations of each kind, in the order in which they are applied, from a generator, a sample rate and the sound's
level. `optical` combines the others as an optical sound track has them."""


def sound_operations(kind: str, rng: Rng, rate: int, level: float) -> list[Operation]:
    """The operations of a kind of damage, with random values.

    Args:
        rate: samples per second.
        level: root mean square of the sound; noise is given relative to it.

    Raises:
        StageError: the kind does not exist; the nearest name is offered.
    """
    if kind not in SOUND_KINDS:
        raise StageError(unknown_name("kind of sound damage", kind, SOUND_KINDS))
    return SOUND_KINDS[kind](rng, rate, level)


def degrade_sound(sound: Sound, kind: str, seed: int = 0) -> Sound:
    """The sound with damage of a kind. The same seed gives the same sound.

    Raises:
        StageError: the kind does not exist; the nearest name is offered.
    """
    operations = sound_operations(kind, np.random.default_rng(seed), sound.rate, sound_level(sound))

    def apply(samples: np.ndarray, first: int) -> np.ndarray:
        for operation in operations:
            samples = operation(samples, first)
        return np.clip(samples, -1, 1)

    return sound.mapped(apply, min(BLOCK, round(MARGIN_SECONDS * sound.rate)))


def sound_level(sound: Sound) -> float:
    """Root mean square of the louder seconds of a sound, full scale is 1; 0 of silence."""
    squares = [
        np.square(block[:, first : first + sound.rate]).mean()
        for block in sound.blocks()
        for first in range(0, block.shape[1], sound.rate)
    ]
    return float(np.sqrt(np.percentile(squares, LOUD_PERCENTILE))) if squares else 0.0
