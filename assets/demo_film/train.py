"""A locomotive with its tender and carriages, from the side, moving to the right."""

from __future__ import annotations

import math

import cv2
import numpy as np
from optics import SUN, H, W, illuminate, tileable_noise

SCALE = 64
"""Sprite pixels per metre."""
SPRITE_HEIGHT = 4.7
"""Metres from the rails to the top edge of the sprite."""
ENGINE = 15.6
"""Length of locomotive and tender in metres."""
CAR = 13.0
"""Length of a carriage in metres."""
CARS = 3
"""Number of carriages."""
LENGTH = ENGINE + CAR * CARS
"""Length of the train in metres."""
WHEELS = (
    (14.3, 0.48),
    (12.9, 0.88),
    (10.8, 0.88),
    (8.7, 0.88),
    (5.2, 0.55),
    (3.3, 0.55),
    (1.4, 0.55),
)
"""Wheels of locomotive and tender: distance from the tender's tail and radius, in metres."""
GREEN = np.float32([0.030, 0.072, 0.040])
"""Albedo of the boiler, linear RGB; the other colours are albedos too."""
MAROON = np.float32([0.150, 0.030, 0.026])
"""Linear RGB albedo (3,), 0 to 1, of the coaches; likewise below."""
CREAM = np.float32([0.52, 0.45, 0.30])
"""Albedo of the upper part of the coaches."""
BLACK = np.float32([0.020, 0.020, 0.022])
"""Albedo of the black paint."""
BRASS = np.float32([0.42, 0.27, 0.08])
"""Albedo of brass."""
IRON = np.float32([0.075, 0.072, 0.070])
"""Albedo of bare iron."""


class Train:
    """The sprite is painted once; wheels and rods are drawn on a copy of it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.art = np.zeros((int(SPRITE_HEIGHT * SCALE), int(LENGTH * SCALE), 4), np.float32)
        grime = tileable_noise(1024, 128, rng, 8, 0.6)
        self.grime = np.tile(grime, (1, 1 + self.art.shape[1] // 1024))[: self.art.shape[0], : self.art.shape[1]]
        for n in range(CARS):
            self._carriage(n * CAR, rng)
        self._engine(CAR * CARS)

    def draw(self, picture: np.ndarray, nose: float, rail: float, scale: float, rolled: float) -> np.ndarray:
        """Return a picture (H, W, 3) with the train.

        Args:
            nose: column of its front.
            rail: row of the rails.
            scale: pixels per metre.
            rolled: distance travelled in metres, for the wheels.
        """
        art = self.art.copy()
        for x, radius in WHEELS:
            self._wheel(art, CAR * CARS + x, radius, rolled)
        self._rods(art, rolled)
        k = scale / SCALE
        place = np.float32([[k, 0, nose - LENGTH * scale], [0, k, rail - SPRITE_HEIGHT * scale]])
        warped = cv2.warpAffine(art, place, (W, H), flags=cv2.INTER_LINEAR)
        return picture * (1 - warped[..., 3:]) + warped[..., :3]

    def _patch(self, x: float, y: float, w: float, h: float) -> tuple[slice, slice]:
        """Return the sprite's slices for a box, in metres from the tail and above the rails."""
        top = int((SPRITE_HEIGHT - y - h) * SCALE)
        return slice(top, top + max(1, int(h * SCALE))), slice(int(x * SCALE), int((x + w) * SCALE))

    def _box(self, x: float, y: float, w: float, h: float, colour, dim: float = 1.0) -> None:
        """Draw a flat side."""
        rows, columns = self._patch(x, y, w, h)
        facing = np.full(self.grime[rows, columns].shape, -SUN[2])
        light = illuminate(colour, facing, 0.0) * (0.65 + 0.7 * self.grime[rows, columns])[..., None]
        self.art[rows, columns] = np.dstack([light * dim, np.ones_like(facing)])

    def _drum(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        colour,
        upright: bool = False,
        low: float = -1.0,
        gloss: float = 0.7,
    ) -> None:
        """Draw a cylinder along the train, or upright; a horizontal one is cut at the height `low`, -1 to 1."""
        rows, columns = self._patch(x, y, w, h)
        shape = self.grime[rows, columns].shape
        v = np.linspace(1, low, shape[0])[:, None] * np.ones(shape)
        u = np.linspace(-1, 1, shape[1])[None] * np.ones(shape)
        nx, ny = (u, 0 * u) if upright else (0 * v, v)
        nz = -np.sqrt(np.clip(1 - nx * nx - ny * ny, 0, 1))
        facing = np.float32(nx * SUN[0] + ny * SUN[1] + nz * SUN[2])
        shine = gloss * np.clip(facing, 0, 1) ** 14 * 0.55
        light = illuminate(colour, facing, ny) * (0.7 + 0.6 * self.grime[rows, columns])[..., None]
        self.art[rows, columns] = np.dstack([light + shine[..., None], np.ones(shape)])

    def _carriage(self, x: float, rng: np.random.Generator) -> None:
        """Draw a carriage: maroon below, cream above, a tarred roof, bogies in the shade."""
        self._box(x + 0.35, 0.55, CAR - 0.7, 0.45, BLACK, 0.8)
        self._drum(x + 0.2, 0.95, CAR - 0.4, 1.25, MAROON * 0.85, low=-0.55, gloss=0.25)
        self._box(x + 0.2, 2.15, CAR - 0.4, 1.05, CREAM)
        self._box(x + 0.2, 2.12, CAR - 0.4, 0.05, BRASS)
        self._drum(x + 0.05, 3.15, CAR - 0.1, 0.5, np.float32([0.17, 0.165, 0.16]), low=0.1, gloss=0.1)
        rows, columns = self._patch(x + 0.2, 3.02, CAR - 0.4, 0.14)
        self.art[rows, columns, :3] *= 0.42
        for n in range(9):
            left = x + 0.62 + n * 1.34
            self._box(left - 0.05, 2.24, 1.0, 0.76, MAROON)
            self._box(left, 2.29, 0.9, 0.66, np.float32([0.03, 0.035, 0.04]) * rng.uniform(0.6, 2.4))
            rows, columns = self._patch(left, 2.62, 0.9, 0.33)
            self.art[rows, columns, :3] += np.float32([0.16, 0.20, 0.25]) * rng.uniform(0.1, 1)
            self._box(left + 1.06, 1.0, 0.03, 2.1, BLACK)
        for bogie in (1.6, 3.4, CAR - 3.4, CAR - 1.6):
            self._wheel(self.art, x + bogie, 0.46, 0.0)
        self._box(x + 0.9, 0.48, 3.2, 0.24, BLACK, 0.7)
        self._box(x + CAR - 4.1, 0.48, 3.2, 0.24, BLACK, 0.7)

    def _engine(self, x: float) -> None:
        """Draw the locomotive and its tender, from the tender's tail to the buffers."""
        self._box(x + 0.2, 0.75, 6.0, 0.35, BLACK)
        self._box(x + 0.2, 1.05, 5.9, 1.45, GREEN)
        self._box(x + 0.3, 1.20, 5.7, 0.04, BRASS)
        self._drum(x + 0.5, 2.45, 5.2, 0.55, BLACK, low=0.0, gloss=0.0)
        self._box(x + 6.5, 0.95, 8.6, 0.22, np.float32([0.19, 0.030, 0.024]))
        self._box(x + 6.45, 1.1, 2.1, 2.3, GREEN)
        self._box(x + 6.95, 2.25, 0.95, 0.85, np.float32([0.02, 0.02, 0.02]))
        self._drum(x + 6.2, 3.38, 2.65, 0.34, BLACK, low=0.1)
        self._drum(x + 8.5, 1.45, 4.9, 1.75, GREEN * 1.1)
        self._drum(x + 13.3, 1.40, 1.35, 1.85, BLACK)
        self._box(x + 8.5, 1.17, 1.5, 0.9, GREEN)
        for band in (9.6, 10.9, 12.2, 13.25):
            self._drum(x + band, 1.44, 0.07, 1.77, BRASS)
        self._drum(x + 10.45, 3.05, 0.95, 0.62, BRASS, upright=True)
        self._drum(x + 10.60, 3.65, 0.65, 0.16, BRASS, upright=True)
        self._drum(x + 9.05, 3.05, 0.35, 0.50, BRASS, upright=True)
        self._drum(x + 13.72, 3.15, 0.52, 1.05, BLACK, upright=True)
        self._drum(x + 13.60, 4.15, 0.76, 0.24, BLACK, upright=True)
        self._box(x + 13.4, 1.05, 1.5, 0.55, BLACK)
        self._drum(x + 13.1, 0.55, 1.25, 0.55, BLACK)
        self._drum(x + 14.95, 0.92, 0.55, 0.34, IRON)

    def _wheel(self, art: np.ndarray, x: float, radius: float, rolled: float) -> None:
        """Draw a spoked wheel on the rail, rotated by the distance rolled."""
        centre = (int(x * SCALE), int((SPRITE_HEIGHT - radius) * SCALE))
        r = radius * SCALE

        def ring(size: float, colour, thick: int) -> None:
            cv2.circle(art, centre, int(size), (*map(float, colour), 1.0), thick)

        ring(r, BLACK * 0.5, -1)
        for spoke in range(12 if radius > 0.6 else 8):
            angle = rolled / radius + spoke * math.tau / (12 if radius > 0.6 else 8)
            end = (
                int(centre[0] + math.cos(angle) * r * 0.9),
                int(centre[1] + math.sin(angle) * r * 0.9),
            )
            cv2.line(art, centre, end, (0.17, 0.030, 0.024, 1.0), 4)
        ring(r - 2, IRON * 1.5, 4)
        ring(r * 0.2, IRON, -1)

    def _rods(self, art: np.ndarray, rolled: float) -> None:
        """Draw the coupling rod of the driving wheels, and the connecting rod from the cylinder."""
        turn = rolled / 0.88
        dx, dy = 0.42 * math.cos(turn), -0.42 * math.sin(turn)

        def at(x: float, y: float) -> tuple[int, int]:
            return int((CAR * CARS + x) * SCALE), int((SPRITE_HEIGHT - y) * SCALE)

        steel = (0.62, 0.62, 0.64, 1.0)
        cv2.line(art, at(8.7 + dx, 0.88 + dy), at(12.9 + dx, 0.88 + dy), steel, 8)
        cv2.line(art, at(10.8 + dx, 0.88 + dy), at(13.5 + dx * 0.9, 0.88), steel, 6)
