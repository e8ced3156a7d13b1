"""Edge-preserving filters with an image's luma as guide."""

from __future__ import annotations

import cv2
import numpy as np

WINDOW = 5
"""Side, in pixels at the small size, of the window in which values are a linear function of luma."""


def guided_upsample(small: np.ndarray, guide: np.ndarray, eps: float = 4e-3) -> np.ndarray:
    """Upsample values with the edges of a guide, by the fast guided filter (He & Sun 2015).

    The coefficients of a local linear model, value = a luma + b, are computed at the small size and upsampled. Where
    the values are flat the result is flat, even if the luma is not.

    Args:
        small: (h, w, C) float32.
        guide: (H, W) float32 luma in 0..1.
        eps: regularization, in squared units of luma; a larger value gives a smoother result.

    Returns:
        (H, W, C) float32.
    """
    size, full_size = small.shape[1::-1], guide.shape[::-1]
    luma = cv2.resize(guide, size, interpolation=cv2.INTER_AREA)
    a, b = (cv2.resize(x, full_size, interpolation=cv2.INTER_LINEAR) for x in _linear_model(small, luma, WINDOW, eps))
    return a * guide[..., None] + b


def guided_filter(
    values: np.ndarray, guide: np.ndarray, radius: int, eps: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """Smooth values and preserve the edges of a guide (He, Sun & Tang 2013).

    Args:
        values: (H, W, C) float32.
        guide: (H, W) float32 luma in 0..1.
        radius: of the window, in pixels.
        eps: regularization, in squared units of luma; a larger value gives a smoother result.
        weights: (H, W) float32 above 0, of the pixels in the local linear models.

    Returns:
        (H, W, C) float32.
    """
    window = 2 * radius + 1
    a, b = (_window_mean(x, window) for x in _linear_model(values, guide, window, eps, weights))
    return a * guide[..., None] + b


def _linear_model(
    values: np.ndarray, luma: np.ndarray, window: int, eps: float, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return a and b of value = a luma + b in a window of `window` pixels around each pixel, (h, w, C) each."""
    weight = np.ones_like(luma) if weights is None else weights
    total = _window_mean(weight, window)

    def mean(x: np.ndarray) -> np.ndarray:
        extra = (None,) * (x.ndim - 2)
        return _window_mean(x * weight[..., *extra], window) / total[..., *extra]

    mean_luma, mean_value = mean(luma), mean(values)
    variance = mean(luma * luma) - mean_luma * mean_luma + eps
    a = (mean(values * luma[..., None]) - mean_value * mean_luma[..., None]) / variance[..., None]
    return a, mean_value - a * mean_luma[..., None]


def _window_mean(x: np.ndarray, window: int) -> np.ndarray:
    return cv2.blur(x, (window, window), borderType=cv2.BORDER_REFLECT)


def detailed_upsample(small: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """`guided_upsample` of an image that has detail which the guide lacks.

    The detail that the guided filter removes is upsampled by bicubic interpolation and added.
    """
    guided = guided_upsample(small, guide)
    residual = small - cv2.resize(guided, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    return guided + cv2.resize(residual, guide.shape[::-1], interpolation=cv2.INTER_CUBIC)
