"""Training data: crops of photographs, and the same crops at half the size, degraded as film is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from reimagine.degradation import tone

Rng = np.random.Generator


class Pair(NamedTuple):
    """A batch of training crops.

    Attributes:
        small: (N, 1, S / 2, S / 2) float32 in 0..1, degraded.
        clean: (N, 1, S, S) float32 in 0..1.
    """

    small: np.ndarray
    clean: np.ndarray


CLEAN_SHARE = 0.2
"""Share of the crops that are only reduced in size."""
BLUR_SHARE, GRAIN_SHARE, NOISE_SHARE, JPEG_SHARE = 0.5, 0.6, 0.2, 0.6
"""Shares of the other crops that are given each kind of damage."""
SMALLEST_SCALE = 0.65
"""Smallest scale to which a photograph is reduced before it is cropped; that hides the artifacts of its compression."""
VALIDATION_SIZE = 192
"""Side of the validation pictures, in pixels."""
VALIDATION_SIGMA, VALIDATION_GRAIN, VALIDATION_QUALITY = 0.7, 0.8, 70
"""Blur in pixels, amount of grain and JPEG quality of the degraded validation pictures."""


def to_grey(photos: list[np.ndarray], smallest: int) -> list[np.ndarray]:
    """Photographs (H, W, 3) uint8 RGB as (H, W) uint8, without those whose short side is less than `smallest`."""
    return [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in photos if min(p.shape[:2]) >= smallest]


def random_crop(photo: np.ndarray, size: int, rng: Rng) -> np.ndarray:
    """Reduce, crop, turn and mirror a grey picture at random: (H, W) uint8 -> (size, size) float32 in 0..1."""
    h, w = photo.shape
    scale = max(rng.uniform(SMALLEST_SCALE, 1.2), size / min(h, w))
    if scale < 1:  # above, the photograph is used as it is
        photo = cv2.resize(
            photo, (max(size, round(w * scale)), max(size, round(h * scale))), interpolation=cv2.INTER_AREA
        )
    h, w = photo.shape
    y, x = rng.integers(h - size + 1), rng.integers(w - size + 1)
    crop = np.rot90(photo[y : y + size, x : x + size], rng.choice([0, 0, 1, 3]))
    crop = crop[:, ::-1] if rng.random() < 0.5 else crop
    return np.ascontiguousarray(crop, np.float32) / 255


def half_size(clean: np.ndarray, interpolation: int = cv2.INTER_AREA) -> np.ndarray:
    """A picture (H, W) float32 at half its size."""
    return cv2.resize(clean, (clean.shape[1] // 2, clean.shape[0] // 2), interpolation=interpolation)


def degrade(clean: np.ndarray, rng: Rng) -> np.ndarray:
    """Reduce a picture to half its size as film and its scan do: lens blur, reduction, grain, compression.

    Args:
        clean: (H, W) float32 in 0..1.

    Returns:
        (H / 2, W / 2) float32 in 0..1.
    """
    interpolation = cv2.INTER_AREA if rng.random() < 0.6 else cv2.INTER_CUBIC
    if rng.random() < CLEAN_SHARE:
        return np.clip(half_size(clean, interpolation), 0, 1)
    if rng.random() < BLUR_SHARE:
        clean = cv2.GaussianBlur(clean, (0, 0), rng.uniform(0.3, 1.6))
    small = half_size(clean, interpolation)
    if rng.random() < GRAIN_SHARE:
        small = tone.add_film_grain(small, rng, rng.uniform(0.15, 1.6))
    if rng.random() < NOISE_SHARE:
        small = tone.add_gaussian_noise(small, rng, rng.uniform(1, 12))
    if rng.random() < JPEG_SHARE:
        small = tone.jpeg_compress(small, int(rng.integers(30, 96)))
    return np.clip(small, 0, 1).astype(np.float32)


def training_pairs(photos: list[np.ndarray], size: int, batch: int, seed: int) -> Iterator[Pair]:
    """Yield training batches endlessly.

    Args:
        photos: (H, W) uint8 each, with sides of at least `size`.
        size: side of the clean crops, in pixels.
        batch: crops per batch, at most the number of photographs.
        seed: random seed.
    """
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(photos))
        for start in range(0, len(order) - batch + 1, batch):
            clean = [random_crop(photos[i], size, rng) for i in order[start : start + batch]]
            small = [degrade(crop, rng) for crop in clean]
            yield Pair(np.stack(small)[:, None], np.stack(clean)[:, None])


def validation_pairs(photos: list[np.ndarray]) -> dict[str, Pair]:
    """Validation pictures, "clean" ones that are only reduced in size, and "degraded" ones, as one batch each."""
    size = min(VALIDATION_SIZE, *(min(p.shape) for p in photos)) // 4 * 4
    clean = np.stack([p[:size, :size] for p in photos]).astype(np.float32) / 255
    kinds: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {"clean": _only_reduced, "degraded": _as_old_film}
    return {
        name: Pair(np.stack([kind(p, n) for n, p in enumerate(clean)])[:, None], clean[:, None])
        for name, kind in kinds.items()
    }


def _only_reduced(clean: np.ndarray, number: int) -> np.ndarray:
    return half_size(clean)


def _as_old_film(clean: np.ndarray, number: int) -> np.ndarray:
    """A picture at half its size with fixed blur, grain and compression; its number is the seed."""
    small = half_size(cv2.GaussianBlur(clean, (0, 0), VALIDATION_SIGMA))
    grained = tone.add_film_grain(small, np.random.default_rng(number), VALIDATION_GRAIN)
    return tone.jpeg_compress(grained, VALIDATION_QUALITY)
