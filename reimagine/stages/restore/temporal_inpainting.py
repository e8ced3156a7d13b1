"""What the frames around show of a place that is lost in this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import cv2
import numpy as np

from reimagine.degradation.tone import to_uint8
from reimagine.media.frames import Frame
from reimagine.media.motion.flow import optical_flow, warp_backward
from reimagine.media.motion.propagation import belief, is_consecutive

LINES = 240
"""Motion is followed at this height at most."""
SURE = 0.3
"""The belief in a neighbour above which it alone decides."""


def small(grey: np.ndarray) -> np.ndarray:
    """(H, W) uint8 or float32 in 0..1 -> (h, w) uint8 of at most `LINES` lines, or as many columns."""
    if grey.dtype != np.uint8:
        grey = to_uint8(grey)
    scale = min(1.0, LINES / min(grey.shape))
    size = tuple(max(16, round(side * scale)) for side in grey.shape[::-1])
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def shown(there: np.ndarray, way: np.ndarray) -> np.ndarray:
    """A frame (H, W) brought here along a flow, which may be smaller."""
    h, w = there.shape
    scale = np.float32([w / way.shape[1], h / way.shape[0]])
    return warp_backward(there, cv2.resize(way, (w, h)) * scale)


def fill(
    clean: np.ndarray, lost: np.ndarray, neighbours: Iterable[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """A picture whose lost places show what frames around it show there.

    Args:
        clean: (H, W) float32 in 0..1, with a guess where it is lost.
        lost: (H, W) float32, 0..1.
        neighbours: (clean, lost) of each frame around, the nearest first.

    Returns:
        The picture, and the share of every place that came from elsewhere, both (H, W) float32.
    """
    here = small(clean)
    hidden = cv2.resize(lost, here.shape[::-1], interpolation=cv2.INTER_AREA)
    total, weight = np.zeros_like(clean), np.full_like(clean, 1e-6)
    for other, other_lost in neighbours:
        there = small(other)
        out, back = optical_flow(here, there), optical_flow(there, here)
        trust = belief(out, back, here, there)
        way, trust = bridged(out, hidden), bridged(trust[..., None], hidden)
        share = cv2.resize(trust, clean.shape[::-1]) * (1 - shown(other_lost, way))
        total += share * shown(other, way)
        weight += share
    taken = lost * np.minimum(weight / SURE, 1)
    return clean + taken * (total / weight - clean), taken


def bridged(values: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Values (h, w, C) with those at hidden places (h, w), 0..1, taken from around them."""
    known = (1 - hidden)[..., None] ** 2
    sums = [cv2.GaussianBlur(x, (0, 0), 6) for x in (values * known, known)]
    around = sums[0].reshape(values.shape) / (sums[1].reshape(known.shape) + 1e-6)
    mixed = values + (around - values) * np.minimum(2 * hidden, 1)[..., None]
    return mixed if values.shape[2] > 1 else mixed[..., 0]


class Placed(Protocol):
    """Anything that belongs to a frame."""

    @property
    def frame(self) -> Frame: ...


T = TypeVar("T", bound=Placed)


def windows(items: Iterable[T], reach: int) -> Iterator[tuple[list[T], int]]:
    """For every item, in order: those around it in the same shot, up to `reach` away, and its place among
    them."""
    held: list[T] = []
    place = 0
    for item in items:
        if held and not is_consecutive(item.frame, held[-1].frame):
            yield from _rest(held, place, reach)
            held, place = [], 0
        held.append(item)
        if len(held) - place > reach:
            yield held[max(0, place - reach) :], min(place, reach)
            place += 1
            if place > reach:
                held, place = held[1:], place - 1
    yield from _rest(held, place, reach)


def _rest(held: list[T], place: int, reach: int) -> Iterator[tuple[list[T], int]]:
    for n in range(place, len(held)):
        start = max(0, n - reach)
        yield held[start:], n - start
