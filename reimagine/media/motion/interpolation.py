"""Frames between two frames of a film (interpolation) and after its last one (extrapolation)."""

from __future__ import annotations

import numpy as np

from reimagine.media.motion.flow import reduced_flow
from reimagine.media.motion.warp import forward_backward_error, warp_backward

FLOW_SHORT_SIDE = 270
"""Short side in pixels at which the flow is computed, at most: finer flow costs more time and looks the same."""
MIN_VISIBILITY = 0.01
"""Added to both visibilities, so that a pixel that is occluded in both images is a plain cross-fade."""


class FrameInterpolator:
    """Motion-compensated interpolation between two images.

    Both images are warped along the flow to the requested time and blended by time; where a pixel of one image is
    occluded in the other, only the image that shows it contributes.

    Args:
        first: (H, W, 3) uint8 RGB, the image at time 0.
        second: (H, W, 3) uint8 RGB, the image at time 1.
    """

    def __init__(self, first: np.ndarray, second: np.ndarray) -> None:
        self.first, self.second = first, second
        self.forward = reduced_flow(first, second, FLOW_SHORT_SIDE)
        self.backward = reduced_flow(second, first, FLOW_SHORT_SIDE)
        self.visibility = (
            np.exp(-forward_backward_error(self.backward, self.forward)),
            np.exp(-forward_backward_error(self.forward, self.backward)),
        )

    def at(self, time: float) -> np.ndarray:
        """The image at a time from 0 to 1: (H, W, 3) uint8 RGB."""
        if time in (0, 1):
            return self.second if time else self.first
        a, b = warp_backward(self.first, time * self.backward), warp_backward(self.second, (1 - time) * self.forward)
        weight_a, weight_b = (w * (v + MIN_VISIBILITY) for w, v in zip((1 - time, time), self.visibility, strict=True))
        share = (weight_a / (weight_a + weight_b))[..., None]
        return np.clip(share * a + (1 - share) * b + 0.5, 0, 255).astype(np.uint8)


class FrameExtrapolator:
    """Continuation of the motion between the last two images of a film.

    Args:
        before: (H, W, 3) uint8 RGB, the image before the last.
        last: (H, W, 3) uint8 RGB.
    """

    def __init__(self, before: np.ndarray, last: np.ndarray) -> None:
        self.last, self.backward = last, reduced_flow(last, before, FLOW_SHORT_SIDE)

    def at(self, steps: float) -> np.ndarray:
        """The image `steps` frames after the last: (H, W, 3) uint8 RGB. Useful for a few frames."""
        return warp_backward(self.last, steps * self.backward)
