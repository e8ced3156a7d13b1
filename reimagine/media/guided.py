"""Enlarging what was made small, with the edges of the picture it was made for."""

from __future__ import annotations

import cv2
import numpy as np


def guided_upsample(small: np.ndarray, guide: np.ndarray, eps: float = 4e-3) -> np.ndarray:
    """Fast guided filter (He & Sun 2015): values (h, w, C) float32 to the guide's (H, W), edges from the
    guide, luma in 0..1.

    In a small window a value is taken to be linear in luma; the two coefficients are found at the
    small size and only they are enlarged. Where values are flat though the luma is not, they stay flat.
    """
    size, full = small.shape[1::-1], guide.shape[::-1]
    tone = cv2.resize(guide, size, interpolation=cv2.INTER_AREA)

    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.blur(x, (5, 5), borderType=cv2.BORDER_REFLECT)

    m = mean(tone)
    spread = mean(tone * tone) - m * m + eps
    value = mean(small)
    slope = (mean(small * tone[..., None]) - value * m[..., None]) / spread[..., None]
    rest = value - slope * m[..., None]
    slope, rest = (cv2.resize(x, full, interpolation=cv2.INTER_LINEAR) for x in (slope, rest))
    return slope * guide[..., None] + rest


def detailed_upsample(small: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """The same for a picture with lines of its own, which the guide may not know: what the guided one lost
    is enlarged plainly and added."""
    guided = guided_upsample(small, guide)
    lost = small - cv2.resize(guided, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    return guided + cv2.resize(lost, guide.shape[::-1], interpolation=cv2.INTER_CUBIC)
