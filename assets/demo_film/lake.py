"""The third shot: a boat sails across a lake under wooded hills."""

from __future__ import annotations

import cv2
import numpy as np
from boat import Boat, mirrored
from elements import Sky, Water
from nature import GREENS, grass, land, plant
from optics import Camera, over, sample, sheet, tile
from stage import Shade, lying, swaying

CAMERA = Camera(horizon=520, eye=2.7)
SHORE, SAILING = 95.0, 21.0
"""Metres to the far bank, and to the boat."""


class Lake:
    """Painted once; `at` then gives any moment of it."""

    def __init__(self, seed: int = 29) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.noise = tile(1024, 256, rng, 8, 0.52)
        self.sky = Sky(CAMERA, rng)
        self.ground = land(CAMERA, self._height, self._albedo, Shade(), SHORE, 3000, 4200)
        self.shore = sheet()
        for z in np.sort(rng.uniform(SHORE + 1, 190, 120))[::-1]:
            tone, x = GREENS[rng.integers(5)], rng.uniform(-0.66, 0.66) * z
            tall = rng.uniform(6, 13) if rng.random() < 0.7 else rng.uniform(2.5, 4)
            plant(self.shore, CAMERA, (x, 0.4, z), tall, tone, 5000, rng, 1500, rng.uniform(0.6, 1.1))
        for x in rng.uniform(-0.66, 0.66, 110) * SHORE:
            tall, tone = rng.uniform(1.2, 3.2), GREENS[rng.integers(5)]
            plant(self.shore, CAMERA, (x, -0.5, SHORE + 0.6), tall, tone, 900, rng, 1500, 1.8)
        self.reeds = sheet()
        grass(
            self.reeds,
            CAMERA,
            self._sedge,
            Shade(),
            (4.3, 5.6),
            3000,
            (0.7, 1.75),
            rng,
            self._gap,
            steps=160,
            dab=2.0,
        )
        self.reeds = cv2.GaussianBlur(self.reeds, (0, 0), 1.6)
        self.water = Water(CAMERA, int(CAMERA.horizon + CAMERA.focus * CAMERA.eye / SHORE), rng)
        self.boat = Boat(tile(512, 64, rng, 5, 0.5))

    def at(self, time: float) -> np.ndarray:
        """(H, W, 3) linear light."""
        travel = 0.28 * time
        picture = over(self.sky.at(time), lying(self.ground, CAMERA, 0))
        picture = over(picture, swaying(self.shore, CAMERA, 110, travel, time, 1.0, 600))
        picture = self.water.laid(picture, time, travel)
        scale = CAMERA.focus / SAILING
        across, row = -2.2 + 0.95 * time - travel, CAMERA.horizon + CAMERA.eye * scale
        boat = self.boat.at((640 + across * scale, row), scale, time)
        picture = over(mirrored(picture, boat, row, time), boat)
        return over(picture, swaying(self.reeds, CAMERA, 5.0, travel, time, 7.0, 1150))

    def _height(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        far = np.clip((z - 240) / 900, 0, 1) ** 1.2
        ridge = sample(self.noise, x * 0.17 + 300, z * 0.13)
        woods = (sample(self.noise, x * 5, z * 5) - 0.5) * 15 * self._wooded(x, z)
        bank = np.clip((z - SHORE) / 50, 0, 1) * 2.5
        return far * (ridge - 0.1) * 420 + bank + woods * np.clip((z - 130) / 80, 0, 1)

    def _wooded(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.clip((sample(self.noise, x * 0.8 + 90, z * 0.6) - 0.36) * 6, 0, 1)

    def _albedo(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        woods, field = (
            self._wooded(x, z)[..., None],
            sample(self.noise, x * 0.5, z * 0.3)[..., None],
        )
        open_ = np.float32([0.070, 0.105, 0.032]) * (1 - field) + np.float32([0.165, 0.150, 0.062]) * field
        trees = np.float32([0.045, 0.075, 0.030]) * (0.5 + sample(self.noise, x * 9, z * 9)[..., None])
        mixed = open_ * (1 - woods) + trees * woods
        return mixed * (0.45 + 1.1 * sample(self.noise, x * 2, z * 3)[..., None])

    def _sedge(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        dry = sample(self.noise, x * 90, z * 90)[..., None]
        return np.float32([0.055, 0.085, 0.028]) * (1 - dry) + np.float32([0.150, 0.130, 0.060]) * dry

    def _gap(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Reeds grow on the left and, sparsely, on the right."""
        edge = x + (sample(self.noise, x * 130, z * 130) - 0.5) * 1.6
        return ((edge > -1.15) & (edge < 2.2)).astype(np.float32)
