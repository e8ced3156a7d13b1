"""Spectrograms of log mel power and mel instantaneous frequency, and back to sound, as GANSynth has them.

Engel et al. 2019, section 3; 16 kHz, 4 s, windows of 2048 every 512 samples, 1024 mel bins. The mel matrix
is the one the published weights were made with: there, narrow bands are widened in place, in one array of
which lower edge, centre and upper edge are overlapping views, so that each widening moves the next bands.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

RATE, SAMPLES, WINDOW, HOP, FRAMES, BINS = 16000, 64000, 2048, 512, 128, 1024
BEFORE = HOP * (FRAMES - 1) + WINDOW - SAMPLES
"""Silence in front of the wave."""
MAGNITUDE, PHASE = (0.0661371661726, 0.113718730221), (0.8, 0.0)
"""What the network's two channels were multiplied by and moved by."""


def _mel(hertz: np.ndarray | float) -> np.ndarray:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


@lru_cache(1)
def mel_matrix() -> np.ndarray:
    """(1024 linear bins, 1024 mel bins) float64."""
    edges = np.linspace(_mel(0.0), _mel(RATE / 2), BINS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    least = 1.5 * (RATE / 2) / BINS
    for i in range(BINS):
        low, high = (700.0 * (np.exp(e / 1127.0) - 1.0) for e in (lower[i], upper[i]))
        if high - low < least:
            ratio = 0.5 * least / (700.0 * (np.exp(centre[i] / 1127.0) - 1.0) + 700.0)
            step = 1127.0 * np.log(ratio + np.sqrt(1.0 + ratio**2))
            lower[i], upper[i] = centre[i] - step, centre[i] + step
    low, mid, high = (700.0 * (np.exp(e / 1127.0) - 1.0) for e in (lower, centre, upper))
    bins = np.linspace(0.0, RATE / 2, BINS)[:, None]
    matrix = np.maximum(0.0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)))
    matrix[0] = 0.0
    return matrix


@lru_cache(1)
def linear_matrix() -> np.ndarray:
    """(1024 mel bins, 1024 linear bins): the way back."""
    there = mel_matrix()
    sums = (there @ there.T).sum(1)
    scale = np.where(np.abs(sums) > 1e-8, 1.0 / np.where(sums, sums, 1.0), sums)
    return there.T * scale


@lru_cache(1)
def _sparse():
    from scipy.sparse import csr_matrix

    return csr_matrix(linear_matrix().T.astype(np.float32))


def waves(made: np.ndarray) -> np.ndarray:
    """What the network made, (N, 2, FRAMES, BINS) in -1..1 -> (N, SAMPLES) float32."""
    level = (made[:, 0] - MAGNITUDE[1]) / MAGNITUDE[0]
    turn = (made[:, 1] - PHASE[1]) / PHASE[0]
    return inverse(level, turn)


def inverse(level: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Log mel power and mel instantaneous frequency (in pi a hop), (N, FRAMES, BINS) each -> (N, SAMPLES)."""
    power = _linear(np.exp(level))
    phase = _linear(np.cumsum(turn * np.pi, 1))
    spectrum = np.sqrt(power + 1e-6) * np.exp(1j * phase)
    spectrum = np.concatenate([np.zeros_like(spectrum[..., :1]), spectrum], 2)
    frames = np.fft.irfft(spectrum, WINDOW) * (np.hanning(WINDOW + 1)[:-1] / 1.5)
    out = np.zeros((len(frames), HOP * (FRAMES - 1) + WINDOW), np.float32)
    for n in range(FRAMES):
        out[:, n * HOP : n * HOP + WINDOW] += frames[:, n]
    return out[:, BEFORE:]


def _linear(mel: np.ndarray) -> np.ndarray:
    return (_sparse() @ mel.reshape(-1, BINS).T).T.reshape(mel.shape)
