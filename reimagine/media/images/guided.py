"""Edge-preserving upsampling with the luma of the full-size image as guide."""

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

    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.blur(x, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT)

    mean_luma = mean(luma)
    variance = mean(luma * luma) - mean_luma * mean_luma + eps
    mean_value = mean(small)
    a = (mean(small * luma[..., None]) - mean_value * mean_luma[..., None]) / variance[..., None]
    b = mean_value - a * mean_luma[..., None]
    a, b = (cv2.resize(x, full_size, interpolation=cv2.INTER_LINEAR) for x in (a, b))
    return a * guide[..., None] + b


def detailed_upsample(small: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """`guided_upsample` of an image that has detail which the guide lacks.

    The detail that the guided filter removes is upsampled by bicubic interpolation and added.
    """
    guided = guided_upsample(small, guide)
    residual = small - cv2.resize(guided, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    return guided + cv2.resize(residual, guide.shape[::-1], interpolation=cv2.INTER_CUBIC)
