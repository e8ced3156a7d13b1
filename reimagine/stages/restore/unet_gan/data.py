"""Training data: crops of photographs, and the same crops with simulated damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from reimagine.degradation import tone
from reimagine.degradation.kinds import Degrader, apply_operations
from reimagine.degradation.operations import Dust, Holes, Operation, Scratches, Stains, ToneChange

from ..tone_restoration import invert_negative

Rng = np.random.Generator
Draw = Callable[[Rng], list[Operation]]
"""Draws the damage of one crop."""


class Pair(NamedTuple):
    """A batch of training crops: (N, 1, S, S) float32 in 0..1 each.

    Attributes:
        degraded: network input.
        clean: target picture.
        lost: target mask, the opacity of the damage.
    """

    degraded: np.ndarray
    clean: np.ndarray
    lost: np.ndarray


NEGATIVE_SHARE = 0.12
"""Share of the training crops that pass through a simulated negative and its inversion."""
MIN_UNIT = 0.4
"""Smallest scale of marks on a crop; see `apply_operations`."""
MAX_UNIT = 1.2
"""Largest scale of marks on a crop."""
POLARITY_UNIT = 0.5
"""Scale of marks on the classifier's pictures, which are small."""
VALIDATION_SIZE = 192
"""Side of the validation pictures, in pixels."""


def to_grey(photos: list[np.ndarray]) -> list[np.ndarray]:
    """Convert photographs (H, W, 3) uint8 RGB to (H, W) uint8."""
    return [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in photos]


def random_crop(photo: np.ndarray, size: int, rng: Rng) -> np.ndarray:
    """Crop, scale and perhaps mirror a grey picture: (H, W) uint8 -> (size, size) float32 in 0..1.

    Half of the crops are larger than `size` and downscaled, which hides the artifacts of compression.
    """
    h, w = photo.shape
    side = int(min(h, w, size * np.exp(max(0.0, rng.uniform(-0.7, 1.0)))))
    y, x = rng.integers(h - side + 1), rng.integers(w - side + 1)
    crop = photo[y : y + side, x : x + side]
    if side != size:
        interpolation = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
        crop = cv2.resize(crop, (size, size), interpolation=interpolation)
    crop = crop[:, ::-1] if rng.random() < 0.5 else crop
    return crop.astype(np.float32) / 255


def _scratches(rng: Rng) -> Operation:
    weakest = rng.uniform(0.06, 0.3)
    return Scratches(rng, 0.0, int(rng.integers(1, 5)), (weakest, weakest + 0.35))


OPERATIONS: dict[str, Callable[[Rng], Operation]] = {
    "blur": lambda rng: ToneChange(partial(cv2.GaussianBlur, ksize=(0, 0), sigmaX=rng.uniform(0.5, 2.0))),
    "grain": lambda rng: ToneChange(partial(tone.add_film_grain, rng=rng, amount=rng.uniform(0.3, 2.0))),
    "noise": lambda rng: ToneChange(partial(tone.add_gaussian_noise, rng=rng, sigma=rng.uniform(3, 45))),
    "stains": lambda rng: Stains(rng, int(rng.integers(1, 8)), rng.uniform(0.3, 0.8)),
    "scratches": _scratches,
    "dust": lambda rng: Dust(rng, rng.uniform(1, 8), 0.4),
    "holes": lambda rng: Holes(rng, rng.uniform(0.01, 0.15)),
    "jpeg": lambda rng: ToneChange(partial(tone.jpeg_compress, quality=round(np.exp(rng.uniform(2.1, 4.1))))),
}
"""Random operations by name, in the order in which several of them are applied."""
HARD_WEIGHTS = {"blur": 1.0, "jpeg": 1.0, "stains": 6.0}
"""Relative frequencies of the damage that is hard to detect. It is trained first and alone: mixed with stronger damage,
leaving it unchanged is a local minimum of the loss that the network does not leave."""
SINGLE_WEIGHTS = {"jpeg": 9.0, "stains": 3.0, "holes": 3.0}
"""Relative frequencies of single operations in the generator phase; 1 for those not listed."""


def draw_operations(rng: Rng) -> list[Operation]:
    """Draw the damage of one crop: none (10%), one operation (65%), an old print (10%) or several (15%)."""
    choice, names = rng.random(), list(OPERATIONS)
    if choice < 0.1:
        return []
    if choice < 0.75:
        return draw_one({name: SINGLE_WEIGHTS.get(name, 1.0) for name in names}, rng)
    if choice < 0.85:
        return old_print(rng)
    return [OPERATIONS[name](rng) for name in names if rng.random() < 0.3]


def old_print(rng: Rng) -> list[Operation]:
    """An old print without its tonal damage: soft lens, grain, scratches and dust."""
    soft = ToneChange(partial(cv2.GaussianBlur, ksize=(0, 0), sigmaX=rng.uniform(0.5, 1.1)))
    grain = ToneChange(partial(tone.add_film_grain, rng=rng, amount=rng.uniform(0.6, 1.4)))
    return [soft, grain, _scratches(rng), Dust(rng, 1.6, 0.1)]


def draw_one(weights: Mapping[str, float], rng: Rng) -> list[Operation]:
    """Draw one operation, given the relative frequency of each."""
    shares = np.array(list(weights.values()))
    return [OPERATIONS[rng.choice(list(weights), p=shares / shares.sum())](rng)]


def through_negative(grey: np.ndarray, rng: Rng) -> np.ndarray:
    """Simulate a negative of the picture and its inversion, with small errors of the measured density range."""
    base, dense, gamma = draw_negative(rng)
    low, high = dense + rng.uniform(-0.02, 0.04), 1 - base + rng.uniform(-0.04, 0.02)
    return invert_negative(tone.negative(grey, base, dense, gamma), low, high)


def draw_negative(rng: Rng) -> tuple[float, float, float]:
    """Draw the base, density and gamma of a negative."""
    return rng.uniform(0, 0.25), rng.uniform(0, 0.15), np.exp(rng.uniform(-0.4, 0.4))


def training_pairs(
    photos: list[np.ndarray],
    size: int,
    batch: int,
    seed: int,
    draw: Draw = draw_operations,
) -> Iterator[Pair]:
    """Yield training batches endlessly.

    Args:
        photos: (H, W) uint8 each.
        size: side of the crops, in pixels.
        batch: crops per batch, at most the number of photographs.
        seed: random seed.
        draw: draws the damage of one crop.
    """
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(photos))
        for start in range(0, len(order) - batch + 1, batch):
            clean = [random_crop(photos[i], size, rng) for i in order[start : start + batch]]
            images = [apply_operations(c.copy(), draw(rng), rng.uniform(MIN_UNIT, MAX_UNIT)) for c in clean]
            degraded = [through_negative(i.grey, rng) if rng.random() < NEGATIVE_SHARE else i.grey for i in images]
            yield Pair(*(np.stack(x)[:, None] for x in (degraded, clean, [i.lost for i in images])))


def polarity_batches(
    photos: list[np.ndarray], size: int, batch: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches for the classifier of negatives endlessly.

    Yields:
        Pictures (N, 1, size, size) float32 in 0..1, and targets (N,) float32: 1 for a negative, 0 for a print.
    """
    rng = np.random.default_rng(seed)
    while True:
        targets = (rng.random(batch) < 0.5).astype(np.float32)
        images = [_print_or_negative(photos[rng.integers(len(photos))], size, bool(t), rng) for t in targets]
        yield np.stack(images)[:, None].astype(np.float32), targets


def _print_or_negative(photo: np.ndarray, size: int, inverted: bool, rng: Rng) -> np.ndarray:
    """Most of a photograph, perhaps degraded, as a negative or a print: (size, size) float32 in 0..1."""
    h, w = photo.shape
    top, left, bottom, right = (int(rng.uniform(0, 0.2) * side) for side in (h, w, h, w))
    crop = photo[top : h - bottom, left : w - right][:, :: rng.choice([-1, 1])]
    grey = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    if rng.random() < 0.5:
        grey = apply_operations(grey, draw_operations(rng), POLARITY_UNIT).grey
    base, dense, gamma = draw_negative(rng)
    if inverted:
        return tone.negative(grey, base, dense, gamma)
    return tone.faded(grey, dense, 1 - base, gamma) if rng.random() < 0.5 else grey


VALIDATION_KINDS = ("none", "noise", "jpeg", "blur", "scratches", "dust", "stains", "holes")
"""Kinds of damage of the validation pictures, undamaged ones first."""


def validation_pairs(photos: list[np.ndarray], size: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Validation pictures by kind of damage: (degraded, clean), (N, 1, size, size) float32 in 0..1 each."""
    resized = [cv2.resize(p, (size, size), interpolation=cv2.INTER_AREA) for p in photos]
    clean = np.stack(resized)[:, None].astype(np.float32) / 255
    degraded = {"none": clean}
    for kind in VALIDATION_KINDS[1:]:
        degraded[kind] = np.stack([Degrader(kind, n)(image).grey for n, image in enumerate(resized)])[:, None]
    return {kind: (images, clean) for kind, images in degraded.items()}
