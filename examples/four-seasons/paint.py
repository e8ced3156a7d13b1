"""Painting of the demo film's stills in the colours of a season. Paint stills of another film by hand."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

SEASONS = {
    "spring": ((-16, 30), (24, -2), (-12, 26), 1.0, (0, 2)),
    "summer": ((-22, 28), (-12, 36), (-18, 28), 1.2, (0, 0)),
    "autumn": ((34, 36), (12, 52), (6, 36), 0.75, (3, 5)),
    "winter": ((-2, -8), (3, -6), (-1, -8), 0.35, (2, -9)),
}
"""For each season: two colours of leaves and one of grass (CIELAB a, b); the share of all other colours that stays,
and the colour (a, b) that is added to them."""
TREES = {
    48: ((545, 140, 150, 165), (45, 135, 75, 85), (30, 25, 55, 50), (75, 255, 60, 60)),
    138: (
        (50, 245, 62, 85),
        (600, 250, 58, 70),
        (185, 255, 60, 50),
        (320, 255, 58, 50),
        (460, 255, 60, 50),
        (190, 315, 28, 25),
    ),
    210: ((320, 262, 340, 62),),
}
"""By the number of a still: ellipses in which leaves are painted (x, y, half width, half height, in pixels)."""
BARE = {48: ((225, 160, 175, 125),), 210: ((258, 262, 44, 84),)}
"""The same for regions that are not painted: the house and the sail."""


def mask_of(ellipses: Iterable[tuple[int, int, int, int]], shape: tuple[int, ...]) -> np.ndarray:
    """A mask (H, W, 1) float32 in 0..1 of ellipses with soft edges."""
    mask = np.zeros(shape[:2], np.float32)
    for x, y, half_width, half_height in ellipses:
        cv2.ellipse(mask, (x, y), (half_width, half_height), 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), 8)[..., None]


def painted(still: np.ndarray, number: int, season: str) -> np.ndarray:
    """A still RGB (H, W, 3) uint8 in the colours of a season; its luma is unchanged.

    Leaves are painted where the still is dark and not blue like the sky, grass where it is greenish.
    """
    leaf_a, leaf_b, grass, keep, cast = (np.float32(value) for value in SEASONS[season])
    lab = cv2.cvtColor(still.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    light, a, b = (part[..., None] for part in cv2.split(cv2.GaussianBlur(lab, (0, 0), 3)))
    land, paint = np.clip((b + 4) / 4, 0, 1), 1 - mask_of(BARE.get(number, ()), still.shape)
    leaf_mask = mask_of(TREES.get(number, ()), still.shape) * land * np.clip((62 - light) / 12, 0, 1) * paint
    grass_mask = 0.7 * np.clip((-a - 1) / 2.5, 0, 1) * land * np.clip((78 - light) / 10, 0, 1) * paint
    clumps = np.random.default_rng(4).random((6, 8), np.float32)
    clumps = cv2.resize(clumps, still.shape[1::-1], interpolation=cv2.INTER_CUBIC)[..., None]
    blend, depth = np.clip(3 * clumps - 1, 0, 1), np.clip(light / 45, 0.35, 1)
    colour = lab[..., 1:] * keep + cast
    colour += (grass * depth - colour) * grass_mask
    colour += ((leaf_a + (leaf_b - leaf_a) * blend) * depth - colour) * leaf_mask
    rgb = cv2.cvtColor(np.dstack([lab[..., :1], colour]).astype(np.float32), cv2.COLOR_LAB2RGB)
    return (np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8)
