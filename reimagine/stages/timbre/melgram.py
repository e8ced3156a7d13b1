"""GANSynth's spectrograms of log mel power and mel instantaneous frequency, and their inversion to sound.

Engel et al. 2019, section 3. The mel matrix is the one the published weights were trained with. There, lower edge,
centre and upper edge of the bands are overlapping views of one array, and narrow bands are widened in place, so that
each widening moves the next bands as well.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RATE = 16000
"""Hz. Sample rate of NSynth, the training set."""
SAMPLES = 64000
"""Samples per note (4 s)."""
WINDOW = 2048
"""Samples per window."""
HOP = 512
"""Samples from one window to the next."""
FRAMES = 128
"""Windows per note."""
BINS = 1024
"""Mel bins, and linear bins without the one at 0 Hz."""
PADDING = HOP * (FRAMES - 1) + WINDOW - SAMPLES
"""Samples of silence before the note in the spectrogram."""
POWER_SCALE = 0.0661371661726
"""Factor by which log power was multiplied for training."""
POWER_OFFSET = 0.113718730221
"""Offset that was added to the scaled log power for training."""
FREQUENCY_SCALE = 0.8
"""Factor by which the instantaneous frequency was multiplied for training."""
FREQUENCY_OFFSET = 0.0
"""Offset that was added to the scaled instantaneous frequency for training."""


def _hertz_to_mel(hertz: np.ndarray | float) -> np.ndarray:
    """Frequencies on the mel scale of HTK."""
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


@lru_cache(1)
def mel_matrix() -> np.ndarray:
    """(1024 linear bins, 1024 mel bins) float64: linear power to mel power."""
    edges = np.linspace(_hertz_to_mel(0.0), _hertz_to_mel(RATE / 2), BINS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    min_width = 1.5 * (RATE / 2) / BINS
    for i in range(BINS):
        low, high = (700.0 * (np.exp(e / 1127.0) - 1.0) for e in (lower[i], upper[i]))
        if high - low < min_width:
            ratio = 0.5 * min_width / (700.0 * (np.exp(centre[i] / 1127.0) - 1.0) + 700.0)
            step = 1127.0 * np.log(ratio + np.sqrt(1.0 + ratio**2))
            lower[i], upper[i] = centre[i] - step, centre[i] + step
    low, mid, high = (700.0 * (np.exp(e / 1127.0) - 1.0) for e in (lower, centre, upper))
    bins = np.linspace(0.0, RATE / 2, BINS)[:, None]
    matrix = np.maximum(0.0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)))
    matrix[0] = 0.0
    return matrix


@lru_cache(1)
def linear_matrix() -> np.ndarray:
    """(1024 mel bins, 1024 linear bins) float64: an approximate inverse of `mel_matrix`, its scaled transpose."""
    to_mel = mel_matrix()
    sums = (to_mel @ to_mel.T).sum(1)
    scale = np.where(np.abs(sums) > 1e-8, 1.0 / np.where(sums, sums, 1.0), sums)
    return to_mel.T * scale


@lru_cache(1)
def _sparse_linear_matrix() -> csr_matrix:
    """The transpose of `linear_matrix` as a sparse matrix: nearly all entries are 0."""
    from scipy.sparse import csr_matrix

    return csr_matrix(linear_matrix().T.astype(np.float32))


def output_to_waves(output: np.ndarray) -> np.ndarray:
    """The waves of a network's output, (N, 2, FRAMES, BINS) in -1..1 -> (N, SAMPLES) float32."""
    log_power = (output[:, 0] - POWER_OFFSET) / POWER_SCALE
    frequency = (output[:, 1] - FREQUENCY_OFFSET) / FREQUENCY_SCALE
    return invert(log_power, frequency)


def invert(log_power: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Sound from mel spectrograms.

    Args:
        log_power: (N, FRAMES, BINS) natural logarithm of mel power.
        frequency: (N, FRAMES, BINS) mel instantaneous frequency: phase change per hop, in units of pi.

    Returns:
        (N, SAMPLES) float32.
    """
    power = _mel_to_linear(np.exp(log_power))
    phase = _mel_to_linear(np.cumsum(frequency * np.pi, 1))
    spectrum = np.sqrt(power + 1e-6) * np.exp(1j * phase)
    spectrum = np.concatenate([np.zeros_like(spectrum[..., :1]), spectrum], 2)
    frames = np.fft.irfft(spectrum, WINDOW) * (np.hanning(WINDOW + 1)[:-1] / 1.5)
    samples = np.zeros((len(frames), HOP * (FRAMES - 1) + WINDOW), np.float32)
    for n in range(FRAMES):
        samples[:, n * HOP : n * HOP + WINDOW] += frames[:, n]
    return samples[:, PADDING:]


def _mel_to_linear(mel: np.ndarray) -> np.ndarray:
    """(N, FRAMES, BINS) mel bins to linear bins."""
    return (_sparse_linear_matrix() @ mel.reshape(-1, BINS).T).T.reshape(mel.shape)
