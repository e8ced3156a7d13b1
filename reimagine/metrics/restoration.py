"""How well a restorer undoes damage that was made on purpose, and whether it leaves alone what is well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, tee
from typing import Any

import cv2
import numpy as np

from reimagine.degradation import KINDS, degrade
from reimagine.media.frames import Frame, frame_from_image
from reimagine.metrics.warp import TemporalConsistency

FILM_ONLY_KINDS = ("flicker", "weave")
"""Kinds that only a film can have."""
TOUCHED = 8
"""A place is touched if it changes by more than this (of 0..255)."""

Distance = Callable[[np.ndarray, np.ndarray], float]
Rows = dict[str, dict[str, float]]


def kinds(moving: bool) -> list[str]:
    """Those that can be asked for, undamaged first."""
    return ["none", *(kind for kind in KINDS if moving or kind not in FILM_ONLY_KINDS)]


def pictures(
    model: Any, images: list[np.ndarray], device: str, distance: Distance, asked: Iterable[str], seed: int = 0
) -> Rows:
    """Wear pictures, (H, W, 3) uint8 RGB, restore them one by one, compare; a row a kind, each picture with a
    seed of its own."""
    work, rows = model.load(device), {}
    clean = [
        frame_from_image(n, cv2.cvtColor(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
        for n, i in enumerate(images)
    ]
    for kind in asked:
        worn = [next(_worn([frame], kind, seed + n)) for n, frame in enumerate(clean)]
        made = [next(iter(work([frame]))) for frame in worn]
        rows[kind] = compare_restored(worn, made, clean, distance)
    return rows


def film(
    model: Any,
    read: Callable[[], Iterator[Frame]],
    device: str,
    distance: Distance,
    asked: Iterable[str],
    seed: int = 0,
) -> Rows:
    """The same for a film, whose frames are worn and restored in order; the warping error beside it."""
    rows = {}
    for kind in asked:
        worn, again = tee(_worn(read(), kind, seed))
        made = model.load(device)(worn)
        frames = list(zip(again, made, read(), strict=True))
        rows[kind] = compare_restored(*zip(*frames, strict=True), distance, every=4)
        rows[kind] |= temporal_consistency(frames)
    return rows


def _worn(frames: Iterable[Frame], kind: str, seed: int) -> Iterator[Frame]:
    return iter(frames) if kind == "none" else degrade(frames, kind, seed)


def compare_restored(
    worn: Iterable[Frame], made: Iterable[Frame], clean: Iterable[Frame], distance: Distance, every: int = 1
) -> dict[str, float]:
    """Means over the frames, of their luma.

    Returns:
        psnr_worn, psnr (decibels, at most 60), gain; ssim_worn, ssim (Wang et al. 2004); lpips_worn, lpips,
        of every so-manieth frame; touched, the share of places that were changed.
    """
    from skimage.metrics import structural_similarity

    rows = []
    for number, (was, now, true) in enumerate(zip(worn, made, clean, strict=True)):
        row = [
            psnr(was.grey, true.grey),
            psnr(now.grey, true.grey),
            structural_similarity(was.grey, true.grey),
            structural_similarity(now.grey, true.grey),
            float((cv2.absdiff(was.grey, now.grey) > TOUCHED).mean()),
        ]
        asked = number % every == 0
        row += [distance(_rgb(f), _rgb(true)) if asked else np.nan for f in (was, now)]
        rows.append(row)
    mean = np.nanmean(rows, 0)
    return {
        "psnr_worn": mean[0],
        "psnr": mean[1],
        "gain": mean[1] - mean[0],
        "ssim_worn": mean[2],
        "ssim": mean[3],
        "lpips_worn": mean[5],
        "lpips": mean[6],
        "touched": mean[4],
    }


def temporal_consistency(frames: list[tuple[Frame, Frame, Frame]]) -> dict[str, float]:
    """Warping errors of the worn and the restored film, along the motion of the clean one; and how far the
    mean luma jumps, 0..255."""
    errors = TemporalConsistency()
    names = ("worn", "restored", "source")
    for here, there in pairwise(frames):
        if here[2].shot == there[2].shot:
            errors.add(*({name: _rgb(f) for name, f in zip(names, x, strict=True)} for x in (here, there)))
    told = errors.numbers()
    means = np.array([[f.grey.mean() for f in row[:2]] for row in frames])
    jumps = np.abs(np.diff(means, 2, 0)).mean(0) / 2 if len(means) > 2 else (0.0, 0.0)
    return {
        "warp_worn": told["worn"]["warp_error"],
        "warp": told["restored"]["warp_error"],
        "flicker_worn": float(jumps[0]),
        "flicker": float(jumps[1]),
    }


def psnr(made: np.ndarray, true: np.ndarray) -> float:
    error = float(np.square(made.astype(np.float32) - true).mean())
    return 10 * np.log10(255**2 / max(error, 255**2 * 1e-6))


def _rgb(frame: Frame) -> np.ndarray:
    return cv2.cvtColor(frame.grey, cv2.COLOR_GRAY2RGB)
