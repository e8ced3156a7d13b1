"""Flow at times between two frames, from the bidirectional flow between them.

The motion of every pixel of both frames is splatted forward to the requested time, weighted by how well the flow fits,
as in softmax splatting (Niklaus & Liu 2020). Where nothing lands, the motion around is taken. The result maps every
pixel of the intermediate frame to both frames, so that neither is sampled with the motion of another place.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from reimagine.media.motion.flow import MIN_SIDE, optical_flow, resize_to_short_side
from reimagine.media.motion.warp import forward_backward_error, pixel_grid, warp_backward

SHORT_SIDE = 270
"""Short side in pixels at which the flow is computed, at most: finer flow costs more time and gains little."""
LUMA_TOLERANCE = 20.0
"""Change of luma (of 255) along the flow that divides the weight of a motion by e."""
ERROR_WEIGHT = 0.5
"""Weight of the forward-backward error in the exponent of the weight of a motion."""
LARGEST_EXPONENT = 10.0
"""Largest exponent: a motion without a better one at its place is still used."""
HOLE_FILLING = ((4.0, 1e-2), (16.0, 1e-4))
"""Standard deviations in pixels, and weights, of the Gaussians over which holes take the motion around them."""
MIN_VISIBILITY = 0.05
"""Added to both visibilities, so that a pixel that is occluded in both frames is a plain cross-fade."""


class IntermediateMotion(NamedTuple):
    """Motion through every pixel of a frame between two others, at the working size.

    Attributes:
        motion: (h, w, 2) float32, pixels: displacement from the first frame to the second.
        share: (h, w) float32 in 0..1, of the first frame in the intermediate one.
    """

    motion: np.ndarray
    share: np.ndarray


class IntermediateFlow:
    """Bidirectional flow between two frames.

    Args:
        first: (H, W) uint8 luma at time 0.
        second: (H, W) uint8 luma at time 1.
    """

    def __init__(self, first: np.ndarray, second: np.ndarray) -> None:
        a, b = (resize_to_short_side(x, SHORT_SIDE, minimum=MIN_SIDE) for x in (first, second))
        self.forward, self.backward = optical_flow(a, b, "fine"), optical_flow(b, a, "fine")
        errors = (
            forward_backward_error(self.forward, self.backward),
            forward_backward_error(self.backward, self.forward),
        )
        self.weights = _weight(self.forward, errors[0], a, b), _weight(self.backward, errors[1], b, a)
        self.visible = [np.exp(-np.maximum(error - 1, 0)) for error in errors]

    def at(self, time: float) -> IntermediateMotion:
        """The motion at a time between 0 and 1."""
        forward, backward = splat(self.forward, time, self.weights[0]), splat(self.backward, 1 - time, self.weights[1])
        sums = forward - backward
        sums[..., 2] = forward[..., 2] + backward[..., 2]
        for sigma, weight in HOLE_FILLING:
            sums = sums + np.float32(weight) * cv2.GaussianBlur(sums, (0, 0), sigma)
        motion = sums[..., :2] / (sums[..., 2:] + 1e-12)
        visible = [
            warp_backward(image, step * motion) + MIN_VISIBILITY
            for image, step in zip(self.visible, (-time, 1 - time), strict=True)
        ]
        first, second = (1 - time) * visible[0], time * visible[1]
        return IntermediateMotion(motion, first / (first + second))


def splat(flow: np.ndarray, time: float, weight: np.ndarray) -> np.ndarray:
    """Move the displacements of a flow along themselves, by a share `time` of their length, and add them up.

    Args:
        flow: (h, w, 2) float32, pixels.
        time: 0 to 1.
        weight: (h, w) float32, of each pixel.

    Returns:
        (h, w, 3) float32: weighted sum of the displacements that land at a pixel, and the sum of their weights.
    """
    h, w = weight.shape
    position = pixel_grid(h, w) + np.float32(time) * flow
    corner = np.floor(position).astype(np.int32)
    x, y = np.moveaxis(position - corner, 2, 0)
    values = np.dstack([flow * weight[..., None], weight])
    result = np.zeros((h * w, 3))
    for dx, dy, share in ((0, 0, (1 - x) * (1 - y)), (1, 0, x * (1 - y)), (0, 1, (1 - x) * y), (1, 1, x * y)):
        column, row = corner[..., 0] + dx, corner[..., 1] + dy
        inside = (column >= 0) & (row >= 0) & (column < w) & (row < h)
        place, landed = (row * w + column)[inside], (values * share[..., None])[inside]
        for channel in range(3):
            result[:, channel] += np.bincount(place, landed[:, channel], h * w)
    return result.reshape(h, w, 3).astype(np.float32)


def _weight(flow: np.ndarray, error: np.ndarray, image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How well a flow from `image` to `other` fits, from its forward-backward error and the change of luma along it."""
    change = cv2.blur(np.abs(warp_backward(other, flow).astype(np.float32) - image), (3, 3)) / LUMA_TOLERANCE
    return np.exp(-np.minimum(change + ERROR_WEIGHT * error, LARGEST_EXPONENT))
