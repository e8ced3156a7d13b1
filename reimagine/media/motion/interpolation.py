"""Pictures that a film does not have: between two of its frames, and just after the last."""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.media.motion.flow import forward_backward_error, optical_flow, warp_backward

FLOW_SHORT_SIDE = 270
"""Motion is followed at this height at most."""


def reduced_flow(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The flow (H, W, 2) from a picture to another, RGB (H, W, 3), as large as they are."""
    height, width = here.shape[:2]
    scale = min(1.0, FLOW_SHORT_SIDE / min(height, width))
    size = max(16, round(width * scale)), max(16, round(height * scale))
    greys = (cv2.cvtColor(cv2.resize(p, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY) for p in (here, there))
    found = optical_flow(*greys, "medium")
    return cv2.resize(found, (width, height)) * np.float32([width / size[0], height / size[1]])


class FrameInterpolator:
    """Motion-compensated interpolation of two pictures, RGB (H, W, 3) uint8: each is moved towards the other
    along the flow, and where one is hidden in the other, only the one that shows it counts."""

    def __init__(self, here: np.ndarray, there: np.ndarray) -> None:
        self.here, self.there = here, there
        self.out, self.back = reduced_flow(here, there), reduced_flow(there, here)
        self.seen = (
            np.exp(-forward_backward_error(self.back, self.out)),
            np.exp(-forward_backward_error(self.out, self.back)),
        )

    def at(self, time: float) -> np.ndarray:
        """The picture at a time from 0 (here) to 1 (there), (H, W, 3) uint8."""
        if time in (0, 1):
            return self.there if time else self.here
        pictures = warp_backward(self.here, time * self.back), warp_backward(self.there, (1 - time) * self.out)
        weights = [w * (s + 0.01) for w, s in zip((1 - time, time), self.seen, strict=True)]
        share = (weights[0] / (weights[0] + weights[1]))[..., None]
        return np.clip(share * pictures[0] + (1 - share) * pictures[1] + 0.5, 0, 255).astype(np.uint8)


class FrameExtrapolator:
    """What two last pictures of a film, RGB (H, W, 3) uint8, become if all goes on as it went."""

    def __init__(self, before: np.ndarray, last: np.ndarray) -> None:
        self.last, self.back = last, reduced_flow(last, before)

    def at(self, steps: float) -> np.ndarray:
        """So many steps after the last, (H, W, 3) uint8; good for a few."""
        return warp_backward(self.last, steps * self.back)
