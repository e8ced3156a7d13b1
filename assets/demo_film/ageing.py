"""Ageing: frames in colour become an old black-and-white film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from reimagine.degradation.marks import add_dust, add_scratches, new_scratch
from reimagine.degradation.tone import add_film_grain, orthochromatic, print_curve, shift_image, vignette


def age_film(frames: Iterable[np.ndarray], seed: int = 1910) -> Iterator[np.ndarray]:
    """Yield luma (H, W) uint8 in broadcast range, with the damage of an old print, of frames (H, W, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    scratches = []
    flicker, weave = 0.0, np.zeros(2)
    for colour in frames:
        flicker = 0.6 * flicker + rng.normal(0, 0.018)
        weave = 0.75 * weave + rng.normal(0, 0.36, 2)
        grey = shift_image(print_curve(orthochromatic(colour)), weave)
        grey = add_film_grain(grey * (1 + flicker) * vignette(grey.shape, flicker), rng)
        if rng.random() < 0.045:
            scratches.append(new_scratch(grey.shape[1], rng))
        scratches, _ = add_scratches(grey, scratches, rng)
        add_dust(grey, rng)
        yield (np.clip(grey, 0, 1) * 219 + 16.5).astype(np.uint8)
