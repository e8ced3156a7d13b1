"""Degradation operations. Each is created once per film and called with its pictures in order.

An operation changes a `DegradedImage` in place. Operations with a state, such as scratches that last several frames,
hold it in their fields. `rng` belongs to one list of operations alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from reimagine.degradation import marks, tone

Rng = np.random.Generator

RECOVERY = 3
"""Frames without decay after each decay, at least."""


@dataclass
class DegradedImage:
    """A picture during degradation.

    Attributes:
        grey: (H, W) float32, about 0..1.
        lost: (H, W) float32 in 0..1: the opacity of the marks over the original picture.
        unit: scale of marks; 1 on a picture with a short side of 480 pixels.
    """

    grey: np.ndarray
    lost: np.ndarray
    unit: float

    def cover(self, mask: np.ndarray) -> None:
        """Add the opacity mask of a mark, (H, W) float32 in 0..1, to `lost`."""
        np.maximum(self.lost, mask, out=self.lost)


Operation = Callable[[DegradedImage], None]


@dataclass
class ToneChange:
    """Applies a function to the whole picture: (H, W) float32 -> (H, W)."""

    function: Callable[[np.ndarray], np.ndarray]

    def __call__(self, image: DegradedImage) -> None:
        image.grey = self.function(image.grey).astype(np.float32)


@dataclass
class Flicker:
    """Brightness flicker of a hand-cranked projector: a first-order autoregressive gain, with vignetting.

    Attributes:
        sigma: standard deviation of the gain's innovation.
        vignette_depth: darkening of the corners, 0..1; 0 for none. It varies with the gain.
        gain: gain of the latest frame, less 1.
    """

    rng: Rng
    sigma: float = 0.018
    vignette_depth: float = 0.34
    gain: float = 0.0

    def __call__(self, image: DegradedImage) -> None:
        self.gain = 0.6 * self.gain + self.rng.normal(0, self.sigma)
        image.grey *= np.float32(1 + self.gain)
        if self.vignette_depth:
            image.grey *= tone.vignette(image.grey.shape, self.gain, self.vignette_depth)


@dataclass
class Weave:
    """Gate weave: a first-order autoregressive shift of the whole picture.

    Attributes:
        sigma: standard deviation of the shift's innovation, in pixels at a short side of 480.
        shift: (x, y) shift of the latest frame, in pixels.
    """

    rng: Rng
    sigma: float = 0.36
    shift: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def __call__(self, image: DegradedImage) -> None:
        self.shift = 0.75 * self.shift + self.rng.normal(0, self.sigma * image.unit, 2)
        image.grey, image.lost = tone.shift_image(image.grey, self.shift), tone.shift_image(image.lost, self.shift)


@dataclass
class Scratches:
    """Vertical scratches, each visible for 6 to 25 frames.

    Attributes:
        rate: probability that a scratch begins in a frame.
        initial: number of scratches in the first frame.
        strength: range of the absolute change of grey, 0..1.
        active: scratches that continue in the next frame.
    """

    rng: Rng
    rate: float = 0.045
    initial: int = 0
    strength: tuple[float, float] = (0.06, 0.17)
    active: list[marks.Scratch] = field(default_factory=list)

    def __call__(self, image: DegradedImage) -> None:
        new = self.initial + int(self.rng.random() < self.rate)
        self.initial = 0
        self.active += [marks.new_scratch(image.grey.shape[1], self.rng, self.strength) for _ in range(new)]
        self.active, mask = marks.add_scratches(image.grey, self.active, self.rng, image.unit)
        image.cover(mask)


@dataclass
class Dust:
    """Dust and hairs, different in every frame.

    Attributes:
        specks: mean number of specks per frame.
        hairs: mean number of hairs per frame.
    """

    rng: Rng
    specks: float = 1.6
    hairs: float = 0.03

    def __call__(self, image: DegradedImage) -> None:
        image.cover(marks.add_dust(image.grey, self.rng, self.specks, self.hairs, image.unit))


@dataclass
class Stains:
    """Water stains, different in every frame.

    Attributes:
        count: number of stains per frame.
        strength: largest relative change of grey, 0..1.
    """

    rng: Rng
    count: int = 4
    strength: float = 0.45

    def __call__(self, image: DegradedImage) -> None:
        image.cover(marks.add_stains(image.grey, self.rng, self.count, self.strength, image.unit))


@dataclass
class Decay:
    """Decayed emulsion in one to three frames now and then, with sound frames between.

    Attributes:
        rate: probability that decay begins in a frame, if none preceded it within RECOVERY frames.
        share: least and greatest share of the picture that is lost.
        seed: of the patches of the present decay, which stay for its frames.
        frames_left: frames that the present decay still lasts; negative for sound frames after it.
    """

    rng: Rng
    rate: float = 0.3
    share: tuple[float, float] = (0.03, 0.25)
    seed: int = 0
    frames_left: int = -RECOVERY

    def __call__(self, image: DegradedImage) -> None:
        self.frames_left -= 1
        if self.frames_left < -RECOVERY and self.rng.random() < self.rate:
            self.seed, self.frames_left = int(self.rng.integers(2**31)), int(self.rng.choice([1, 1, 1, 2, 3]))
        if self.frames_left > 0:
            own = np.random.default_rng(self.seed)
            image.cover(marks.add_decay(image.grey, own, own.uniform(*self.share), image.unit))


@dataclass
class Holes:
    """Missing regions, different in every frame.

    Attributes:
        share: share of the picture that is missing, approximately.
    """

    rng: Rng
    share: float = 0.08

    def __call__(self, image: DegradedImage) -> None:
        image.cover(marks.add_holes(image.grey, self.rng, self.share))
