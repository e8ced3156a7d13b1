"""How a still of the demo film is painted in a season; with a film of yours, paint the stills by hand."""

from __future__ import annotations

import cv2
import numpy as np

SEASONS = {
    "spring": ((-16, 30), (24, -2), (-12, 26), 1.0, (0, 2)),
    "summer": ((-22, 28), (-12, 36), (-18, 28), 1.2, (0, 0)),
    "autumn": ((34, 36), (12, 52), (6, 36), 0.75, (3, 5)),
    "winter": ((-2, -8), (3, -6), (-1, -8), 0.35, (2, -9)),
}
"""Two colours of leaves and one of grass (CIELAB a, b); how much of all other colour stays, and its cast."""
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
BARE = {48: ((225, 160, 175, 125),), 210: ((258, 262, 44, 84),)}
"""By a still's number: where the brush goes with leaves, and where not at all (the house, the sail), as
ellipses x, y, half width, half height."""


def brushed(ellipses, shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], np.float32)
    for x, y, across, up in ellipses:
        cv2.ellipse(mask, (x, y), (across, up), 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), 8)[..., None]


def painted(still: np.ndarray, number: int, season: str) -> np.ndarray:
    """The still in a season: its light stays, its leaves are dark and not of the sky's blue."""
    one, other, grass, keep, cast = (np.float32(value) for value in SEASONS[season])
    lab = cv2.cvtColor(still.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    light, a, b = (part[..., None] for part in cv2.split(cv2.GaussianBlur(lab, (0, 0), 3)))
    land, paint = np.clip((b + 4) / 4, 0, 1), 1 - brushed(BARE.get(number, ()), still.shape)
    leaf = brushed(TREES.get(number, ()), still.shape) * land * np.clip((62 - light) / 12, 0, 1) * paint
    green = 0.7 * np.clip((-a - 1) / 2.5, 0, 1) * land * np.clip((78 - light) / 10, 0, 1) * paint
    clumps = np.random.default_rng(4).random((6, 8), np.float32)
    clumps = cv2.resize(clumps, still.shape[1::-1], interpolation=cv2.INTER_CUBIC)[..., None]
    which, depth = np.clip(3 * clumps - 1, 0, 1), np.clip(light / 45, 0.35, 1)
    colour = lab[..., 1:] * keep + cast
    colour += (grass * depth - colour) * green
    colour += ((one + (other - one) * which) * depth - colour) * leaf
    rgb = cv2.cvtColor(np.dstack([lab[..., :1], colour]).astype(np.float32), cv2.COLOR_LAB2RGB)
    return (np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8)
