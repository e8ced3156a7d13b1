"""The restorer's bench: a film goes over it from the left to the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from reimagine.media.frames import Frame, prefetch
from reimagine.media.grain import estimate_grain
from reimagine.media.motion.propagation import FlowWithConfidence, bidirectional_flow, is_consecutive

from .deflicker import REACH, STILL, Drift, courses, drift, flickering, levelled, moved, relit, weaving
from .dirt import blended, lines, mended, passing, scratches, specks
from .statistics import RestorationStatistics
from .temporal_inpainting import shown, small, windows

ENDS, WHITE = (0.005, 0.995), (4.0, 251.0)
"""Quantiles of a frame's luma that contrast brings to these tones."""
NARROW = 60.0
"""Tones no further apart than this (a fade, a fog) are not spread out."""


@dataclass
class Sight:
    """A frame on the bench: its small luma, the ways to and from the one before, what has drifted, its
    darkest and lightest, its grain, its upright lines."""

    frame: Frame
    luma: np.ndarray
    back: FlowWithConfidence | None
    forth: FlowWithConfidence | None
    drift: Drift
    ends: np.ndarray
    noise: float
    lines: np.ndarray


@dataclass
class Steady:
    """A frame whose light and gate stand still: its luma (H, W) uint8, its sight, its shot's darkest and
    lightest, how far it was moved, in pixels of the small frame, and its scratched columns."""

    grey: np.ndarray
    sight: Sight
    ends: np.ndarray
    move: np.ndarray
    lines: np.ndarray

    @property
    def frame(self) -> Frame:
        return self.sight.frame


class Bench:
    """Frames in, restored ones out. `counts` says what was found.

    Args:
        options: a `Classic`.
    """

    def __init__(self, options: Any) -> None:
        self.o = options
        self.findings = RestorationStatistics()
        self.counts = self.findings.counts

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for around, place in windows(prefetch(self.steadied(frames), 2), 1):
            here = around[place]
            before = around[place - 1] if place else None
            after = around[place + 1] if place + 1 < len(around) else None
            yield self.cleaned(here, before, after)

    # -- light and gate --------------------------------------------------------------------

    def sights(self, frames: Iterable[Frame]) -> Iterator[Sight]:
        last: Sight | None = None
        for frame in frames:
            luma = small(frame.grey)
            ends = np.quantile(luma, ENDS)
            noise = estimate_grain(frame.grey)
            found = lines(frame.grey, noise) if self.o.scratches else np.zeros(frame.width, bool)
            if last and is_consecutive(frame, last.frame):
                back, forth = bidirectional_flow(luma, levelled(last.luma, luma), "medium")
                last = Sight(frame, luma, back, forth, drift(luma, last.luma, back), ends, noise, found)
            else:
                last = Sight(frame, luma, None, None, STILL, ends, noise, found)
            yield last

    def steadied(self, frames: Iterable[Frame]) -> Iterator[Steady]:
        for around, place in windows(prefetch(self.sights(frames), 2), REACH):
            here = around[place]
            tones, shifts = courses([s.drift for s in around])
            scale = here.frame.height / here.luma.shape[0]
            move = -self.o.weave * weaving(shifts, place, here.luma.shape[0])
            grey = relit(here.frame.grey, self.o.deflicker * flickering(tones, place))
            found = passing([s.lines for s in around], scale * shifts[:, 0], place)
            ends = np.median([s.ends for s in around], 0)
            yield Steady(moved(grey, move * scale), here, ends, move, found)

    # -- dirt, scratches, grain, contrast --------------------------------------------------

    def cleaned(self, here: Steady, before: Steady | None, after: Steady | None) -> Frame:
        grey, noise = here.grey, here.sight.noise
        sides = (before, here.sight.back), (after, after.sight.forth if after else None)
        near = [beside(here, other, way) for other, way in sides if other and way]
        lost = np.zeros(grey.shape, np.uint8)
        specked = specks(grey, near[0], near[1], noise) if self.o.dirt and len(near) == 2 else lost
        streaks = scratches(grey, here.lines)
        if specked.any() or streaks.any():
            around = cv2.addWeighted(near[0], 0.5, near[1], 0.5, 0) if len(near) == 2 else grey
            grey = mended(grey, specked, streaks, around)
        if self.o.denoise:
            grey = denoised(grey, near, noise, self.o.denoise)
        if self.o.contrast:
            grey = spread(grey, here.ends, self.o.contrast)
        self.findings.add(here.frame, (specked | streaks) > 0, float((specked > 0).mean()))
        return here.frame.with_grey(grey)


def beside(here: Steady, other: Steady, way: FlowWithConfidence) -> np.ndarray:
    """A neighbour (H, W) uint8 brought here along the motion, which was found before both were moved."""
    return shown(other.grey, way[0] + np.float32(other.move - here.move))


def denoised(grey: np.ndarray, near: list[np.ndarray], noise: float, share: float) -> np.ndarray:
    """The mean with the frames around, where they show the same within the grain; then OpenCV's bilateral
    filter for what is left."""
    sigma = max(noise, 1.0)
    total, weight = grey.astype(np.float32), np.ones(grey.shape, np.float32)
    for other in near:
        apart = cv2.blur(cv2.absdiff(grey, other), (3, 3)).astype(np.float32) / (1.5 * sigma + 2)
        alike = np.exp(-apart * apart)
        total += alike * other
        weight += alike
    mean = (total / weight + 0.5).astype(np.uint8)
    calm = cv2.bilateralFilter(mean, 5, 1.5 * sigma + 2, 1.5)
    return blended(grey, calm, np.uint8(255 * share))


def spread(grey: np.ndarray, ends: np.ndarray, share: float) -> np.ndarray:
    """Tones between a shot's darkest and lightest brought to the whole range, as far as `share` says."""
    low, high = ends
    if high - low < NARROW:
        return grey
    tones = np.arange(256)
    wide = WHITE[0] + (tones - low) * (WHITE[1] - WHITE[0]) / (high - low)
    return cv2.LUT(grey, np.clip(tones + share * (wide - tones) + 0.5, 0, 255).astype(np.uint8))
