"""Removal of gate weave: the small shifts of a frame in the projector or camera gate."""

from __future__ import annotations

import cv2
import numpy as np

from .frame_change import local_trend_residual

TREND_SIGMA = 12.0
"""Standard deviation, in frames, of the window in which the trend of the position is fitted."""
MAX_WEAVE = 0.006
"""Share of the frame's height; a picture that shakes much more was filmed with a hand-held camera and is left."""
MIN_SHIFT = 0.05
"""Pixels; a smaller shift is not corrected, because resampling would only blur the frame."""


def weave_residual(shifts: np.ndarray, index: int, height: int) -> np.ndarray:
    """Displacement (x, y) of a frame from the local trend, in pixels of downscaled frames of this height.

    The residual is attenuated where the shake exceeds `MAX_WEAVE`.

    Args:
        shifts: (N, 2) cumulative shifts around the frame.
        index: position of the frame among them.
        height: height of the downscaled frames.
    """
    if len(shifts) < 3:
        return np.zeros(2)
    shake = np.sqrt((np.diff(shifts, 2, 0) ** 2).mean(0) / 6).max()
    return local_trend_residual(shifts, index, TREND_SIGMA) / (1 + (shake / (MAX_WEAVE * height)) ** 4)


def translate(grey: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Translate a frame (H, W) uint8 by (x, y) pixels; the edge is mirrored."""
    if np.abs(shift).max() < MIN_SHIFT:
        return grey
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    return cv2.warpAffine(grey, matrix, grey.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
