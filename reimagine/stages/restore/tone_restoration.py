"""Making a positive of a negative, and a print fresh again that has faded."""

from __future__ import annotations

import numpy as np

ENDS = 0.002, 0.998
"""The quantiles of a frame that are its darkest and its lightest: a light leak or a speck does not decide."""
FADED = 0.12, 0.8
"""A print without a black below and without a white above these has faded; of good photographs, four of a
thousand are as dull."""
FRESH = 0.016, 0.984
"""What a fresh print's darkest and lightest are."""


def ends(greys: list[np.ndarray]) -> tuple[float, float]:
    """The densest and the lightest of a film, of some of its frames, (H, W) in 0..1."""
    low, high = np.median([np.quantile(g, ENDS) for g in greys], 0)
    return float(low), float(max(high, low + 0.05))


def developed(grey: np.ndarray, low: float, high: float) -> np.ndarray:
    """The positive of a negative (H, W) whose densest and lightest are `low` and `high`: float32 in 0..1."""
    return np.clip((high - grey) / (high - low), 0, 1).astype(np.float32)


def span(greys: list[np.ndarray]) -> tuple[float, float]:
    """The darkest and the lightest that any of some frames, (H, W) in 0..1, has."""
    both = np.array([np.quantile(g, ENDS) for g in greys])
    return float(both[:, 0].min()), float(both[:, 1].max())


def has_faded(low: float, high: float) -> bool:
    """Whether a print of this span has; one with next to no contrast is a fog, or a card."""
    return low > FADED[0] and high < FADED[1] and high - low > FADED[0]


def refreshed(grey: np.ndarray, low: float, high: float) -> np.ndarray:
    """A faded print (H, W) that spans `low` to `high`, with black and white again: float32 in 0..1."""
    share = (grey - low) / max(high - low, 0.05)
    return np.clip(FRESH[0] + share * (FRESH[1] - FRESH[0]), 0, 1).astype(np.float32)


def tones(kind: str, greys: list[np.ndarray]) -> tuple[float, float]:
    """The darkest and the lightest of a film of this kind, between which it is developed or refreshed."""
    measures = {"negative": ends, "faded": span}
    return measures[kind](greys) if kind in measures else (0.0, 1.0)


def positive(grey: np.ndarray, kind: str, between: tuple[float, float]) -> np.ndarray:
    """A frame (H, W) in 0..1 of a film of this kind as a print that has not faded."""
    return {"negative": developed, "faded": refreshed}[kind](grey, *between) if kind != "print" else grey
