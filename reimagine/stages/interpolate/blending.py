"""A frame between two frames, from the flows to both and the share of each."""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.media.motion import resize_flow, warp_backward
from reimagine.media.video.frames import Frame


def blended(frame: Frame, following: Frame, flows: tuple[np.ndarray, np.ndarray], share: np.ndarray) -> Frame:
    """Both frames warped to the time between them, and blended, at the depth of the picture.

    Args:
        frame: the frame at time 0.
        following: the frame at time 1.
        flows: from the intermediate frame to each of them, (h, w, 2) float32 in pixels of that size.
        share: (h, w) float32 in 0..1, of `frame`.
    """
    pairs = zip(frame.planes, following.planes, strict=True)
    return frame.with_samples([_blended_plane(first, second, flows, share) for first, second in pairs])


def _blended_plane(
    first: np.ndarray, second: np.ndarray, flows: tuple[np.ndarray, np.ndarray], share: np.ndarray
) -> np.ndarray:
    """A plane between two planes (H, W) uint8 or uint16: the same shape and dtype."""
    size = first.shape[::-1]
    to_first, to_second = (resize_flow(flow, size) for flow in flows)
    weight = cv2.resize(share, size)
    a = warp_backward(first, to_first, cv2.INTER_CUBIC).astype(np.float32)
    b = warp_backward(second, to_second, cv2.INTER_CUBIC)
    largest = max(int(first.max(initial=0)), int(second.max(initial=0)))  # cubic interpolation overshoots
    return np.clip(weight * a + (1 - weight) * b + 0.5, 0, largest).astype(first.dtype)
