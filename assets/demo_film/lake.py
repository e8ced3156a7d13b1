"""The third shot: a boat sails across a lake under wooded hills."""

from __future__ import annotations

import cv2
import numpy as np
from boat import Boat, add_reflection
from elements import Sky, Water
from nature import GREENS, draw_grass, draw_tree, render_ground
from optics import Camera, composite, empty_layer, sample_texture, tileable_noise
from parallax import ShadowMap, view_ground, view_swaying

CAMERA = Camera(horizon=520, eye=2.7)
"""Horizon as a row of the picture, eye height in metres."""
SHORE = 95.0
"""Distance of the far bank in metres."""
SAILING = 21.0
"""Distance of the boat in metres."""


class Lake:
    """The layers are painted once; `render` composes them for any time."""

    def __init__(self, seed: int = 29) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.noise = tileable_noise(1024, 256, rng, 8, 0.52)
        self.sky = Sky(CAMERA, rng)
        self.ground = render_ground(CAMERA, self._height, self._albedo, ShadowMap(), SHORE, 3000, 4200)
        self.shore = empty_layer()
        for z in np.sort(rng.uniform(SHORE + 1, 190, 120))[::-1]:
            tone, x = GREENS[rng.integers(5)], rng.uniform(-0.66, 0.66) * z
            height = rng.uniform(6, 13) if rng.random() < 0.7 else rng.uniform(2.5, 4)
            draw_tree(self.shore, CAMERA, (x, 0.4, z), height, tone, 5000, rng, 1500, rng.uniform(0.6, 1.1))
        for x in rng.uniform(-0.66, 0.66, 110) * SHORE:
            height, tone = rng.uniform(1.2, 3.2), GREENS[rng.integers(5)]
            draw_tree(self.shore, CAMERA, (x, -0.5, SHORE + 0.6), height, tone, 900, rng, 1500, 1.8)
        self.reeds = empty_layer()
        draw_grass(
            self.reeds,
            CAMERA,
            self._sedge,
            ShadowMap(),
            (4.3, 5.6),
            3000,
            (0.7, 1.75),
            rng,
            self._reed_gap,
            steps=160,
            dab=2.0,
        )
        self.reeds = cv2.GaussianBlur(self.reeds, (0, 0), 1.6)
        self.water = Water(CAMERA, int(CAMERA.horizon + CAMERA.focus * CAMERA.eye / SHORE), rng)
        self.boat = Boat(tileable_noise(512, 64, rng, 5, 0.5))

    def render(self, time: float) -> np.ndarray:
        """Return linear light (H, W, 3) at `time` seconds."""
        travel = 0.28 * time
        picture = composite(self.sky.render(time), view_ground(self.ground, CAMERA, 0))
        picture = composite(picture, view_swaying(self.shore, CAMERA, 110, travel, time, 1.0, 600))
        picture = self.water.draw(picture, time, travel)
        scale = CAMERA.focus / SAILING
        across, row = -2.2 + 0.95 * time - travel, CAMERA.horizon + CAMERA.eye * scale
        boat = self.boat.render((640 + across * scale, row), scale, time)
        picture = composite(add_reflection(picture, boat, row, time), boat)
        return composite(picture, view_swaying(self.reeds, CAMERA, 5.0, travel, time, 7.0, 1150))

    def _height(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        far = np.clip((z - 240) / 900, 0, 1) ** 1.2
        ridge = sample_texture(self.noise, x * 0.17 + 300, z * 0.13)
        woods = (sample_texture(self.noise, x * 5, z * 5) - 0.5) * 15 * self._wooded(x, z)
        bank = np.clip((z - SHORE) / 50, 0, 1) * 2.5
        return far * (ridge - 0.1) * 420 + bank + woods * np.clip((z - 130) / 80, 0, 1)

    def _wooded(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.clip((sample_texture(self.noise, x * 0.8 + 90, z * 0.6) - 0.36) * 6, 0, 1)

    def _albedo(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        woods, field = (
            self._wooded(x, z)[..., None],
            sample_texture(self.noise, x * 0.5, z * 0.3)[..., None],
        )
        open_ = np.float32([0.070, 0.105, 0.032]) * (1 - field) + np.float32([0.165, 0.150, 0.062]) * field
        trees = np.float32([0.045, 0.075, 0.030]) * (0.5 + sample_texture(self.noise, x * 9, z * 9)[..., None])
        mixed = open_ * (1 - woods) + trees * woods
        return mixed * (0.45 + 1.1 * sample_texture(self.noise, x * 2, z * 3)[..., None])

    def _sedge(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        dry = sample_texture(self.noise, x * 90, z * 90)[..., None]
        return np.float32([0.055, 0.085, 0.028]) * (1 - dry) + np.float32([0.150, 0.130, 0.060]) * dry

    def _reed_gap(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return 1 where no reeds grow, else 0: they grow on the left and, sparsely, on the right."""
        edge = x + (sample_texture(self.noise, x * 130, z * 130) - 0.5) * 1.6
        return ((edge > -1.15) & (edge < 2.2)).astype(np.float32)
