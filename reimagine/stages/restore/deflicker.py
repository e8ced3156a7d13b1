"""Removal of brightness flicker, separately for each band of luma."""

from __future__ import annotations

import cv2
import numpy as np

from .frame_change import TONE_LEVELS, local_trend_residual

TREND_SIGMA = 24.0
"""Standard deviation, in frames, of the window in which the trend of the brightness is fitted."""
FADE_SLOPE = 1.0
"""Grey levels per frame. A much faster steady change is a fade and is left; a much slower one is a lamp that dims or an
operator who cranks unevenly, and is removed."""
MAX_GAIN = 2.0
"""Largest contrast gain, and the inverse of the smallest, in `match_mean_and_contrast`."""
LEVEL_CENTRES = np.linspace(255 / TONE_LEVELS / 2, 255 - 255 / TONE_LEVELS / 2, TONE_LEVELS)
"""Centre of each band of luma, in grey levels."""


def match_mean_and_contrast(luma: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Scale a luma (h, w) uint8 to the mean and standard deviation of another, so that flow works despite flicker."""
    gain = float(np.clip((reference.std() + 1) / (luma.std() + 1), 1 / MAX_GAIN, MAX_GAIN))
    offset = reference.mean() - gain * luma.mean()
    return np.clip(luma * np.float32(gain) + np.float32(offset + 0.5), 0, 255).astype(np.uint8)


def flicker_residual(tones: np.ndarray, index: int) -> np.ndarray:
    """Flicker of a frame by band, (TONE_LEVELS,), from the cumulative changes (N, TONE_LEVELS) around it."""
    return local_trend_residual(tones, index, TREND_SIGMA, FADE_SLOPE)


def apply_tone_curve(grey: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """Subtract a change of tone by band, (TONE_LEVELS,) grey levels, from a frame (H, W) uint8."""
    curve = np.arange(256) - np.interp(np.arange(256), LEVEL_CENTRES, tone)
    return cv2.LUT(grey, np.clip(curve + 0.5, 0, 255).astype(np.uint8))
