"""Warping by a flow (see `flow`), and the forward-backward and boundary tests of a flow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np


@lru_cache(8)
def pixel_grid(height: int, width: int) -> np.ndarray:
    """(h, w, 2) float32: the position (x, y) of every pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.dstack([x, y])


def warp_backward(image: np.ndarray, flow: np.ndarray, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
    """Backward warping: sample an image at the positions to which a flow points.

    Args:
        image: (H, W) or (H, W, C), the image that the flow points to; positions outside repeat its edge.
        flow: (h, w, 2) float32, pixels.
        interpolation: OpenCV's constant.

    Returns:
        (h, w) or (h, w, C), `image` aligned with the frame that the flow starts from; same dtype.
    """
    positions = pixel_grid(flow.shape[0], flow.shape[1]) + flow
    return cv2.remap(image, positions, None, interpolation, borderMode=cv2.BORDER_REPLICATE)  # pyright: ignore[reportCallIssue, reportArgumentType]


def resize_flow(flow: np.ndarray, size: Sequence[int], uniform: bool = False) -> np.ndarray:
    """A flow (h, w, 2) resized to (W, H), its displacements scaled to the new size: (H, W, 2) float32.

    Args:
        flow: (h, w, 2) float32, pixels.
        size: (W, H).
        uniform: scale both components by the ratio of the widths, rather than each by the ratio of its own axis.
    """
    height, width = flow.shape[:2]
    scale = size[0] / width, (size[0] / width if uniform else size[1] / height)
    return cv2.resize(flow, (size[0], size[1])) * np.array(scale, np.float32)


def forward_backward_error(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """Forward-backward error: squared distance of a pixel from its position after the forward and the backward flow.

    The distance is relative to the length of the motion, as in Sundaram et al. 2010 and Ruder et al. 2016:
    |w + w'|^2 / (0.01 (|w|^2 + |w'|^2) + 0.5). Above 1 the pixel is occluded in the other frame.

    Args:
        forward: (H, W, 2) float32, from this frame to the other one.
        backward: (H, W, 2) float32, from the other frame to this one.

    Returns:
        (H, W) float32.
    """
    returned = warp_backward(backward, forward)
    motion = squared_magnitude(forward) + squared_magnitude(returned)
    return squared_magnitude(forward + returned) / (0.01 * motion + 0.5)


def squared_magnitude(flow: np.ndarray) -> np.ndarray:
    """Squared length of each displacement of a flow (H, W, 2): (H, W) float32, pixels squared."""
    return np.einsum("hwc,hwc->hw", flow, flow)


def out_of_bounds(flow: np.ndarray) -> np.ndarray:
    """Where a flow (H, W, 2) points outside the image: (H, W) bool."""
    h, w = flow.shape[:2]
    x, y = np.moveaxis(pixel_grid(h, w) + flow, 2, 0)
    return (x < 0) | (y < 0) | (x > w - 1) | (y > h - 1)
