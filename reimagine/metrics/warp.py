"""The temporal warping error: flicker of a film, without its motion.

Lai et al. 2018 (section 4.2): each frame is compared with the next one, warped back along the optical flow of the
*source*, where both frames show the same content (Ruder et al. 2016, section 4). Blur and loss of colour lower the
error too, and the source has an error of its own, so it has to be read together with colourfulness, sharpness and the
source's error.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from reimagine.media.motion import forward_backward_error, optical_flow, squared_magnitude, warp_backward
from reimagine.metrics import Distance
from reimagine.metrics.colour import colourfulness

OCCLUDED = 1.0
"""Forward-backward error above which a pixel is occluded in the other frame (Ruder et al. 2016, section 4)."""
BOUNDARY_SLOPE = 0.01
"""First constant of the test for motion boundaries, |grad u|^2 + |grad v|^2 > 0.01 |w|^2 + 0.002 (same section)."""
BOUNDARY_OFFSET = 0.002
"""Second constant of that test, in pixels squared."""


class MaskedFlow(NamedTuple):
    """Flow from a frame to the next one.

    Attributes:
        flow: (H, W, 2) float32, in pixels.
        mask: (H, W) bool, where the flow is valid: neither occluded nor at a motion boundary.
    """

    flow: np.ndarray
    mask: np.ndarray


def masked_flow(current: np.ndarray, following: np.ndarray, lai_compat: bool = False) -> MaskedFlow:
    """Return the flow between two source frames, with its mask.

    Args:
        current, following: RGB (H, W, 3) uint8.
        lai_compat: reproduce an error of the published code, which uses the first component of the flow twice at motion
            boundaries.
    """
    a, b = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (current, following))
    forward, backward = optical_flow(a, b, "medium"), optical_flow(b, a, "medium")
    occluded = forward_backward_error(forward, backward) > OCCLUDED
    return MaskedFlow(forward, ~(occluded | _motion_boundaries(forward, lai_compat)))


def _motion_boundaries(flow: np.ndarray, lai_compat: bool) -> np.ndarray:
    """Return where a flow changes abruptly, by one-sided differences: (H, W) bool."""
    gradients = np.zeros_like(flow)
    gradients[:, :-1] += np.diff(flow, axis=1) ** 2
    gradients[:-1] += np.diff(flow, axis=0) ** 2
    total = 2 * gradients[..., 0] if lai_compat else gradients.sum(2)
    return total > BOUNDARY_SLOPE * squared_magnitude(flow) + BOUNDARY_OFFSET


def warp_error(current: np.ndarray, following: np.ndarray, flow: MaskedFlow, lai_compat: bool = False) -> float:
    """Return the mean squared difference of a frame and the next one, warped to it, over valid pixels and channels.

    Args:
        current, following: RGB (H, W, 3), values 0..255; the error is that of values 0..1.
        flow: from `current` to `following`.
        lai_compat: compress both as JPEG first, as in the published evaluation.
    """
    if lai_compat:
        current, following = _jpeg(current), _jpeg(following)
    warped = warp_backward(following.astype(np.float32), flow.flow)
    squares = np.square((warped - current) / 255).mean(2)
    return float(squares[flow.mask].mean()) if flow.mask.any() else 0.0


def _jpeg(image: np.ndarray) -> np.ndarray:
    """Return an image after JPEG compression."""
    decoded = cv2.imdecode(cv2.imencode(".jpg", image)[1], cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


def sharpness(image: np.ndarray) -> float:
    """Return the variance of the Laplacian of the luma of RGB (H, W, 3) uint8. Blur lowers it, noise raises it."""
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def gradient_energy(image: np.ndarray) -> float:
    """Return the mean squared gradient of the luma of RGB (H, W, 3) uint8. Blur lowers it, noise affects it little."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.square(np.diff(grey, axis=0)).mean() + np.square(np.diff(grey, axis=1)).mean())


class TemporalConsistency:
    """Warping error, colourfulness and sharpness of one film in several states, such as before and after a step.

    Args:
        distance: perceptual distance of two images, such as `PerceptualDistance`.
        every: colourfulness, sharpness and distance are measured for one of `every` pairs.
        lai_compat: see `masked_flow` and `warp_error`.
    """

    def __init__(
        self,
        distance: Distance | None = None,
        every: int = 1,
        lai_compat: bool = False,
    ) -> None:
        self.distance, self.every, self.lai_compat = distance, every, lai_compat
        self.errors: dict[str, list[float]] = {}
        self.appearance: dict[str, list[tuple[float, ...]]] = {}
        self.pairs = 0

    def add(self, current: dict[str, np.ndarray], following: dict[str, np.ndarray]) -> None:
        """Add a pair of consecutive frames.

        Args:
            current: RGB (H, W, 3) uint8 by state. "source" is required; the distance is measured to "before".
            following: the next frame in the same states.
        """
        flow = masked_flow(current["source"], following["source"], self.lai_compat)
        for state, image in current.items():
            error = warp_error(image, following[state], flow, self.lai_compat)
            self.errors.setdefault(state, []).append(error)
            if self.pairs % self.every == 0:
                distance = float("nan")
                if self.distance and "before" in current and state != "source":
                    distance = self.distance(current["before"], image)
                self.appearance.setdefault(state, []).append((colourfulness(image), sharpness(image), distance))
        self.pairs += 1

    def numbers(self) -> dict[str, dict[str, float]]:
        """Return means over the pairs, by state.

        Returns:
            "warp_error"; "excess", the error minus the source's; "colourfulness"; "sharpness"; and "distance" to the
            state "before", if it was measured.
        """
        source_error = float(np.mean(self.errors["source"]))
        rows = {}
        for state, errors in self.errors.items():
            colour, sharp, distance = np.mean(self.appearance[state], 0)
            error = float(np.mean(errors))
            rows[state] = {
                "warp_error": error,
                "excess": error - source_error,
                "colourfulness": float(colour),
                "sharpness": float(sharp),
            }
            if not np.isnan(distance):
                rows[state]["distance"] = float(distance)
        return rows
