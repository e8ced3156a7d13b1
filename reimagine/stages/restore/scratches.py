"""Detection and removal of scratches: thin vertical lines over most of a frame's height."""

from __future__ import annotations

import cv2
import numpy as np

MIN_CONTRAST = 5.0
"""Grey levels (plus half the noise) by which a scratch differs from both sides."""
MAX_WIDTH = 4
"""Pixels, at a height of 480 lines: the distance to the sides with which a column is compared."""
MIN_HEIGHT_SHARE = 0.6
"""Share of the frame's height over which a line must be detected."""
BORDER_SHARE = 0.02
"""Share of the frame's width at each side in which no scratch is detected: frame lines and splices lie there."""
STATIC_SHARE = 0.85
"""Share of the frames; a line at the same position of the scene in more of them is an object, such as a post."""
MIN_FRAMES = 4
"""Fewest frames by which scratches and objects can be distinguished."""
POSITION_TOLERANCE = 3
"""Pixels within which two lines are at the same position of the scene."""
BANDS = 24
"""Number of horizontal bands into which the height is divided for detection."""
PROFILE_HEIGHT = 31
"""Lines over which the contrast of a scratch is averaged for removal."""


def ridge_strength(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Contrast of each pixel to both sides, for light and for dark lines: two (H, W) float32, positive on lines."""
    smooth = cv2.blur(image, (1, 9)).astype(np.float32)
    left, right = side_means(smooth)
    return smooth - np.maximum(left, right), np.minimum(left, right) - smooth


def side_means(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grey to the left and to the right of each pixel, beyond the widest scratch: (H, W) float32 each."""
    distance = max(MAX_WIDTH, round(MAX_WIDTH * image.shape[0] / 480))
    mean = cv2.blur(image.astype(np.float32), (3, 1))
    return np.roll(mean, distance, 1), np.roll(mean, -distance, 1)


def detect_line_columns(image: np.ndarray, noise: float) -> np.ndarray:
    """Find the columns of a frame (H, W) uint8 with a thin line over most of the height: (W,) bool."""
    columns = np.zeros(image.shape[1], bool)
    for ridge in ridge_strength(image):
        dilated = cv2.dilate(ridge, np.ones((1, 3), np.uint8))  # lines are not quite vertical
        bands = cv2.resize(dilated, (image.shape[1], BANDS), interpolation=cv2.INTER_AREA)
        columns |= (bands > MIN_CONTRAST + noise / 2).mean(0) > MIN_HEIGHT_SHARE
    border = max(MAX_WIDTH, round(BORDER_SHARE * len(columns)))
    columns[:border] = columns[-border:] = False
    return columns


def discard_static_lines(columns: list[np.ndarray], shifts: np.ndarray, index: int) -> np.ndarray:
    """The line columns of one frame without those that belong to the scene: (W,) bool.

    Args:
        columns: `detect_line_columns` of each frame in the window, (W,) bool.
        shifts: horizontal position of the scene in each frame, in pixels.
        index: the frame's position in the window.
    """
    current = columns[index]
    if not current.any() or len(columns) < MIN_FRAMES:
        return np.zeros_like(current)
    tolerance = np.ones(2 * POSITION_TOLERANCE + 1)
    occurrences = np.zeros(len(current))
    for other, shift in zip(columns, np.rint(shifts - shifts[index]).astype(int), strict=True):
        if other.any():
            occurrences += np.roll(np.convolve(other, tolerance, "same") > 0, -shift)
    return current & (occurrences < STATIC_SHARE * len(columns))


def scratch_mask(image: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Mask the scratches of a frame (H, W) uint8 in these columns (W,) bool: (H, W) uint8, 0 or 255."""
    if not columns.any():
        return np.zeros(image.shape, np.uint8)
    near = np.asarray(cv2.dilate(columns.astype(np.uint8)[None], np.ones((1, 5), np.uint8)), np.uint8)
    mask = (np.maximum(*ridge_strength(image)) > MIN_CONTRAST / 2).astype(np.uint8) & near
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((25, 1), np.uint8))
    return cv2.dilate(mask, np.ones((3, 3), np.uint8)) * np.uint8(255)


def remove_scratches(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Subtract the mean contrast of each scratch along its length: (H, W) uint8. Detail under it is preserved."""
    inside = (mask > 0).astype(np.float32)
    left, right = side_means(image)
    contrast = (image - (left + right) / 2) * inside
    size = (1, PROFILE_HEIGHT)
    profile = cv2.blur(contrast, size) / (cv2.blur(inside, size) + 1e-3)
    return np.clip(image - profile * inside + 0.5, 0, 255).astype(np.uint8)
