"""Ways for a film to wear: each is made once for a film and then meets its frames in order.

A wear changes a `Plate` in place; those with a memory (a scratch that lives on, a lamp that flickers)
keep it. `rng` is theirs alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from reimagine.degradation import marks, tone

Rng = np.random.Generator


@dataclass
class DegradedImage:
    """A picture while it wears.

    Attributes:
        grey: (H, W) float32, about 0..1.
        lost: (H, W) float32, 0..1: how far a mark hides what was there.
        unit: the size of things on it, 1 at 480 lines.
    """

    grey: np.ndarray
    lost: np.ndarray
    unit: float

    def hide(self, cover: np.ndarray) -> None:
        np.maximum(self.lost, cover, out=self.lost)


Operation = Callable[[DegradedImage], None]


@dataclass
class ToneChange:
    """Any function of the whole picture's greys."""

    change: Callable[[np.ndarray], np.ndarray]

    def __call__(self, plate: DegradedImage) -> None:
        plate.grey = self.change(plate.grey).astype(np.float32)


@dataclass
class Flicker:
    """A hand-cranked lamp: the light of a frame is partly the last one's; vignetting breathes with it."""

    rng: Rng
    deep: float = 0.018
    corners: float = 0.34
    level: float = 0.0

    def __call__(self, plate: DegradedImage) -> None:
        self.level = 0.6 * self.level + self.rng.normal(0, self.deep)
        plate.grey *= np.float32(1 + self.level)
        if self.corners:
            plate.grey *= tone.vignette(*plate.grey.shape, self.level, self.corners)


@dataclass
class Weave:
    """Gate jitter, in pixels at 480 lines."""

    rng: Rng
    far: float = 0.36
    shift: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def __call__(self, plate: DegradedImage) -> None:
        self.shift = 0.75 * self.shift + self.rng.normal(0, self.far * plate.unit, 2)
        plate.grey, plate.lost = tone.shift_image(plate.grey, self.shift), tone.shift_image(plate.lost, self.shift)


@dataclass
class Scratches:
    """Begin by chance (`often` a frame) and live for 6 to 25 frames; `now` are there from the start."""

    rng: Rng
    often: float = 0.045
    now: int = 0
    strong: tuple[float, float] = (0.06, 0.17)
    alive: list[marks.Scratch] = field(default_factory=list)

    def __call__(self, plate: DegradedImage) -> None:
        new = self.now + int(self.rng.random() < self.often)
        self.now = 0
        self.alive += [marks.new_scratch(plate.grey.shape[1], self.rng, self.strong) for _ in range(new)]
        self.alive, cover = marks.add_scratches(plate.grey, self.alive, self.rng, plate.unit)
        plate.hide(cover)


@dataclass
class Dust:
    """Lives for one frame."""

    rng: Rng
    specks: float = 1.6
    hairs: float = 0.03

    def __call__(self, plate: DegradedImage) -> None:
        plate.hide(marks.add_dust(plate.grey, self.rng, self.specks, self.hairs, plate.unit))


@dataclass
class Stains:
    """Water marks, other ones on every frame."""

    rng: Rng
    count: int = 4
    deep: float = 0.45

    def __call__(self, plate: DegradedImage) -> None:
        plate.hide(marks.add_stains(plate.grey, self.rng, self.count, self.deep, plate.unit))


@dataclass
class Holes:
    """Missing regions, other ones on every frame."""

    rng: Rng
    share: float = 0.08

    def __call__(self, plate: DegradedImage) -> None:
        plate.hide(marks.add_holes(plate.grey, self.rng, self.share))
