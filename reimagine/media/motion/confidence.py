"""How reliable a flow is at every pixel."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from reimagine.media.motion.flow import optical_flow
from reimagine.media.motion.warp import forward_backward_error, out_of_bounds, warp_backward

ERROR_WEIGHT = 0.1
"""Weight of the forward-backward error in the exponent: an error of 1 (an occlusion) divides the confidence by 1.1."""
LUMA_TOLERANCE = 15.0
"""Change of luma (of 255) along the flow that divides the confidence by e."""


class FlowWithConfidence(NamedTuple):
    """A flow (h, w, 2) float32 in pixels and its confidence (h, w) float32, 0..1."""

    flow: np.ndarray
    confidence: np.ndarray


def bidirectional_flow(
    here: np.ndarray, there: np.ndarray, preset: str = "fast"
) -> tuple[FlowWithConfidence, FlowWithConfidence]:
    """Flows from `here` to `there` and from `there` to `here`, of two lumas (h, w) uint8."""
    forward, backward = optical_flow(here, there, preset), optical_flow(there, here, preset)
    return (
        FlowWithConfidence(forward, flow_confidence(forward, backward, here, there)),
        FlowWithConfidence(backward, flow_confidence(backward, forward, there, here)),
    )


def flow_confidence(forward: np.ndarray, backward: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Confidence of a flow, from its forward-backward error and the change of luma along it.

    Args:
        forward: (h, w, 2) float32, from `here` to `there`.
        backward: (h, w, 2) float32, from `there` to `here`.
        here: (h, w) uint8 luma.
        there: (h, w) uint8 luma.

    Returns:
        (h, w) float32, 0..1; 0 where the flow points outside the image.
    """
    change = cv2.blur(warp_backward(there, forward).astype(np.float32) - here, (5, 5)) / LUMA_TOLERANCE
    confidence = np.exp(-ERROR_WEIGHT * forward_backward_error(forward, backward) - change * change)
    confidence[out_of_bounds(forward)] = 0
    return confidence
