"""Temporal inpainting: pixels that are lost in one frame are filled from its neighbours along the optical flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import cv2
import numpy as np

from reimagine.media.images.colour import to_uint8
from reimagine.media.motion import flow_confidence, optical_flow, resize_flow, resize_to_short_side, warp_backward
from reimagine.media.video.frames import Frame, is_consecutive

FLOW_SHORT_SIDE = 240
"""Short side in pixels, at most, of the frames between which the flow is computed."""
MIN_FLOW_SIDE = 16
"""Pixels; neither side of these frames is smaller."""
FULL_WEIGHT = 0.3
"""Total weight of the neighbours at and above which a lost pixel is filled from them alone."""
HOLE_BLUR = 6.0
"""Standard deviation, in pixels of the downscaled frames, of the Gaussian that fills the flow in lost regions."""


def downscaled(grey: np.ndarray) -> np.ndarray:
    """Downscale (H, W) uint8, or float32 in 0..1, to the size for optical flow: (h, w) uint8."""
    if grey.dtype != np.uint8:
        grey = to_uint8(grey)
    return resize_to_short_side(grey, FLOW_SHORT_SIDE, minimum=MIN_FLOW_SIDE)


def warp_neighbour(neighbour: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Warp a frame (H, W) along a flow (h, w, 2), which may be smaller."""
    h, w = neighbour.shape
    return warp_backward(neighbour, resize_flow(flow, (w, h)))


def inpaint_from_neighbours(
    image: np.ndarray, lost: np.ndarray, neighbours: Iterable[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Fill the lost pixels of a picture from neighbouring frames.

    Args:
        image: (H, W) float32 in 0..1, with an estimate at lost pixels.
        lost: (H, W) float32 in 0..1, the opacity of the damage.
        neighbours: (image, lost) of each neighbour, the nearest first.

    Returns:
        The filled picture, and each pixel's share that comes from the neighbours; both (H, W) float32.
    """
    current = downscaled(image)
    hidden = cv2.resize(lost, current.shape[::-1], interpolation=cv2.INTER_AREA)
    total, weight = np.zeros_like(image), np.full_like(image, 1e-6)
    for neighbour, neighbour_lost in neighbours:
        other = downscaled(neighbour)
        flow, reverse = optical_flow(current, other), optical_flow(other, current)
        confidence = flow_confidence(flow, reverse, current, other)
        flow, confidence = fill_flow_holes(flow, hidden), fill_flow_holes(confidence[..., None], hidden)[..., 0]
        share = cv2.resize(confidence, image.shape[::-1]) * (1 - warp_neighbour(neighbour_lost, flow))
        total += share * warp_neighbour(neighbour, flow)
        weight += share
    filled = lost * np.minimum(weight / FULL_WEIGHT, 1)
    return image + filled * (total / weight - image), filled


def fill_flow_holes(values: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Interpolate values (h, w, C) at hidden pixels, (h, w) in 0..1, from their surroundings."""
    known = (1 - hidden)[..., None] ** 2
    sums = [cv2.GaussianBlur(x, (0, 0), HOLE_BLUR) for x in (values * known, known)]
    mean = sums[0].reshape(values.shape) / (sums[1].reshape(known.shape) + 1e-6)
    return values + (mean - values) * np.minimum(2 * hidden, 1)[..., None]


class HasFrame(Protocol):
    """An object computed for one frame."""

    @property
    def frame(self) -> Frame:
        """The frame, with its number and shot."""
        ...


T = TypeVar("T", bound=HasFrame)


def sliding_windows(items: Iterable[T], radius: int) -> Iterator[tuple[list[T], int]]:
    """Yield for each item, in order, its window and its index in the window.

    The window holds up to `radius` items before and after it, all of the same shot.
    """
    buffer: list[T] = []
    position = 0
    for item in items:
        if buffer and not is_consecutive(item.frame, buffer[-1].frame):
            yield from _flush(buffer, position, radius)
            buffer, position = [], 0
        buffer.append(item)
        if len(buffer) - position > radius:
            yield buffer[max(0, position - radius) :], min(position, radius)
            position += 1
            if position > radius:
                buffer, position = buffer[1:], position - 1
    yield from _flush(buffer, position, radius)


def _flush(buffer: list[T], position: int, radius: int) -> Iterator[tuple[list[T], int]]:
    """The windows of the last items of a shot."""
    for index in range(position, len(buffer)):
        start = max(0, index - radius)
        yield buffer[start:], index - start
