"""Film grain: estimating its strength, and adding it to images that have less."""

from __future__ import annotations

import cv2
import numpy as np

LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Immerkaer's mask, the difference of two Laplacians: it responds to noise and hardly to image structure."""
BLOCK = 16
"""Side, in pixels, of the blocks in which the noise is measured."""
FLAT_QUANTILE = 0.2
"""Quantile of the blocks' noise that is taken as grain: the blocks below it are flat and contain no detail."""


def estimate_grain(luma: np.ndarray) -> float:
    """Standard deviation of the noise of an image (Immerkaer 1996), measured in its flat regions.

    Args:
        luma: (H, W) uint8.

    Returns:
        Grey levels, of 255.
    """
    response = np.abs(cv2.filter2D(luma.astype(np.float32), -1, LAPLACIAN))[1:-1, 1:-1]
    size = max(1, response.shape[1] // BLOCK), max(1, response.shape[0] // BLOCK)
    means = cv2.resize(response, size, interpolation=cv2.INTER_AREA)
    return float(np.sqrt(np.pi / 2) / 6 * np.quantile(means, FLAT_QUANTILE))


def add_grain(image: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """An image with Gaussian noise added, the same in all channels.

    Args:
        image: (H, W, 3) uint8 RGB.
        sigma: standard deviation of the noise, grey levels.
        seed: the same seed gives the same noise.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    rng = np.random.default_rng(seed)
    grain = rng.standard_normal(image.shape[:2], np.float32)[..., None] * sigma
    return np.clip(image + grain + 0.5, 0, 255).astype(np.uint8)
