"""Metrics of restoration models: simulated damage is restored and compared with the undamaged pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np

from reimagine.degradation import KINDS, degrade
from reimagine.media.frames import Frame, frame_from_image
from reimagine.metrics.warp import TemporalConsistency

FILM_ONLY_KINDS = ("flicker", "weave")
"""Kinds of damage that need several frames to be visible."""
CHANGE_THRESHOLD = 8
"""Grey levels (0..255) above which a pixel counts as changed."""
LPIPS_STRIDE = 4
"""Frames of a film between two measurements of LPIPS, which is slow."""
MAX_PSNR = 60.0
"""Decibels to which PSNR is limited, so that the mean stays finite."""

Distance = Callable[[np.ndarray, np.ndarray], float]
"""Perceptual distance (LPIPS) of two pictures, (H, W, 3) uint8 RGB each."""
Rows = dict[str, dict[str, float]]
"""Metrics by name, by kind of damage."""
Read = Callable[[], Iterator[Frame]]
"""Starts reading the undamaged film from its first frame."""


class RestorationModel(Protocol):
    """A model of the stage `restore`."""

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Load the weights; return the function that restores the frames of a film."""
        ...


def damage_kinds(moving: bool) -> list[str]:
    """Kinds of damage that can be evaluated on a film (`moving`) or on pictures; "none", undamaged, first."""
    return ["none", *(kind for kind in KINDS if moving or kind not in FILM_ONLY_KINDS)]


def evaluate_pictures(
    model: RestorationModel,
    images: list[np.ndarray],
    device: str,
    distance: Distance,
    requested_kinds: Iterable[str],
    seed: int = 0,
) -> Rows:
    """Degrade pictures, restore each on its own, and compare.

    Args:
        model: a restoration model.
        images: (H, W, 3) uint8 RGB each; they are converted to grey.
        device: where the model runs.
        distance: perceptual distance.
        requested_kinds: kinds of damage; each gives one row.
        seed: random seed of the first picture's damage; the others' follow on.
    """
    restore, rows = model.load(device), {}
    clean = [
        frame_from_image(n, cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
        for n, image in enumerate(images)
    ]
    for kind in requested_kinds:
        degraded = [next(_degrade([frame], kind, seed + n)) for n, frame in enumerate(clean)]
        restored = [next(iter(restore([frame]))) for frame in degraded]
        rows[kind] = compare_restored(degraded, restored, clean, distance)
    return rows


def evaluate_film(
    model: RestorationModel, read: Read, device: str, distance: Distance, requested_kinds: Iterable[str], seed: int = 0
) -> Rows:
    """Degrade and restore the frames of a film in order, and compare; includes metrics of temporal consistency.

    Args:
        model: a restoration model.
        read: starts reading the undamaged film.
        device: where the model runs.
        distance: perceptual distance.
        requested_kinds: kinds of damage; each gives one row.
        seed: random seed of the damage.
    """
    rows = {}
    for kind in requested_kinds:
        degraded = list(_degrade(read(), kind, seed))
        restored, clean = list(model.load(device)(iter(degraded))), list(read())
        rows[kind] = compare_restored(degraded, restored, clean, distance, LPIPS_STRIDE)
        rows[kind] |= temporal_consistency(list(zip(degraded, restored, clean, strict=True)))
    return rows


def _degrade(frames: Iterable[Frame], kind: str, seed: int) -> Iterator[Frame]:
    return iter(frames) if kind == "none" else degrade(frames, kind, seed)


def compare_restored(
    degraded: Iterable[Frame],
    restored: Iterable[Frame],
    clean: Iterable[Frame],
    distance: Distance,
    lpips_stride: int = 1,
) -> dict[str, float]:
    """Compare the luma of frames before and after restoration with the undamaged frames.

    Returns:
        Means over the frames: "psnr_degraded" and "psnr" (decibels, at most 60), "gain" (of PSNR), "ssim_degraded" and
        "ssim" (Wang et al. 2004), "lpips_degraded" and "lpips" (of every `lpips_stride`-th frame), "changed" (share of
        the pixels that restoration changed visibly).
    """
    from skimage.metrics import structural_similarity

    rows = []
    for number, (before, after, target) in enumerate(zip(degraded, restored, clean, strict=True)):
        measure_lpips = number % lpips_stride == 0
        rows.append(
            [
                psnr(before.grey, target.grey),
                psnr(after.grey, target.grey),
                structural_similarity(before.grey, target.grey),
                structural_similarity(after.grey, target.grey),
                *(distance(_rgb(f), _rgb(target)) if measure_lpips else np.nan for f in (before, after)),
                float((cv2.absdiff(before.grey, after.grey) > CHANGE_THRESHOLD).mean()),
            ]
        )
    mean = np.nanmean(rows, 0)
    return {
        "psnr_degraded": mean[0],
        "psnr": mean[1],
        "gain": mean[1] - mean[0],
        "ssim_degraded": mean[2],
        "ssim": mean[3],
        "lpips_degraded": mean[4],
        "lpips": mean[5],
        "changed": mean[6],
    }


def temporal_consistency(frames: list[tuple[Frame, Frame, Frame]]) -> dict[str, float]:
    """Warping error and flicker before and after restoration.

    Args:
        frames: (degraded, restored, undamaged) in order.

    Returns:
        "warp_degraded" and "warp": warping errors along the optical flow of the undamaged film. "flicker_degraded" and
        "flicker": mean absolute second difference of the mean luma, halved, in grey levels (0..255).
    """
    errors = TemporalConsistency()
    names = ("degraded", "restored", "source")
    for current, following in pairwise(frames):
        if current[2].shot == following[2].shot:
            rgb = [{name: _rgb(f) for name, f in zip(names, row, strict=True)} for row in (current, following)]
            errors.add(rgb[0], rgb[1])
    numbers = errors.numbers()
    means = np.array([[f.grey.mean() for f in row[:2]] for row in frames])
    flicker = np.abs(np.diff(means, 2, 0)).mean(0) / 2 if len(means) > 2 else (0.0, 0.0)
    return {
        "warp_degraded": numbers["degraded"]["warp_error"],
        "warp": numbers["restored"]["warp_error"],
        "flicker_degraded": float(flicker[0]),
        "flicker": float(flicker[1]),
    }


def psnr(image: np.ndarray, target: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two pictures (H, W) uint8, in decibels, at most `MAX_PSNR`."""
    error = float(np.square(image.astype(np.float32) - target).mean())
    return 10 * np.log10(255**2 / max(error, 255**2 * 10 ** (-MAX_PSNR / 10)))


def _rgb(frame: Frame) -> np.ndarray:
    return cv2.cvtColor(frame.grey, cv2.COLOR_GRAY2RGB)
