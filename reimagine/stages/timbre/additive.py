"""A note as levels over time, of harmonics and of bands of noise; and from these back to sound.

Harmonics plus noise (Serra & Smith 1990). Partials hold their frequency through a note, so a frame of
sound is a sum of fixed windowed sinusoids: one product of matrices for all frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HARMONICS, BANDS, FLOOR = 96, 32, -100.0
"""Partials; bands of noise; the level, in dB, that is silence."""


def _times() -> np.ndarray:
    """Seconds: close together in the attack (4 ms), 30 ms apart later; up to 3 s."""
    steps = np.minimum(0.004 * 1.1 ** np.arange(111), 0.03)
    steps[21:] *= (3.0 - steps[:21].sum()) / steps[21:].sum()
    return np.concatenate([[0], np.cumsum(steps)])


TIMES = _times()
_edges = np.geomspace(50, 19000, BANDS + 1)
CENTRES, WIDTHS = np.sqrt(_edges[1:] * _edges[:-1]), np.diff(_edges)
"""Hertz, of the bands of noise."""

RATE, HOP = 48000, 256
_SETTLED, _LAST = 1.4, 2.9
"""Seconds between which a note's sound is taken for what it would go on as."""


@dataclass(frozen=True)
class Tone:
    """One note to be made.

    Attributes:
        levels: (HARMONICS + BANDS, len(TIMES)) float32, dB.
        stretch: of the partials, as of a stiff string: k f0 sqrt(1 + stretch k^2).
        fall: dB a second after the release.
    """

    levels: np.ndarray
    stretch: float
    fall: float


def hertz(pitch: float) -> float:
    return 440 * 2 ** ((pitch - 69) / 12)


def partials(fundamental: float, stretch: float) -> np.ndarray:
    """Of a stiff string; the first stays where it is. (HARMONICS,) in Hz."""
    k = np.arange(1, HARMONICS + 1)
    return fundamental * k * np.sqrt((1 + stretch * k**2) / (1 + stretch))


def sound_of(tone: Tone, fundamental: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """(n,) float32 at RATE: the note held for `seconds`, and its release."""
    tail = min(50 / tone.fall, 2.5) + 0.02
    frames = int(np.ceil((seconds + tail) * RATE / HOP)) + 1
    time = np.arange(frames) * HOP / RATE
    levels = held(tone.levels, np.minimum(time, max(seconds, 0.03)))
    levels -= (np.maximum(time - seconds, 0) * tone.fall).astype(np.float32)
    strength = np.where(levels > FLOOR + 6, 10 ** (levels / 20), 0).astype(np.float32)
    strength[:, -1] = 0
    strength[HARMONICS:][0.75 * fundamental > CENTRES] = 0  # what was measured there is the tone's own skirt
    wave = _tones(strength[:HARMONICS], partials(fundamental, tone.stretch))
    return wave + _noise(strength[HARMONICS:], rng)


def held(levels: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Levels (channels, len(TIMES)) at any time (seconds, (n,)). After 2.9 s what a note did since 1.4 s is
    repeated, to and fro, over its further decay."""
    late = (TIMES >= _SETTLED) & (TIMES <= _LAST)
    centred = TIMES[late] - TIMES[late].mean()
    slope = (levels[:, late] @ centred / np.square(centred).sum()).astype(np.float32)
    beyond = np.maximum(time - _LAST, 0)
    span = _LAST - _SETTLED
    back = span - np.abs((beyond + span) % (2 * span) - span) if beyond.any() else 0 * beyond
    inside = np.where(beyond > 0, _LAST - np.minimum(back, span), time)
    place = np.clip(np.searchsorted(TIMES, inside, "right") - 1, 0, len(TIMES) - 2)
    part = ((inside - TIMES[place]) / (TIMES[place + 1] - TIMES[place])).astype(np.float32)
    there = levels[:, place] * (1 - part) + levels[:, place + 1] * part
    turned = slope[:, None] * (_LAST - inside).clip(0) * (beyond > 0)
    return (there + turned + np.minimum(slope, 0)[:, None] * beyond).astype(np.float32)


def _tones(strength: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Sines of strength (HARMONICS, frames)."""
    used = (places < 0.45 * RATE) & (strength.max(1) > 0)
    places, strength = places[used], strength[used]
    turn = 2 * np.pi * places / RATE
    phase = 2.4 * np.arange(len(places)) ** 2
    frames = np.arange(strength.shape[1])
    spin = strength * np.exp(1j * (phase[:, None] + turn[:, None] * HOP * frames)).astype(np.complex64)
    window = np.hanning(2 * HOP + 1)[:-1]
    basis = (np.exp(1j * np.outer(turn, np.arange(-HOP, HOP))) * window).astype(np.complex64)
    pieces = spin.real.T @ basis.real - spin.imag.T @ basis.imag
    return _overlapped(pieces)


def _noise(strength: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White noise shaped to the bands' strength (BANDS, frames), frame by frame."""
    size = 2 * HOP
    bins = np.fft.rfftfreq(size, 1 / RATE)
    density = (strength / np.sqrt(WIDTHS)[:, None]).T
    nearest = np.interp(np.log(np.maximum(bins, 20)), np.log(CENTRES), np.arange(BANDS))
    low = np.minimum(nearest.astype(int), BANDS - 2)
    part = (nearest - low).astype(np.float32)
    gain = density[:, low] * (1 - part) + density[:, low + 1] * part
    white = rng.standard_normal((strength.shape[1], size), np.float32)
    shaped = np.fft.irfft(np.fft.rfft(white) * gain * np.sqrt(RATE / 2), size)
    return _overlapped(shaped * np.sin(np.pi * (np.arange(size) + 0.5) / size))


def _overlapped(pieces: np.ndarray) -> np.ndarray:
    """Frames (n, 2 HOP), HOP apart, the first centred on 0, added up: (n HOP,) float32."""
    first, second = pieces[:, :HOP], pieces[:, HOP:]
    whole = second.copy()
    whole[:-1] += first[1:]
    return whole.ravel().astype(np.float32)
