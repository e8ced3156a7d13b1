"""Filling of large blank holes, whose middle lies outside the receptive field of the network."""

from __future__ import annotations

import cv2
import numpy as np

TRANSITION = 2.0
"""Pixels from the edge of a hole over which the network's output is blended into the filled values."""
MIN_KNOWN_SHARE = 0.1
"""Smallest share of a picture that must be left for its holes to be filled."""
BLANK_LEVEL = 0.97
"""Grey above which (or, from black, below 1 - this) no picture content is left."""
MIN_LOST_SHARE = 0.4
"""Share of a blank region that the network must mark as lost for the whole region to be a hole."""


def blank_regions(lost: np.ndarray, degraded: np.ndarray) -> np.ndarray:
    """Find the holes of a picture: white or black regions that the network mostly marks as lost.

    Stains and scratches are no holes: the picture is still visible through them.

    Args:
        lost: (H, W) bool.
        degraded: (H, W) float32 in 0..1.

    Returns:
        (H, W) bool.
    """
    holes = np.zeros_like(lost)
    for blank in (degraded >= BLANK_LEVEL, degraded <= 1 - BLANK_LEVEL):
        count, labels = cv2.connectedComponents(blank.astype(np.uint8))
        regions = np.asarray(labels, np.intp)
        lost_sizes, sizes = (np.bincount(r.ravel(), minlength=count) for r in (regions[lost], regions))
        is_hole = lost_sizes > MIN_LOST_SHARE * sizes
        is_hole[0] = False
        holes |= is_hole[regions]
    return holes


def fill_blank_regions(image: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Fill the blank regions, (H, W) bool, of a picture (H, W) float32 smoothly from their surroundings."""
    edge = cv2.dilate(blank.astype(np.uint8), np.ones((3, 3), np.uint8))
    known = 1 - edge.astype(np.float32)
    if known.mean() < MIN_KNOWN_SHARE:
        return image
    weight = np.minimum(cv2.distanceTransform(blank.astype(np.uint8), cv2.DIST_L2, 3) / TRANSITION, 1)
    return image + weight * (push_pull_fill(image, known) - image)


def push_pull_fill(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Interpolate unknown values from known ones over an image pyramid (push-pull, Gortler et al. 1996).

    Args:
        values: (H, W) float32.
        known: (H, W) float32 in 0..1, the weights of the values.
    """
    if min(values.shape) <= 2:
        return np.full_like(values, (values * known).sum() / max(float(known.sum()), 1e-6))
    coverage = cv2.pyrDown(known)
    low, weight = cv2.pyrDown(values * known) / np.maximum(coverage, 1e-6), np.minimum(4 * coverage, 1)
    low += (1 - weight) * (push_pull_fill(low, weight) - low)
    return values + (1 - known) * (cv2.pyrUp(low, dstsize=values.shape[::-1]) - values)
