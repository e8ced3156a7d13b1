"""Repair of large losses: emulsion that is burnt, torn or decayed for one to three frames, in part of the picture.

A loss is flat, lighter or darker than both neighbouring frames, and these agree with each other along the optical
flow. It is filled from them. What belongs to the scene is left alone: a flash covers most of the frame or keeps its
detail; an explosion and a light object that moves in are in a neighbour as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from reimagine.media.images.grain import estimate_grain
from reimagine.media.motion import bidirectional_flow
from reimagine.media.video.frames import Frame, is_consecutive

from .blending import blend
from .dirt import excess_over_neighbours
from .statistics import LARGE_LOSSES
from .temporal_inpainting import downscaled, sliding_windows, warp_neighbour

if TYPE_CHECKING:
    from reimagine.stages.contract import Counts

MAX_FRAMES = 3
"""Consecutive frames in which the same place may be lost."""
MIN_EXCESS = 30
"""Grey levels by which a loss lies outside the range of both neighbours."""
WINDOW = 11
"""Side in pixels of the window, in reduced frames, whose range is compared: slow motion stays inside."""
AGREEMENT = 24
"""Grey levels by which the neighbours may differ from each other, along the flow, where a loss is filled."""
NOISE_MARGIN = 3.0
"""Grey levels added to both thresholds per unit of the grain's standard deviation."""
MIN_SHARE, MAX_SHARE = 0.002, 0.6
"""Share of a frame that its losses cover: smaller ones are dirt, larger ones a flash or another scene."""
MIN_NEW_SHARE = 0.6
"""Share of a loss by which the area of its tone exceeds that in both neighbours: an object only moves."""
MIN_ONE_TONE = 0.6
"""Share of the pixels of all losses of a frame that have nearly the same tone, at least; a flash keeps several."""
MAX_DETAIL = 0.6
"""Detail inside a loss (mean gradient) as a share of the neighbours' there, at most; more is a flash or fog ..."""
FLAT = 5.0
"""... unless it is below this, in grey levels per pixel."""
MIN_AGREEING = 0.4
"""Share of a loss on which the neighbours agree, at least; then all of it is filled (cross-faded where they differ)."""
SAME_TONE = 10
"""Grey levels around a loss's tone: what touches it, has this tone and differs from both neighbours is part ..."""
TONE_CHANGE = 8
"""... by more than this, in grey levels."""
BORDER = 7
"""Side in pixels, in reduced frames, of the window by which a loss is extended over its soft border."""
FEATHER = 1.5
"""Standard deviation in pixels of the transition between a filled loss and its surroundings."""


@dataclass(frozen=True)
class Item:
    """A frame and its reduced luma, (h, w) uint8."""

    frame: Frame
    small: np.ndarray


def repair_large_losses(frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
    """Yield each frame with its large losses filled, and count the frames that had some.

    The frame before is taken as it was repaired, so that losses of several frames are filled from what precedes them.
    """
    last: Item | None = None
    for window, index in sliding_windows((Item(f, downscaled(f.grey)) for f in frames), MAX_FRAMES):
        current, following = window[index], window[index + 1 :]
        if last and following and is_consecutive(current.frame, last.frame):
            repaired = repair(current, last, following)
            if counts is not None:
                counts.add(LARGE_LOSSES, int(repaired is not current))
            current = repaired
        yield current.frame
        last = current


def repair(current: Item, previous: Item, following: Sequence[Item]) -> Item:
    """The frame with its losses filled from the frame before it and the first after it that shows the same."""
    if (cv2.absdiff(current.small, previous.small) > MIN_EXCESS).mean() < MIN_SHARE:
        return current
    grey = current.frame.grey
    for steps, other in enumerate(following, 1):
        loss = find_loss(current.small, previous.small, other.small)
        if loss is None:
            continue
        noise = estimate_grain(current.frame.grey)
        replacement, agreeing = between(previous, other, 1 / (1 + steps), noise)
        mask = extended(loss, agreeing, grey.shape[::-1])
        if mask.any():
            grey = blend(grey, replacement, cv2.GaussianBlur(mask, (0, 0), FEATHER))
            current = Item(current.frame.with_grey(grey), downscaled(grey))
    return current


def find_loss(current: np.ndarray, previous: np.ndarray, following: np.ndarray) -> np.ndarray | None:
    """The losses of a reduced frame, (h, w) uint8 0 or 1; None if there is none. All frames are (h, w) uint8."""
    found = np.zeros(current.shape, np.uint8)
    lighter, darker = (current > cv2.max(previous, following)), (current < cv2.min(previous, following))
    excess = excess_over_neighbours(current, previous, following, WINDOW) > MIN_EXCESS
    for side, sign in ((lighter, 1), (darker, -1)):
        mask = cv2.morphologyEx((excess & side).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        if MIN_SHARE < mask.mean() < MAX_SHARE and is_new(mask, sign, current, previous, following):
            flat = flat_components(mask, current, previous, following)
            found |= with_same_tone(flat, current, previous, following) if flat.any() else flat
    return found if found.mean() > MIN_SHARE else None


def with_same_tone(loss: np.ndarray, current: np.ndarray, *neighbours: np.ndarray) -> np.ndarray:
    """A loss, extended by what touches it and has its tone, where the scene is nearly as light or dark as the loss."""
    level = np.uint8(np.median(current[loss > 0]))
    same = cv2.absdiff(current, np.full_like(current, level)) < SAME_TONE
    for neighbour in neighbours:
        same &= cv2.absdiff(current, neighbour) > TONE_CHANGE
    _, labels = cv2.connectedComponents(loss | same.astype(np.uint8))
    touched = np.unique(labels[loss > 0])
    return np.isin(labels, touched).astype(np.uint8)


def is_new(mask: np.ndarray, sign: int, *frames: np.ndarray) -> bool:
    """Whether a mask has one tone, whose area in the first of three frames exceeds that in the others by most of it."""
    tones = frames[0][mask > 0]
    level = float(np.median(tones))
    if (np.abs(tones - level) < SAME_TONE).mean() < MIN_ONE_TONE:
        return False
    areas = [float((sign * (frame.astype(np.int16) - level) > -MIN_EXCESS / 2).mean()) for frame in frames]
    return areas[0] - max(areas[1:]) > MIN_NEW_SHARE * float(mask.mean())


def flat_components(mask: np.ndarray, current: np.ndarray, previous: np.ndarray, following: np.ndarray) -> np.ndarray:
    """The connected components of a mask in which the current frame has less detail than its neighbours."""
    detail, before, after = (gradient(frame) for frame in (current, previous, following))
    count, labels = cv2.connectedComponents(mask)
    kept = np.zeros(count, np.uint8)
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0
    for label in range(1, count):
        area = inside & (labels == label)
        if area.any():
            own, theirs = detail[area].mean(), min(before[area].mean(), after[area].mean())
            kept[label] = own < max(FLAT, MAX_DETAIL * theirs)
    return kept[np.asarray(labels, np.intp)]


def gradient(image: np.ndarray) -> np.ndarray:
    """Absolute horizontal and vertical differences of an image (h, w) uint8, summed: (h, w) float32."""
    x, y = (cv2.Sobel(image, cv2.CV_32F, *order, ksize=1) for order in ((1, 0), (0, 1)))
    return np.abs(x) + np.abs(y)


def between(previous: Item, following: Item, time: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture at a time from 0 (previous) to 1 (following), and where both agree on it.

    Returns:
        (H, W) uint8, and (h, w) bool at the reduced size.
    """
    forward, backward = bidirectional_flow(previous.small, following.small, "medium")
    a = warp_neighbour(previous.frame.grey, time * backward.flow)
    b = warp_neighbour(following.frame.grey, (1 - time) * forward.flow)
    difference = cv2.blur(cv2.absdiff(downscaled(a), downscaled(b)), (5, 5))
    return cv2.addWeighted(a, 1 - time, b, time, 0), difference < AGREEMENT + NOISE_MARGIN * noise


def extended(loss: np.ndarray, agreeing: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixels to fill, (H, W) uint8 0 or 255: losses on which the neighbours agree, with their soft borders.

    Args:
        loss: (h, w) uint8, 0 or 1.
        agreeing: (h, w) bool.
        size: (W, H) in pixels.
    """
    count, labels = cv2.connectedComponents(loss)
    kept = [False, *(agreeing[labels == n].mean() >= MIN_AGREEING for n in range(1, count))]
    filled = cv2.dilate(np.array(kept, np.uint8)[np.asarray(labels, np.intp)], np.ones((BORDER, BORDER), np.uint8))
    return cv2.resize(filled * np.uint8(255), size, interpolation=cv2.INTER_NEAREST)
