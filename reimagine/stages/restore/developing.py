"""Making a positive of a negative."""
from __future__ import annotations

import numpy as np

ENDS = 0.002, 0.998
"""The quantiles of a negative that become white and black."""


def ends(greys: list[np.ndarray]) -> tuple[float, float]:
    """The densest and the lightest of a film, of some of its frames, (H, W) in 0..1: a light leak or a
    speck does not decide."""
    low, high = np.median([np.quantile(g, ENDS) for g in greys], 0)
    return float(low), float(max(high, low + 0.05))


def developed(grey: np.ndarray, low: float, high: float) -> np.ndarray:
    """The positive of a negative (H, W) whose densest and lightest are `low` and `high`: float32 in 0..1."""
    return np.clip((high - grey) / (high - low), 0, 1).astype(np.float32)
