"""Alpha compositing of 8-bit pictures."""

from __future__ import annotations

import numpy as np


def blend(background: np.ndarray, foreground: np.ndarray, opacity: np.ndarray | np.uint8) -> np.ndarray:
    """Blend two pictures (H, W) uint8; `opacity` is (H, W) uint8 or one value, 255 for the foreground alone."""
    share = opacity.astype(np.float32) / 255
    return (background + share * (foreground.astype(np.float32) - background) + 0.5).astype(np.uint8)
