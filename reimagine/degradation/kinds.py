"""Kinds of damage by name, applied to a picture or to a film."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import cv2
import numpy as np

from reimagine.degradation import tone
from reimagine.degradation.operations import (
    Decay,
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
from reimagine.media.images.colour import to_uint8
from reimagine.media.video.frames import Frame

Rng = np.random.Generator


def _old_print(rng: Rng) -> list[Operation]:
    grain = partial(tone.add_film_grain, rng=rng)
    return [ToneChange(tone.print_curve), Weave(rng), Flicker(rng), ToneChange(grain), Scratches(rng), Dust(rng)]


def _negative(rng: Rng) -> list[Operation]:
    base, dense, gamma = rng.uniform(0.05, 0.2), rng.uniform(0.03, 0.12), rng.uniform(0.7, 1.3)
    return [ToneChange(partial(tone.negative, base=base, dense=dense, gamma=gamma))]


def _faded(rng: Rng) -> list[Operation]:
    black, white = rng.uniform(0.12, 0.25), rng.uniform(0.65, 0.8)
    fade = partial(tone.faded, black=black, white=white)
    return [ToneChange(lambda grey: grey * tone.vignette(grey.shape, 0.0)), ToneChange(fade)]


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
    "decay": lambda rng: [Decay(rng)],
    "faded": _faded,
    "flicker": lambda rng: [Flicker(rng, 0.05, 0.0)],
    "weave": lambda rng: [Weave(rng, 0.8)],
}
"""The operations of each kind, in the order in which they are applied. `old-print` combines most of them."""

MONOCHROME = ("old-print", "negative", "faded")
"""Kinds whose result has no colour."""

UNIT_HEIGHT = 480
"""Short side in pixels at which marks have their nominal size; they scale with the short side."""

MIN_UNIT = 0.5
"""Smallest scale of marks, for small pictures: thinner marks would vanish."""


class Degrader:
    """Degrades the pictures of one film, in order. The same seed gives the same result.

    Raises:
        StageError: the kind does not exist; the nearest name is offered.
    """

    def __init__(self, kind: str, seed: int = 0) -> None:
        if kind not in KINDS:
            raise StageError(unknown_name("kind of damage", kind, KINDS))
        self.operations = KINDS[kind](np.random.default_rng(seed))

    def __call__(self, grey: np.ndarray) -> DegradedImage:
        """Degrade (H, W) uint8, or float32 in 0..1. The result is clipped to 0..1."""
        image = grey / np.float32(255) if grey.dtype == np.uint8 else grey.copy()
        return apply_operations(image, self.operations, max(MIN_UNIT, min(grey.shape) / UNIT_HEIGHT))


def apply_operations(grey: np.ndarray, operations: Iterable[Operation], unit: float = 1.0) -> DegradedImage:
    """Apply operations in order to (H, W) float32 in 0..1, which is overwritten. The result is clipped to 0..1.

    Args:
        unit: scale of marks; 1 on a picture with a short side of 480 pixels.
    """
    image = DegradedImage(grey, np.zeros(grey.shape, np.float32), unit)
    for operation in operations:
        operation(image)
    np.clip(image.grey, 0, 1, out=image.grey)
    np.clip(image.lost, 0, 1, out=image.lost)
    return image


def degrade(frames: Iterable[Frame], kind: str, seed: int = 0) -> Iterator[Frame]:
    """Yield the degraded frames of a film.

    `old-print` simulates orthochromatic stock. It, `negative` and `faded` give black-and-white frames; the other
    kinds keep the colours.
    """
    degrader = Degrader(kind, seed)
    for frame in frames:
        grey = np.clip(tone.orthochromatic(frame.image), 0, 1) if kind == "old-print" else frame.grey
        yield frame.with_grey(to_uint8(degrader(grey).grey), kind not in MONOCHROME)
