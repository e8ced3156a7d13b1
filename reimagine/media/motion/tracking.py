"""Points that are followed through the frames of a shot along optical flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from reimagine.media.motion.flow import optical_flow
from reimagine.media.motion.warp import forward_backward_error

LARGEST_STEP_CHANGE = 20.0
"""Change of luma (of 255) from one frame to the next above which a point is lost."""
LARGEST_CHANGE = 0.25
"""Change of luma since the first frame above which a point is lost, because it drifted to something else: a share of
its luma plus `LUMA_OFFSET`."""
LUMA_OFFSET = 32.0
"""Grey levels added to luma, so that a small change in black is no large share."""
RIGID_TOLERANCE = 6.0
"""Distance in pixels from the similarity transform that most points of a group follow, within which a point is seen; a
point beyond it was left behind on what the group moved in front of."""
MIN_GROUP = 4
"""Points that a group needs for a transform to be fitted."""


class TrackedPoints(NamedTuple):
    """Points in one frame.

    Attributes:
        positions: (P, 2) float32, x and y in pixels.
        present: (P,) bool, whether the point is seen.
    """

    positions: np.ndarray
    present: np.ndarray


def track_points(lumas: Iterable[np.ndarray], start: np.ndarray, groups: np.ndarray) -> Iterator[TrackedPoints]:
    """Follow points of the first of these frames through the others; yield them for every frame after the first.

    A point is lost for good where the flow fails the forward-backward test, leaves the image, or changes its luma too
    much. It is not seen in frames in which it does not move with its group.

    Args:
        lumas: (h, w) uint8 each, consecutive frames of one shot, in either direction of time.
        start: (P, 2) float32, x and y in pixels.
        groups: (P,) int, number of the group of each point: points that lie on one object.
    """
    positions, present, first = start, np.ones(len(start), bool), None
    for image, other in pairwise(lumas):
        smooth, smooth_other = cv2.blur(image, (3, 3)), cv2.blur(other, (3, 3))
        before = sampled(smooth, positions)
        first = before if first is None else first
        forward, backward = optical_flow(image, other), optical_flow(other, image)
        error = sampled(forward_backward_error(forward, backward), positions)
        positions = positions + sampled(forward, positions)
        after = sampled(smooth_other, positions)
        inside = ((positions >= 0) & (positions <= (image.shape[1] - 1, image.shape[0] - 1))).all(1)
        same = np.abs(after - first) < LARGEST_CHANGE * (first + LUMA_OFFSET)
        steady = same & (np.abs(after - before) < LARGEST_STEP_CHANGE)
        present = present & inside & steady & (error < 1)
        yield TrackedPoints(positions, present & moves_with_group(start, positions, present, groups))


def moves_with_group(start: np.ndarray, positions: np.ndarray, present: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Whether each point follows the similarity transform that most points of its group follow: (P,) bool.

    Args:
        start: (P, 2) float32, where the points were first.
        positions: (P, 2) float32, where they are now.
        present: (P,) bool, the points that are not lost.
        groups: (P,) int.
    """
    result = np.ones(len(start), bool)
    for group in np.unique(groups[present]):
        members = np.flatnonzero(present & (groups == group))
        if len(members) >= MIN_GROUP:
            moved = start[members], positions[members].astype(np.float32)
            _, inliers = cv2.estimateAffinePartial2D(*moved, ransacReprojThreshold=RIGID_TOLERANCE)
            result[members] = inliers[:, 0] > 0 if inliers is not None else False
    return result


def sampled(image: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Values of an image (h, w) or (h, w, C) at positions (P, 2), by linear interpolation: (P,) or (P, C) float32."""
    if not len(positions):
        return np.zeros((0, *image.shape[2:]), np.float32)
    grid = positions.astype(np.float32).reshape(1, -1, 2)
    return cv2.remap(image.astype(np.float32), grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]  # pyright: ignore[reportCallIssue, reportArgumentType]
