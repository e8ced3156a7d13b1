"""Where things go from one frame to the next: dense optical flow on luma, and what follows it.

A flow (H, W, 2) float32 says, for every pixel of a frame, how many pixels away (x, y) the same
thing lies in the other frame.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

PRESETS = {
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}

MIN_SIDE = 16
"""Narrower pictures are widened: the search needs some room."""


def optical_flow(here: np.ndarray, there: np.ndarray, preset: str = "fast") -> np.ndarray:
    """Dense inverse search (Kroeger et al. 2016) between two lumas, (H, W) uint8 each."""
    h, w = here.shape
    if min(h, w) < MIN_SIDE:
        room = (0, max(0, MIN_SIDE - h)), (0, max(0, MIN_SIDE - w))
        here, there = np.pad(here, room, "edge"), np.pad(there, room, "edge")
    return cv2.DISOpticalFlow_create(PRESETS[preset]).calc(here, there, None)[:h, :w]


@lru_cache(8)
def _grid(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.dstack([x, y])


def warp_backward(there: np.ndarray, flow: np.ndarray, way: int = cv2.INTER_LINEAR) -> np.ndarray:
    """What of another frame ((H, W) or (H, W, C)) belongs here; the edge is repeated outside."""
    places = _grid(*flow.shape[:2]) + flow
    return cv2.remap(there, places, None, way, borderMode=cv2.BORDER_REPLICATE)


def forward_backward_error(out: np.ndarray, back: np.ndarray) -> np.ndarray:
    """How far one ends from where one began, going along `out` and home along `back`, squared
    and relative to the motion: above 1 the thing is hidden in the other frame (H, W) float32.

    The test of Sundaram et al. 2010 that Ruder et al. 2016 use: |w + w'|^2 against
    0.01 (|w|^2 + |w'|^2) + 0.5.
    """
    home = warp_backward(back, out)
    return squared_magnitude(out + home) / (0.01 * (squared_magnitude(out) + squared_magnitude(home)) + 0.5)


def squared_magnitude(flow: np.ndarray) -> np.ndarray:
    """Lengths of a flow's steps, squared: (H, W) float32."""
    return np.einsum("hwc,hwc->hw", flow, flow)


def out_of_bounds(flow: np.ndarray) -> np.ndarray:
    """Where a flow leads out of the picture: (H, W) bool."""
    h, w = flow.shape[:2]
    x, y = np.moveaxis(_grid(h, w) + flow, 2, 0)
    return (x < 0) | (y < 0) | (x > w - 1) | (y > h - 1)
