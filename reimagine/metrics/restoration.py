"""Metrics of restoration: frames before and after it, compared with undamaged frames."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np

from reimagine.media.video.frames import Frame
from reimagine.metrics import Distance
from reimagine.metrics.warp import TemporalConsistency

CHANGE_THRESHOLD = 8
"""Grey levels (0..255) above which a pixel counts as changed."""
MAX_PSNR = 60.0
"""Decibels to which PSNR is limited, so that the mean stays finite."""


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
