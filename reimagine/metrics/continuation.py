"""Metrics of continuations: differences between generated frames and the film that they continue.

No single number is enough: a still image is sharp, noise moves, and a copy of the film has every statistic of the
film. So several are reported, most of them as ratios to the film's own value.

Frames are RGB (H, W, 3) uint8, all of one size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np

from reimagine.metrics import Distance
from reimagine.metrics.warp import gradient_energy, sharpness

Image = np.ndarray

FROZEN_MOTION = 0.1
"""A continuation has collapsed when its motion energy is below this fraction of the film's."""
BLURRED_SHARPNESS = 0.5
"""A continuation has collapsed when its sharpness is below this fraction of the film's."""
REDUCED_SIDE = 24
"""Short side in pixels of the images in which a continuation is found to be frozen."""
WINDOW = 8
"""Frames of the windows whose features are compared."""
WINDOW_STEP = 4
"""Frames from one window to the next."""
GRID = 6
"""Features are averages over a grid of this many cells across and down."""
FILM_SAMPLES = 24
"""Frames of the film from which its sharpness, colours and gradients are measured, about."""
TARGET_SAMPLES = 8
"""Frames whose distance from their targets is measured, at most."""


def motion_energy(frames: Sequence[Image]) -> float:
    """Mean absolute change of luma (of 255) from one frame to the next; 0 for fewer than two frames."""
    lumas = [cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames]
    changes = [float(cv2.absdiff(a, b).mean()) for a, b in pairwise(lumas)]
    return float(np.mean(changes)) if changes else 0.0


def long_motion(frames: Sequence[Image], gap: int) -> float:
    """Mean absolute change of luma (of 255) over `gap` frames, in reduced images.

    Grain changes every frame, even over a frozen image. It averages out in reduced images, and motion adds up over
    several frames, which grain does not.
    """
    scale = min(1.0, REDUCED_SIDE / min(frames[0].shape[:2])) if len(frames) else 1.0
    lumas = [cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames]
    small = [cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for luma in lumas]
    changes = [float(cv2.absdiff(a, b).mean()) for a, b in zip(small, small[gap:], strict=False)]
    return float(np.mean(changes)) if changes else 0.0


def colour_histogram(frames: Sequence[Image]) -> np.ndarray:
    """Fraction of pixels in each of 8 x 8 x 8 bins of CIELAB: (512,)."""
    total = np.zeros((8, 8, 8), np.float64)
    for frame in frames:
        lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
        total += cv2.calcHist([lab], [0, 1, 2], None, [8, 8, 8], [0, 256] * 3)
    return total.ravel() / max(1.0, total.sum())


def distance_to_nearest(frames: Sequence[Image], film: Sequence[Image], distance: Distance) -> float:
    """Mean distance from each frame to the nearest frame of the film; near 0 the film is copied."""
    return float(np.mean([min(distance(a, b) for b in film) for a in frames]))


def distance_to_target(
    frames: Sequence[Image], targets: Sequence[Image], distance: Distance, samples: int = TARGET_SAMPLES
) -> float:
    """Mean distance between frames and the held-out frames at the same time, on evenly spaced samples."""
    indices = np.unique(np.linspace(0, len(frames) - 1, samples).astype(int))
    return float(np.mean([distance(frames[n], targets[n]) for n in indices]))


def window_features(frames: Sequence[Image]) -> np.ndarray:
    """Colour, temporal change and detail of each window of `WINDOW` frames, averaged on a grid: (windows, values)."""
    rows = []
    for start in range(0, len(frames) - WINDOW + 1, WINDOW_STEP):
        window = [f.astype(np.float32) for f in frames[start : start + WINDOW]]
        change = np.mean([np.abs(b - a) for a, b in pairwise(window)], 0)
        detail = np.abs(cv2.Laplacian(window[0], cv2.CV_32F))
        grids = [cv2.resize(x, (GRID, GRID), interpolation=cv2.INTER_AREA) for x in (window[0], change, detail)]
        rows.append(np.concatenate([g.ravel() for g in grids]))
    return np.array(rows)


def frechet_distance(features: np.ndarray, film: np.ndarray) -> float:
    """Fréchet distance between two sets of features (n, values), as Gaussians with independent values.

    It is measured in standard deviations of the film's features and averaged over the values. It takes the place of
    the Fréchet video distance (FVD, Unterthiner et al. 2018), which needs a video classifier.
    """
    deviation = film.std(0)
    squared = np.square(features.mean(0) - film.mean(0)) + np.square(features.std(0) - deviation)
    return float((squared / np.square(deviation + 1)).mean())


def collapse_frame(frames: Sequence[Image], film: Sequence[Image], frames_per_second: int) -> int | None:
    """The first frame of a second in which a continuation hardly moves or is blurred; None if there is none."""
    gap, sharp = max(1, min(frames_per_second // 2, len(frames) - 1)), float(np.mean([sharpness(f) for f in film]))
    motion = long_motion(film, gap)
    for start in range(0, max(1, len(frames) - frames_per_second), max(1, frames_per_second // 4)):
        part = frames[start : start + frames_per_second]
        if (
            long_motion(part, gap) < FROZEN_MOTION * motion
            or np.mean([sharpness(f) for f in part]) < BLURRED_SHARPNESS * sharp
        ):
            return start
    return None


def per_second_series(frames: Sequence[Image], film: Sequence[Image], frames_per_second: int) -> dict[str, list[float]]:
    """Motion and sharpness of every second as ratios to the film's."""
    motion, sharp = motion_energy(film), float(np.mean([sharpness(f) for f in _samples(film)]))
    series: dict[str, list[float]] = {"motion": [], "sharpness": []}
    for start in range(0, len(frames) - frames_per_second // 2, frames_per_second):
        part = frames[start : start + frames_per_second]
        series["motion"].append(motion_energy(part) / max(1e-6, motion))
        series["sharpness"].append(float(np.mean([sharpness(f) for f in part[::4]])) / max(1e-6, sharp))
    return series


def compare(
    frames: Sequence[Image], film: Sequence[Image], frames_per_second: int, distance: Distance | None = None
) -> dict[str, float]:
    """Compare the last two seconds of a continuation with the film.

    Args:
        frames: the continuation.
        film: the frames before it.
        distance: perceptual distance, such as `perceptual.PerceptualDistance`.

    Returns:
        motion, sharpness, gradients: ratios to the film; 1 is like the film.
        palette: total variation distance between the colour histograms, 0 to 1; 0 is like the film.
        features: see `frechet_distance`; nearest: see `distance_to_nearest`, with `distance`.
        collapse: the second of the continuation at which it collapses; NaN if it does not.
    """
    late = frames[-2 * frames_per_second :]
    few, film_few = late[:: max(1, frames_per_second // 2)], _samples(film)
    numbers = {
        "motion": motion_energy(late) / max(1e-6, motion_energy(film)),
        "sharpness": _ratio(sharpness, few, film_few),
        "gradients": _ratio(gradient_energy, few, film_few),
        "palette": float(np.abs(colour_histogram(few) - colour_histogram(film_few)).sum() / 2),
    }
    if len(late) >= WINDOW and len(film) >= WINDOW:
        numbers["features"] = frechet_distance(window_features(late), window_features(film))
    if distance:
        numbers["nearest"] = distance_to_nearest(few, film_few, distance)
    collapse = collapse_frame(frames, film, frames_per_second)
    return {**numbers, "collapse": float("nan") if collapse is None else collapse / frames_per_second}


def _samples(film: Sequence[Image]) -> Sequence[Image]:
    return film[:: max(1, len(film) // FILM_SAMPLES)]


def _ratio(measure: Callable[[Image], float], frames: Sequence[Image], film: Sequence[Image]) -> float:
    return float(np.mean([measure(f) for f in frames]) / max(1e-6, np.mean([measure(f) for f in film])))
