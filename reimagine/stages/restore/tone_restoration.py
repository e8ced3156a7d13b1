"""Tone restoration: inversion of negatives, and the contrast of faded prints."""

from __future__ import annotations

import numpy as np

RANGE_QUANTILES = 0.002, 0.998
"""Quantiles of a frame's luma taken as its darkest and lightest tone; specks and light leaks lie outside."""
MIN_DENSITY_RANGE = 0.05
"""Smallest range between a film's darkest and lightest tone, of 0..1; it keeps the division stable."""
FADED_BLACK = 0.12
"""A print is faded if its darkest tone is above this and its lightest below `FADED_WHITE`, of 0..1.

Of good photographs, four in a thousand are.
"""
FADED_WHITE = 0.8
"""See `FADED_BLACK`."""
FRESH_BLACK = 0.016
"""Darkest tone of a print that has not faded, of 0..1."""
FRESH_WHITE = 0.984
"""Lightest tone of a print that has not faded, of 0..1."""


def density_range(images: list[np.ndarray]) -> tuple[float, float]:
    """Darkest and lightest tone of a negative: the median over some of its frames, (H, W) in 0..1 each."""
    low, high = np.median([np.quantile(image, RANGE_QUANTILES) for image in images], 0)
    return float(low), float(max(high, low + MIN_DENSITY_RANGE))


def invert_negative(grey: np.ndarray, low: float, high: float) -> np.ndarray:
    """The positive of a negative (H, W) with tones between `low` and `high`: float32 in 0..1."""
    return np.clip((high - grey) / (high - low), 0, 1).astype(np.float32)


def tonal_range(images: list[np.ndarray]) -> tuple[float, float]:
    """Darkest and lightest tone of a print: the extremes over some of its frames, (H, W) in 0..1 each."""
    ranges = np.array([np.quantile(image, RANGE_QUANTILES) for image in images])
    return float(ranges[:, 0].min()), float(ranges[:, 1].max())


def is_faded(low: float, high: float) -> bool:
    """Whether a print with this tonal range is faded; one with almost no contrast is fog or a title card."""
    return low > FADED_BLACK and high < FADED_WHITE and high - low > FADED_BLACK


def restore_contrast(grey: np.ndarray, low: float, high: float) -> np.ndarray:
    """Stretch a faded print (H, W) from `low`..`high` to the range of a fresh print: float32 in 0..1."""
    share = (grey - low) / max(high - low, MIN_DENSITY_RANGE)
    return np.clip(FRESH_BLACK + share * (FRESH_WHITE - FRESH_BLACK), 0, 1).astype(np.float32)


def measure_range(kind: str, images: list[np.ndarray]) -> tuple[float, float]:
    """Darkest and lightest tone of a film of this kind ("print", "faded" or "negative"); (0, 1) for a print."""
    measures = {"negative": density_range, "faded": tonal_range}
    return measures[kind](images) if kind in measures else (0.0, 1.0)


def restore_tones(grey: np.ndarray, kind: str, low: float, high: float) -> np.ndarray:
    """A frame (H, W) in 0..1 of a film of this kind as a positive with full contrast; a print is unchanged."""
    if kind == "print":
        return grey
    return {"negative": invert_negative, "faded": restore_contrast}[kind](grey, low, high)
