"""Tempo and first beat from onset strengths."""

from __future__ import annotations

import numpy as np

DEFAULT_TEMPO = 120.0
"""Quarter notes per minute of music that is too short or has no onsets; MIDI's own default."""
MIN_SECONDS = 4.0
"""Seconds of music needed for an estimate."""
MIN_LAG = 0.25
"""Seconds between beats at the fastest tempo (240 per minute)."""
MAX_LAG = 2.0
"""Seconds between beats at the slowest tempo (30 per minute)."""
PREFERRED_TEMPO = 120.0
"""Beats per minute of the log-normal prior's centre (Ellis 2007)."""
PRIOR_OCTAVES = 1.0
"""Standard deviation of the prior, in octaves of the tempo."""
SEARCH_RANGE = np.linspace(0.98, 1.02, 41)
"""Factors of the first estimate that are compared in the second search."""


def estimate_tempo(onset_strength: np.ndarray, frame_rate: float) -> tuple[float, float]:
    """(quarter notes per minute, seconds to the first beat).

    First the peak of the onset strength's autocorrelation under a log-normal prior (Ellis 2007), then a search for the
    grid of beats with the highest mean onset strength. librosa implements the first half, but importing it takes longer
    than the rest of a step.

    Args:
        onset_strength: (n,) sum of the onset activations per frame.
        frame_rate: frames per second.
    """
    if len(onset_strength) < MIN_SECONDS * frame_rate or not onset_strength.any():
        return DEFAULT_TEMPO, 0.0
    smooth = np.convolve(onset_strength - onset_strength.mean(), [0.5, 1, 0.5], "same")
    size = 1 << (2 * len(smooth)).bit_length()
    autocorrelation = np.fft.irfft(np.abs(np.fft.rfft(smooth, size)) ** 2)[: int(MAX_LAG * frame_rate)]
    lags = np.arange(int(MIN_LAG * frame_rate), len(autocorrelation))
    prior = np.exp(-0.5 * (np.log2(60 * frame_rate / lags / PREFERRED_TEMPO) / PRIOR_OCTAVES) ** 2)
    estimate = 60 * frame_rate / lags[np.argmax(autocorrelation[lags] * prior)]

    def mean_strength(tempo: float, offset: float) -> float:
        """Mean onset strength at the beats of a tempo that start at frame `offset`."""
        beats = np.arange(offset, len(smooth) - 1, 60 / tempo * frame_rate)
        return float(smooth[np.round(beats).astype(int)].mean())

    grids = [(t, o) for t in estimate * SEARCH_RANGE for o in np.arange(0, 60 / t * frame_rate, 1.0)]
    tempo, offset = max(grids, key=lambda grid: mean_strength(*grid))
    return float(tempo), float(offset / frame_rate)
