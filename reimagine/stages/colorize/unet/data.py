"""Training pairs from photographs: simulated luma of an old film, and ab."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from torch.utils.data import IterableDataset, get_worker_info

from reimagine.zoo.threads import limit_opencv_threads


def random_crop(photo: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random crop, (size, size, 3) uint8: 40 to 100 % of the area, stretched by up to 15 %, half mirrored.

    Crops are large because the colour of an object depends on its scene.
    """
    h, w = photo.shape[:2]
    side = np.sqrt(rng.uniform(0.4, 1.0))
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    ch, cw = int(min(h, h * side * stretch)), int(min(w, w * side / stretch))
    y, x = rng.integers(h - ch + 1), rng.integers(w - cw + 1)
    crop = cv2.resize(photo[y : y + ch, x : x + cw], (size, size), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(crop[:, ::-1]) if rng.random() < 0.5 else crop


def old_film(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Simulate black-and-white film: RGB (H, W, 3) uint8 -> luma (H, W) float32 in 0..1.

    The spectral response is that of luma (half of the photographs), of orthochromatic stock (a quarter; in use until
    about 1927, not sensitive to red) or of panchromatic stock (a quarter). Half of the results are degraded.
    """
    kind = rng.random()
    if kind < 0.5:
        mix = np.array([0.299, 0.587, 0.114])
    elif kind < 0.75:
        mix = np.array([rng.uniform(0, 0.15), rng.uniform(0.35, 0.65), rng.uniform(0.25, 0.55)])
    else:
        mix = rng.dirichlet([2, 4, 2])
    grey = photo.astype(np.float32) @ (mix / mix.sum() / 255).astype(np.float32)
    return degrade(grey, rng) if rng.random() < 0.5 else grey


def degrade(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Apply random gamma, blur, fading, vignette, grain and scratches to luma (H, W) float32 in 0..1."""
    h, w = grey.shape
    grey = grey ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.5:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.3, 1.6))
    if rng.random() < 0.5:
        black, white = rng.uniform(0, 0.2), rng.uniform(0.75, 1)
        grey = black + grey * (white - black)
    if rng.random() < 0.3:
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        grey = grey * (1 - rng.uniform(0, 0.35) * (x * x + y * y) / 2)
    if rng.random() < 0.6:
        noise = rng.standard_normal((h, w), dtype=np.float32)
        grain = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.3, 0.9))
        grey = grey + grain / grain.std() * rng.uniform(0.01, 0.07)
    if rng.random() < 0.2:
        for x in rng.integers(0, w, rng.integers(1, 4)):
            grey[:, x] += rng.uniform(-0.4, 0.4)
    return np.clip(grey, 0, 1).astype(np.float32)


def ab_of(photo: np.ndarray, step: int = 4) -> np.ndarray:
    """Return CIELAB a and b at 1/step of the size: RGB (H, W, 3) uint8 -> (H/step, W/step, 2) float32."""
    h, w = photo.shape[:2]
    small = cv2.resize(photo, (w // step, h // step), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 1:]


def batches(photos: list[np.ndarray], size: int, batch: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches endlessly: luma (N, 1, S, S) in 0..1 and ab (N, 2, S/4, S/4), float32.

    In every epoch each photograph is used at most once, in random order.
    """
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(photos))
        for start in range(0, len(order) - batch + 1, batch):
            crops = [random_crop(photos[i], size, rng) for i in order[start : start + batch]]
            grey = np.stack([old_film(c, rng) for c in crops])[:, None]
            yield grey, np.stack([ab_of(c) for c in crops]).transpose(0, 3, 1, 2).copy()


class CropStream(IterableDataset):
    """Batches of training crops for worker processes; each process has a seed of its own.

    Args:
        photos, size, batch, seed: see `batches`.
    """

    def __init__(self, photos: list[np.ndarray], size: int, batch: int, seed: int) -> None:
        self.photos, self.size, self.batch, self.seed = photos, size, batch, seed

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        worker = get_worker_info()
        if worker:
            limit_opencv_threads()
        return batches(self.photos, self.size, self.batch, self.seed + (1000 * worker.id if worker else 0))


def palette(photos: list[np.ndarray], step: int = 10, rare: float = 2e-5) -> np.ndarray:
    """Return the quantized ab colours of photographs, float32 (Q, 2) in CIELAB units.

    Args:
        step: spacing of the grid of colours, in CIELAB units.
        rare: colours with a lower frequency are left out.
    """
    cells, counts = np.unique(np.round(_sampled_ab(photos) / step).astype(int), axis=0, return_counts=True)
    return cells[counts > rare * counts.sum()].astype(np.float32) * step


def frequencies(photos: list[np.ndarray], bins: np.ndarray, step: int = 10) -> np.ndarray:
    """Return the frequencies of quantized colours in photographs, float32 (Q,), sum 1.

    Args:
        bins: the colours, (Q, 2), on a grid in CIELAB units; other colours are not counted.
        step: spacing of the grid.
    """
    cells, counts = np.unique(np.round(_sampled_ab(photos) / step).astype(int), axis=0, return_counts=True)
    found = {tuple(cell): count for cell, count in zip(cells, counts, strict=True)}
    values = [found.get(tuple(cell), 0) for cell in np.round(bins / step).astype(int)]
    return np.array(values, np.float32) / max(1, sum(values))


def _sampled_ab(photos: list[np.ndarray]) -> np.ndarray:
    """Every third photograph's ab colours, reduced eight times, (n, 2)."""
    return np.concatenate([ab_of(p, 8).reshape(-1, 2) for p in photos[::3]])


def validation_pairs(photos: list[np.ndarray], size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return whole photographs without degradation: luma (S, S) in 0..1 and ab (2, S/4, S/4) each, float32."""
    squares = [cv2.resize(p, (size, size), interpolation=cv2.INTER_AREA) for p in photos]
    greys = [cv2.cvtColor(s, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255 for s in squares]
    return [(g, ab_of(s).transpose(2, 0, 1)) for g, s in zip(greys, squares, strict=True)]


def split(photos: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return (training, validation) photographs: about 100 are held out, of fewer than 200 half."""
    step = max(2, len(photos) // 100)
    return [p for i, p in enumerate(photos) if i % step], photos[::step]
