"""Detection and removal of dirt: marks that are in one frame only."""

from __future__ import annotations

import cv2
import numpy as np

from .blending import blend

MIN_EXCESS = 6.0
"""Grey levels by which dirt must lie outside the range of both neighbours, in a film without grain."""
EXCESS_PER_NOISE = 2.0
"""Grey levels added to the thresholds per unit of the grain's standard deviation."""
NEAR_WINDOW = 5
"""Side in pixels of the window whose range is compared; it tolerates small errors of the flow."""
FAR_WINDOW = 11
"""Side in pixels of the window where the neighbours disagree: fast motion that the flow missed is still inside."""
MIN_FAR_EXCESS = 12.0
"""Grey levels by which dirt must lie outside the range of both neighbours in the far window."""
DISAGREEMENT = 20
"""Grey levels (plus three times the noise) by which the neighbours differ where the flow failed."""
DISAGREEMENT_WINDOW = 31
"""Side in pixels of the window in which the share of disagreeing pixels is measured."""
MAX_DISAGREEING_SHARE = 0.08
"""Share of disagreeing pixels in that window above which the near window is not used."""
DIFFERENCE_WINDOW = 15
"""Side in pixels of the window in which the mean difference of the neighbours is measured."""
NEAR_RATIO = 2.0
"""How many times the neighbours' mean difference the near excess must be."""
FAR_RATIO = 1.5
"""How many times the neighbours' mean difference the far excess must be."""
MIN_BORDER_DIFFERENCE = 10
"""Grey levels by which a pixel next to dirt must differ from its neighbours' mean to belong to the dirt."""
MAX_DIRT_SHARE = 0.02
"""Share of a frame; a larger detection is something else, such as a flash, and is discarded."""
MIN_DIRT_AREA = 6
"""Pixels; smaller detections are discarded as grain."""


def detect_dirt(current: np.ndarray, previous: np.ndarray, following: np.ndarray, noise: float) -> np.ndarray:
    """Find dirt by rank order (Nadenau & Mitra 1997): pixels lighter or darker than both neighbouring frames near them.

    Where the neighbours disagree with each other, a larger window and a higher threshold are used.

    Args:
        current: (H, W) uint8.
        previous: (H, W) uint8, warped to the current frame.
        following: (H, W) uint8, warped to the current frame.
        noise: standard deviation of the grain, in grey levels.

    Returns:
        (H, W) uint8, 0 or 255.
    """
    smooth, noise_margin = cv2.GaussianBlur(current, (0, 0), 0.7), EXCESS_PER_NOISE * noise
    near, far = (excess_over_neighbours(smooth, previous, following, side) for side in (NEAR_WINDOW, FAR_WINDOW))
    difference = cv2.absdiff(previous, following)
    disagreeing = (difference > DISAGREEMENT + 3 * noise).astype(np.float32)
    disagreeing_share = cv2.blur(disagreeing, (DISAGREEMENT_WINDOW, DISAGREEMENT_WINDOW))
    mean_difference = cv2.blur(difference, (DIFFERENCE_WINDOW, DIFFERENCE_WINDOW)).astype(np.float32)
    core = (near > MIN_EXCESS + noise_margin) & (NEAR_RATIO * mean_difference < near + MIN_EXCESS)
    core &= disagreeing_share < MAX_DISAGREEING_SHARE
    core |= (far > MIN_FAR_EXCESS + noise_margin) & (FAR_RATIO * mean_difference < far)
    if not core.any() or core.mean() > MAX_DIRT_SHARE:
        return np.zeros(current.shape, np.uint8)
    deviation = cv2.absdiff(smooth, cv2.addWeighted(previous, 0.5, following, 0.5, 0))
    border = cv2.dilate(core.astype(np.uint8), np.ones((NEAR_WINDOW, NEAR_WINDOW), np.uint8)).astype(bool)
    border &= (deviation > MIN_BORDER_DIFFERENCE) & (cv2.blur(difference, (5, 5)) < deviation)
    return remove_small_components((core | border).astype(np.uint8)) * np.uint8(255)


def excess_over_neighbours(current: np.ndarray, previous: np.ndarray, following: np.ndarray, side: int) -> np.ndarray:
    """Distance of each pixel from the range of two frames in a square window: (H, W) uint8, 0 inside the range."""
    window = np.ones((side, side), np.uint8)
    highest = cv2.max(cv2.dilate(previous, window), cv2.dilate(following, window))
    lowest = cv2.min(cv2.erode(previous, window), cv2.erode(following, window))
    return cv2.max(cv2.subtract(current, highest), cv2.subtract(lowest, current))


def remove_small_components(mask: np.ndarray) -> np.ndarray:
    """A mask (H, W) uint8, 0 or 1, without connected components of less than `MIN_DIRT_AREA` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    large = np.asarray(stats)[:, cv2.CC_STAT_AREA] >= MIN_DIRT_AREA
    return mask * large[np.asarray(labels, np.intp)].astype(np.uint8)


def remove_dirt(current: np.ndarray, dirt: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Replace dirt, (H, W) uint8 0 or 255, by the mean of the warped neighbours: (H, W) uint8, with soft edges."""
    opacity = cv2.GaussianBlur(cv2.dilate(dirt, np.ones((3, 3), np.uint8)), (0, 0), 0.7)
    return blend(current, neighbours, opacity)
