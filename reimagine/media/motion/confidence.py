"""Flow confidence: the reliability of a flow at every pixel."""

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
    image: np.ndarray, other: np.ndarray, preset: str = "fast"
) -> tuple[FlowWithConfidence, FlowWithConfidence]:
    """Bidirectional flow between two lumas (h, w) uint8: from `image` to `other`, and from `other` to `image`."""
    forward, backward = optical_flow(image, other, preset), optical_flow(other, image, preset)
    return (
        FlowWithConfidence(forward, flow_confidence(forward, backward, image, other)),
        FlowWithConfidence(backward, flow_confidence(backward, forward, other, image)),
    )


def flow_confidence(forward: np.ndarray, backward: np.ndarray, image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Confidence of a flow, from its forward-backward error and the change of luma along it.

    Args:
        forward: (h, w, 2) float32, from `image` to `other`.
        backward: (h, w, 2) float32, from `other` to `image`.
        image: (h, w) uint8 luma.
        other: (h, w) uint8 luma.

    Returns:
        (h, w) float32, 0..1; 0 where the flow points outside the image.
    """
    change = cv2.blur(warp_backward(other, forward).astype(np.float32) - image, (5, 5)) / LUMA_TOLERANCE
    confidence = np.exp(-ERROR_WEIGHT * forward_backward_error(forward, backward) - change * change)
    confidence[out_of_bounds(forward)] = 0
    return confidence
