"""Dense optical flow between two frames, and the reduced size at which it is computed.

A flow (H, W, 2) float32 maps every pixel of one frame to its position in another: it is the displacement (x, y) in
pixels from `image` to `other`.
"""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.media.motion.warp import resize_flow

PRESETS = {
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
    "fine": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
"""OpenCV's presets of the DIS flow, by name: "medium" searches finer scales than "fast" and takes longer. "fine" is
changed by `_make_fine`."""

MIN_SIDE = 16
"""Pixels. Narrower images are padded, because the patch search of DIS needs at least this size."""
WIDE = 80
"""Width in pixels from which the preset "fast" uses a pyramid of three levels."""
WIDE_MIN_HEIGHT = 32
"""Height in pixels that three levels need: the patches have 8 pixels, and DIS reads beyond the image if a level is
smaller."""


def optical_flow(image: np.ndarray, other: np.ndarray, preset: str = "fast") -> np.ndarray:
    """Flow from one image to another by dense inverse search (DIS, Kroeger et al. 2016).

    Args:
        image: (H, W) uint8 luma.
        other: (H, W) uint8 luma of another image.
        preset: "fast", "medium" or "fine".

    Returns:
        (H, W, 2) float32, pixels.
    """
    h, w = image.shape
    min_height = WIDE_MIN_HEIGHT if preset == "fast" and w >= WIDE else MIN_SIDE
    if h < min_height or w < MIN_SIDE:
        padding = (0, max(0, min_height - h)), (0, max(0, MIN_SIDE - w))
        image, other = np.pad(image, padding, "edge"), np.pad(other, padding, "edge")
    image, other = np.ascontiguousarray(image), np.ascontiguousarray(other)
    dis = cv2.DISOpticalFlow.create(PRESETS[preset])
    if preset == "fine":
        _make_fine(dis)
    return dis.calc(image, other, None)[:h, :w]  # pyright: ignore[reportCallIssue, reportArgumentType]


def _make_fine(dis: cv2.DISOpticalFlow) -> None:
    """Search up to the full size of the image, without variational refinement: it takes as long as "medium"."""
    dis.setFinestScale(0)
    dis.setPatchStride(4)
    dis.setGradientDescentIterations(16)
    dis.setVariationalRefinementIterations(0)


def working_size(width: int, height: int, short_side: int, multiple: int = 1, minimum: int = 8) -> tuple[int, int]:
    """Size (w, h) at which an image is analyzed: its short side is reduced to `short_side` pixels.

    The image is never enlarged. Each side is rounded to a multiple of `multiple` and is at least `minimum` pixels.
    """
    scale = min(1.0, short_side / min(width, height))
    w, h = (max(minimum, round(side * scale / multiple) * multiple) for side in (width, height))
    return w, h


def resize_to_short_side(image: np.ndarray, short_side: int, multiple: int = 1, minimum: int = 8) -> np.ndarray:
    """An image (H, W) or (H, W, C) at its `working_size`, averaged by area; same dtype."""
    size = working_size(image.shape[1], image.shape[0], short_side, multiple, minimum)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def reduced_flow(image: np.ndarray, other: np.ndarray, short_side: int, preset: str = "medium") -> np.ndarray:
    """Flow computed at a reduced size and scaled to the size of the images.

    Args:
        image: (H, W, 3) uint8 RGB.
        other: (H, W, 3) uint8 RGB, of the same size.
        short_side: pixels, of the images between which the flow is computed.
        preset: "fast" or "medium".

    Returns:
        (H, W, 2) float32, pixels at full size.
    """
    a, b = (
        cv2.cvtColor(resize_to_short_side(x, short_side, minimum=MIN_SIDE), cv2.COLOR_RGB2GRAY) for x in (image, other)
    )
    return resize_flow(optical_flow(a, b, preset), image.shape[1::-1])
