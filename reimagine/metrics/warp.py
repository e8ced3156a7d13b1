"""The temporal warping error: how much a film flickers, apart from what moves.

Lai et al. 2018 (section 4.2): each frame is compared with the next one brought back along the
optical flow of the *source*, where both show the same thing (Ruder et al. 2016, section 4).
Alone it can be won by blur or by fading to grey, and it cannot fall below the source's own:
read it beside colourfulness, sharpness and the source's error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from reimagine.media.motion.flow import forward_backward_error, optical_flow, squared_magnitude, warp_backward
from reimagine.metrics.colour import colourfulness

WARP_COUNTS = "pairs compared", "warping error before, summed", "warping error after, summed"
"""What a stage that steadies its own pictures counts."""


class MaskedFlow(NamedTuple):
    """Flow (H, W, 2) from a frame to the next one, and where it can be believed (H, W) bool."""

    flow: np.ndarray
    mask: np.ndarray


def masked_flow(here: np.ndarray, there: np.ndarray, lai_compat: bool = False) -> MaskedFlow:
    """Of two source pictures, RGB (H, W, 3) uint8. `lai_compat`: with the published code's slip
    of taking the first component of the flow twice at motion boundaries."""
    a, b = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (here, there))
    out, back = optical_flow(a, b, "medium"), optical_flow(b, a, "medium")
    hidden = forward_backward_error(out, back) > 1
    return MaskedFlow(out, ~(hidden | _boundaries(out, lai_compat)))


def _boundaries(out: np.ndarray, lai_compat: bool) -> np.ndarray:
    """|grad u|^2 + |grad v|^2 > 0.01 |w|^2 + 0.002, one-sided differences."""
    steep = np.zeros_like(out)
    steep[:, :-1] += np.diff(out, axis=1) ** 2
    steep[:-1] += np.diff(out, axis=0) ** 2
    total = 2 * steep[..., 0] if lai_compat else steep.sum(2)
    return total > 0.01 * squared_magnitude(out) + 0.002


def warp_error(here: np.ndarray, there: np.ndarray, by: MaskedFlow, lai_compat: bool = False) -> float:
    """Mean squared difference, over believed pixels and channels, of RGB (H, W, 3) uint8 pictures
    taken as 0..1. `lai_compat`: of their JPEGs, as the published code reads them."""
    if lai_compat:
        here, there = _jpeg(here), _jpeg(there)
    moved = warp_backward(there.astype(np.float32), by.flow)
    apart = np.square((moved - here) / 255).mean(2)
    return float(apart[by.mask].mean()) if by.mask.any() else 0.0


def _jpeg(image: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image)[1], cv2.IMREAD_COLOR)


def sharpness(image: np.ndarray) -> float:
    """Variance of the Laplacian of the luma; RGB (H, W, 3) uint8. Blur makes it small."""
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def gradient_energy(image: np.ndarray) -> float:
    """Mean squared gradient of the luma; RGB (H, W, 3) uint8. Blur makes it small, noise hardly large."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.square(np.diff(grey, axis=0)).mean() + np.square(np.diff(grey, axis=1)).mean())


class TemporalConsistency:
    """Adds up pairs of neighbouring frames of one film in several states.

    Args:
        distance: how different two pictures look, such as `perceptual.Distance`.
        every: colourfulness, sharpness and distance are taken of one pair in so many.
    """

    def __init__(
        self,
        distance: Callable[[np.ndarray, np.ndarray], float] | None = None,
        every: int = 1,
        lai_compat: bool = False,
    ) -> None:
        self.distance, self.every, self.lai_compat = distance, every, lai_compat
        self.errors: dict[str, list[float]] = {}
        self.looks: dict[str, list[tuple[float, ...]]] = {}
        self.pairs = 0

    def add(self, here: dict[str, np.ndarray], there: dict[str, np.ndarray]) -> None:
        """A frame and the next one, RGB (H, W, 3) uint8, by state: "source", and any others;
        "before" is what the others are told apart from."""
        by = masked_flow(here["source"], there["source"], self.lai_compat)
        for state, image in here.items():
            error = warp_error(image, there[state], by, self.lai_compat)
            self.errors.setdefault(state, []).append(error)
            if self.pairs % self.every == 0:
                apart = float("nan")
                if self.distance and "before" in here and state != "source":
                    apart = self.distance(here["before"], image)
                self.looks.setdefault(state, []).append((colourfulness(image), sharpness(image), apart))
        self.pairs += 1

    def numbers(self) -> dict[str, dict[str, float]]:
        """By state: the mean warping error, its excess over the source's, and the means of
        colourfulness, sharpness and distance to "before"."""
        floor = float(np.mean(self.errors["source"]))
        rows = {}
        for state, errors in self.errors.items():
            vivid, sharp, apart = np.mean(self.looks[state], 0)
            error = float(np.mean(errors))
            rows[state] = {
                "warp_error": error,
                "excess": error - floor,
                "colourfulness": float(vivid),
                "sharpness": float(sharp),
            }
            if not np.isnan(apart):
                rows[state]["distance"] = float(apart)
        return rows
