"""Light that flickers and a gate that weaves: what changes from frame to frame though nothing moves.

Both are found between neighbouring frames, along the optical flow, so that what walks into the picture is
neither; summed up over the shot they are a course, and what of it is quicker than a second or two is taken
out.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from reimagine.media.motion.flow import warp_backward
from reimagine.media.motion.propagation import FlowWithConfidence

TONES = 8
"""Steps of luma that flicker apart: lamps, fading and vignettes do not lift shadows and lights alike."""
SURE, SPREAD = 0.5, 40.0
"""Belief above which a place is asked; differences above this are something else."""
REACH = 30
"""Frames before and after that a course is smoothed over."""
LAMP, HOLD = 24.0, 12.0
"""How: Gaussians of so many frames, for the light and for the gate."""
FADE = 1.0
"""Light that goes on changing by much more than this a frame (0..255) is meant: a fade. By much less, it is a
lamp that burns down, or an operator whose arm tires."""
GATE = 0.006
"""Share of the frame's height that a gate weaves by; what shakes much more is a camera in somebody's hand."""
LATTICE = np.linspace(255 / TONES / 2, 255 - 255 / TONES / 2, TONES)


class Drift(NamedTuple):
    """How a frame differs from the one before: (TONES,) luma in 0..255, and (x, y) in pixels of the small
    frames; float64."""

    tone: np.ndarray
    shift: np.ndarray


STILL = Drift(np.zeros(TONES), np.zeros(2))


def levelled(luma: np.ndarray, like: np.ndarray) -> np.ndarray:
    """A luma (h, w) uint8 at the mean and contrast of another: motion is found in spite of flicker."""
    gain = float(np.clip((like.std() + 1) / (luma.std() + 1), 0.5, 2))
    change = like.mean() - gain * luma.mean()
    return np.clip(luma * np.float32(gain) + np.float32(change + 0.5), 0, 255).astype(np.uint8)


def drift(here: np.ndarray, before: np.ndarray, back: FlowWithConfidence) -> Drift:
    """Of two small lumas (h, w) uint8 and the way from here to the one before."""
    way, trust = back
    sure = trust > SURE
    if sure.mean() < 0.05:
        return STILL
    was = warp_backward(before, way)
    change = here.astype(np.int16) - was
    level = was // (256 // TONES)
    tone, known = np.zeros(TONES), np.zeros(TONES)
    for step in range(TONES):
        found = change[sure & (level == step)]
        found = found[np.abs(found) < SPREAD]
        if len(found) > 50:
            tone[step], known[step] = _middle(found), min(len(found), 2000)
    if not known.any():
        return STILL
    weight = np.exp(-0.5 * (np.arange(TONES)[:, None] - np.arange(TONES)) ** 2 / 0.8) * known
    return Drift(weight @ tone / weight.sum(1), -np.median(way[sure], 0).astype(float))


def _middle(values: np.ndarray) -> float:
    """A median finer than the steps of the values: the mean of the middle half."""
    low, high = np.quantile(values, (0.25, 0.75))
    return float(values[(values >= low) & (values <= high)].mean())


def courses(drifts: list[Drift]) -> tuple[np.ndarray, np.ndarray]:
    """A run of drifts (the first's own does not count), summed up: tones (N, TONES), shifts (N, 2)."""
    return (
        np.cumsum([STILL.tone, *(d.tone for d in drifts[1:])], 0),
        np.cumsum([STILL.shift, *(d.shift for d in drifts[1:])], 0),
    )


def quick(course: np.ndarray, place: int, sigma: float, meant: float = 0.0) -> np.ndarray:
    """How far a course (N, C) lies, at a place, from the line through what is around: a pan goes on, a fade
    goes on; but the line is the flatter, the less it rises beside what is `meant`."""
    away = np.arange(len(course)) - place
    weight = np.exp(-0.5 * (away / sigma) ** 2)
    weight /= weight.sum()
    centre, middle = weight @ course, weight @ away
    spread = weight @ (away - middle) ** 2 + 1e-9
    slope = (weight * (away - middle)) @ (course - centre) / spread
    slope *= (slope**2 + 1e-12) / (slope**2 + meant**2 + 1e-12)
    return course[place] - (centre - slope * middle)


def flickering(tones: np.ndarray, place: int) -> np.ndarray:
    """How far a frame's light is off its course (N, TONES), tone by tone."""
    return quick(tones, place, LAMP, FADE)


def weaving(shifts: np.ndarray, place: int, height: int) -> np.ndarray:
    """How far the gate holds a frame off its course (N, 2), (x, y) in pixels of small frames of this height;
    as good as nothing where a hand shakes the camera."""
    if len(shifts) < 3:
        return np.zeros(2)
    shake = np.sqrt((np.diff(shifts, 2, 0) ** 2).mean(0) / 6).max()
    return quick(shifts, place, HOLD) / (1 + (shake / (GATE * height)) ** 4)


def relit(grey: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """A frame (H, W) uint8 without so much (TONES,) flicker."""
    curve = np.arange(256) - np.interp(np.arange(256), LATTICE, tone)
    return cv2.LUT(grey, np.clip(curve + 0.5, 0, 255).astype(np.uint8))


def moved(grey: np.ndarray, move: np.ndarray) -> np.ndarray:
    """A frame (H, W) uint8 moved by (x, y) pixels."""
    if np.abs(move).max() < 0.05:
        return grey
    shift = np.float32([[1, 0, move[0]], [0, 1, move[1]]])
    return cv2.warpAffine(grey, shift, grey.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
