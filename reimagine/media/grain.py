"""Grain: how much a film has, and giving it to pictures that have less."""

from __future__ import annotations

import cv2
import numpy as np

KERNEL = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
BLOCK = 16
QUIET = 0.2
"""Of a picture's blocks, these are the even ones: what they have is grain, not detail."""


def estimate_grain(luma: np.ndarray) -> float:
    """Standard deviation of the noise in (H, W) uint8 luma: Immerkaer's estimator (1996), in even places."""
    response = np.abs(cv2.filter2D(luma.astype(np.float32), -1, KERNEL))[1:-1, 1:-1]
    size = max(1, response.shape[1] // BLOCK), max(1, response.shape[0] // BLOCK)
    means = cv2.resize(response, size, interpolation=cv2.INTER_AREA)
    return float(np.sqrt(np.pi / 2) / 6 * np.quantile(means, QUIET))


def add_grain(image: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """An RGB picture (H, W, 3) uint8 with grain of this deviation, the same on all channels, added to what it
    has."""
    rng = np.random.default_rng(seed)
    grain = rng.standard_normal(image.shape[:2], np.float32)[..., None] * sigma
    return np.clip(image + grain + 0.5, 0, 255).astype(np.uint8)
