"""How far from a film is what is dreamt up after it? Never one number: a still is sharp, noise moves, and
a copy has everything but news.

Frames are RGB (H, W, 3) uint8, all of one size. What counts is the ratio to the film's own statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np

from reimagine.metrics.warp import gradient_energy, sharpness

Image = np.ndarray
Distance = Callable[[Image, Image], float]
FROZEN_MOTION, BLURRED_SHARPNESS = 0.1, 0.5
"""A continuation has collapsed when its motion, or its sharpness, is less than this share of the film's."""
WINDOW, GRID, STEP = 8, 6, 4
"""Frames of the stretches whose features are compared, the grid those are taken on, and the frames from
one stretch to the next."""


def motion_energy(frames: Sequence[Image]) -> float:
    """Mean absolute change of luma (of 255) from one frame to the next."""
    greys = [cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames]
    changes = [float(cv2.absdiff(a, b).mean()) for a, b in pairwise(greys)]
    return float(np.mean(changes)) if changes else 0.0


def palette(frames: Sequence[Image]) -> np.ndarray:
    """The share of pixels in each of 512 cells of CIELAB."""
    total = np.zeros((8, 8, 8), np.float64)
    for frame in frames:
        lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
        total += cv2.calcHist([lab], [0, 1, 2], None, [8, 8, 8], [0, 256] * 3)
    return total.ravel() / max(1.0, total.sum())


def distance_to_film(frames: Sequence[Image], film: Sequence[Image], distance: Distance) -> float:
    """The mean distance of a frame from the frame of the film it is most like; near 0 is copying."""
    return float(np.mean([min(distance(a, b) for b in film) for a in frames]))


def distance_to_truth(frames: Sequence[Image], true: Sequence[Image], distance: Distance, few: int = 8) -> float:
    """The mean distance of a frame from the one that really came at its time."""
    places = np.unique(np.linspace(0, len(frames) - 1, few).astype(int))
    return float(np.mean([distance(frames[n], true[n]) for n in places]))


def features(frames: Sequence[Image]) -> np.ndarray:
    """Of stretches of WINDOW frames: tones, colours, detail and change on a grid, (stretches, values)."""
    rows = []
    for start in range(0, len(frames) - WINDOW + 1, STEP):
        part = [f.astype(np.float32) for f in frames[start : start + WINDOW]]
        change = np.mean([np.abs(b - a) for a, b in pairwise(part)], 0)
        detail = np.abs(cv2.Laplacian(part[0], cv2.CV_32F))
        grids = [cv2.resize(x, (GRID, GRID), interpolation=cv2.INTER_AREA) for x in (part[0], change, detail)]
        rows.append(np.concatenate([g.ravel() for g in grids]))
    return np.array(rows)


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance of features from those of a film, `b`, taken as Gaussians with independent values, in
    units of the film's own deviations (a plain stand-in for FVD, Unterthiner et al. 2018, which needs a
    network of its own)."""
    spread = b.std(0)
    apart = np.square(a.mean(0) - b.mean(0)) + np.square(a.std(0) - spread)
    return float((apart / np.square(spread + 1)).mean())


def collapse_second(frames: Sequence[Image], film: Sequence[Image], second: int) -> int | None:
    """The frame from which, for a second, a continuation hardly moves or is blurred; None if it never is."""
    moves, sharp = motion_energy(film), float(np.mean([sharpness(f) for f in film]))
    for start in range(0, max(1, len(frames) - second), max(1, second // 4)):
        part = frames[start : start + second]
        if (
            motion_energy(part) < FROZEN_MOTION * moves
            or np.mean([sharpness(f) for f in part]) < BLURRED_SHARPNESS * sharp
        ):
            return start
    return None


def per_second_series(frames: Sequence[Image], film: Sequence[Image], second: int) -> dict[str, list[float]]:
    """Ratios to the film of motion and sharpness, second by second."""
    moves, sharp = motion_energy(film), float(np.mean([sharpness(f) for f in film[:: max(1, len(film) // 24)]]))
    told: dict[str, list[float]] = {"motion": [], "sharpness": []}
    for start in range(0, len(frames) - second // 2, second):
        part = frames[start : start + second]
        told["motion"].append(motion_energy(part) / max(1e-6, moves))
        told["sharpness"].append(float(np.mean([sharpness(f) for f in part[::4]])) / max(1e-6, sharp))
    return told


def compare(
    frames: Sequence[Image], film: Sequence[Image], second: int, distance: Distance | None = None
) -> dict[str, float]:
    """Ratios to the film (1 is like it) and distances from it (0 is like it) of the last two seconds of a
    stretch of frames; and when in the stretch (seconds) it collapses.

    Args:
        second: frames in a second.
        distance: how different two pictures look, such as `perceptual.Distance`.
    """
    late = frames[-2 * second :]
    few, some = late[:: max(1, second // 2)], film[:: max(1, len(film) // 24)]
    told = {
        "motion": motion_energy(late) / max(1e-6, motion_energy(film)),
        "sharpness": _ratio(sharpness, few, some),
        "gradients": _ratio(gradient_energy, few, some),
        "palette": float(np.abs(palette(few) - palette(some)).sum() / 2),
    }
    if len(late) >= WINDOW and len(film) >= WINDOW:
        told["features"] = frechet_distance(features(late), features(film))
    if distance:
        told["nearest"] = distance_to_film(few, some, distance)
    end = collapse_second(frames, film, second)
    return {**told, "collapse": float("nan") if end is None else end / second}


def _ratio(of: Callable[[Image], float], frames: Sequence[Image], film: Sequence[Image]) -> float:
    return float(np.mean([of(f) for f in frames]) / max(1e-6, np.mean([of(f) for f in film])))
