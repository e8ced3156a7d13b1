"""The kinds of damage by name, for a picture and for a film."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import cv2
import numpy as np

from reimagine.degradation import tone
from reimagine.degradation.operations import (
    DegradedImage,
    Dust,
    Flicker,
    Holes,
    Operation,
    Scratches,
    Stains,
    ToneChange,
    Weave,
)
from reimagine.errors import StageError, unknown_name
from reimagine.media.frames import Frame

Rng = np.random.Generator


def _old_print(rng: Rng) -> list[Operation]:
    grain = partial(tone.add_film_grain, rng=rng)
    return [ToneChange(tone.print_curve), Weave(rng), Flicker(rng), ToneChange(grain), Scratches(rng), Dust(rng)]


def _negative(rng: Rng) -> list[Operation]:
    base, dense, gamma = rng.uniform(0.05, 0.2), rng.uniform(0.03, 0.12), rng.uniform(0.7, 1.3)
    return [ToneChange(partial(tone.negative, base=base, dense=dense, gamma=gamma))]


def _faded(rng: Rng) -> list[Operation]:
    black, white = rng.uniform(0.12, 0.25), rng.uniform(0.65, 0.8)
    pale = partial(tone.faded, black=black, white=white)
    return [ToneChange(lambda grey: grey * tone.vignette(*grey.shape, 0.0)), ToneChange(pale)]


KINDS: dict[str, Callable[[Rng], list[Operation]]] = {
    "old-print": _old_print,
    "negative": _negative,
    "noise": lambda rng: [ToneChange(partial(tone.add_gaussian_noise, rng=rng, sigma=25))],
    "jpeg": lambda rng: [ToneChange(partial(tone.jpeg_compress, quality=20))],
    "blur": lambda rng: [ToneChange(partial(cv2.GaussianBlur, ksize=(0, 0), sigmaX=1.5))],
    "scratches": lambda rng: [Scratches(rng, 0.3, 8, (0.2, 0.6))],
    "dust": lambda rng: [Dust(rng, 12, 0.5)],
    "stains": lambda rng: [Stains(rng, 6, 0.7)],
    "holes": lambda rng: [Holes(rng)],
    "faded": _faded,
    "flicker": lambda rng: [Flicker(rng, 0.05, 0.0)],
    "weave": lambda rng: [Weave(rng, 0.8)],
}
"""What is done, in order, to a film of each kind of damage; `old-print` is a bit of nearly everything."""

MONOCHROME = ("old-print", "negative", "faded")
"""Kinds that leave no colour."""


class Degrader:
    """Pictures of one film in, in order; worn ones out, the same for the same seed.

    Raises:
        StageError: for a kind that there is not.
    """

    def __init__(self, kind: str, seed: int = 0) -> None:
        if kind not in KINDS:
            raise StageError(unknown_name("kind of damage", kind, KINDS))
        self.wears = KINDS[kind](np.random.default_rng(seed))

    def __call__(self, grey: np.ndarray) -> DegradedImage:
        """(H, W) uint8 or float32 in 0..1 -> the worn picture, clipped to 0..1, and what of it is lost."""
        start = grey / np.float32(255) if grey.dtype == np.uint8 else grey.copy()
        return apply_operations(start, self.wears, max(0.5, min(grey.shape) / 480))


def apply_operations(grey: np.ndarray, wears: Iterable[Operation], unit: float = 1.0) -> DegradedImage:
    """(H, W) float32 in 0..1, which is not kept, under these wears in order; clipped to 0..1."""
    plate = DegradedImage(grey, np.zeros(grey.shape, np.float32), unit)
    for wear in wears:
        wear(plate)
    np.clip(plate.grey, 0, 1, out=plate.grey)
    np.clip(plate.lost, 0, 1, out=plate.lost)
    return plate


def degrade(frames: Iterable[Frame], kind: str, seed: int = 0) -> Iterator[Frame]:
    """The frames of a film, worn. An old print is seen as orthochromatic stock would have seen it; it, a
    negative and a faded print are black and white, the others keep their colours."""
    damage = Degrader(kind, seed)
    for frame in frames:
        grey = np.clip(tone.orthochromatic(frame.image), 0, 1) if kind == "old-print" else frame.grey
        yield frame.with_grey(tone.to_uint8(damage(grey).grey), kind not in MONOCHROME)
