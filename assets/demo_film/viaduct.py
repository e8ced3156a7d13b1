"""The second shot: a train crosses a stone viaduct and is reflected in the river."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from actors import Smoke
from buildings import TEXELS_PER_METRE, masonry
from elements import Sky, Water
from nature import GREENS, add_haze, draw_grass, draw_tree, foliage, render_ground
from optics import (
    LAYER_WIDTH,
    SUN,
    Camera,
    composite,
    draw_quad,
    empty_layer,
    illuminate,
    sample_texture,
    splat,
    tileable_noise,
)
from parallax import ShadowMap, view_ground, view_swaying, view_upright
from train import Train

CAMERA = Camera(horizon=520, eye=5.0)
"""Horizon as a row of the picture, eye height in metres."""
FRONT = 38.0
"""Distance of the viaduct's near face in metres."""
BACK = 42.5
"""Distance of its far face in metres."""
DECK = 11.0
"""Height of the viaduct in metres."""
PITCH = 10.0
"""Distance between two arches in metres."""
SPAN = 4.05
"""Radius of an arch in metres."""
SPRING = 4.3
"""Height at which the curve of an arch begins, in metres."""
SHORE = 33.5
"""Distance of the near bank in metres."""
SPEED = 8.6
"""Speed of the train in metres per second."""
STONE = np.float32([0.300, 0.255, 0.190])
"""Albedo of the stone, linear RGB."""


class Viaduct:
    """The layers are painted once; `render` composes them for any time."""

    def __init__(self, seed: int = 11) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = tileable_noise(1024, 256, self.rng, 8, 0.55)
        self.sky = Sky(CAMERA, self.rng)
        self.behind, self.bridge, self.bank = empty_layer(), empty_layer(), empty_layer()
        cast: list[np.ndarray] = []
        for z in np.sort(self.rng.uniform(48, 130, 52))[::-1]:
            tone, x = GREENS[self.rng.integers(5)], self.rng.uniform(-0.62, 0.62) * z
            height = self.rng.uniform(5, 9.5)
            cast.append(draw_tree(self.behind, CAMERA, (x, 0.2, z), height, tone, 6000, self.rng, 700))
        shade = ShadowMap(cast, scale=6.0)
        self.ground = render_ground(CAMERA, self._height, self._albedo, shade, SHORE, 2200, 2600)
        self._add_vaults()
        self._add_face()
        self._add_shore()
        self.train = Train(self.rng)
        self.water = Water(CAMERA, int(CAMERA.horizon + CAMERA.focus * CAMERA.eye / SHORE), self.rng)
        self.smoke = Smoke(tileable_noise(512, 128, self.rng, 6), (30, -74), 40, 4.0)

    def render(self, time: float) -> np.ndarray:
        """Return linear light (H, W, 3) at `time` seconds."""
        travel = 0.55 * time
        scale = CAMERA.focus / (FRONT + 2)
        picture = composite(self.sky.render(time), view_ground(self.ground, CAMERA, 0))
        picture = composite(picture, view_swaying(self.behind, CAMERA, 75, travel, time, 1.5, 640))
        nose, rail = -9.5 + SPEED * time, CAMERA.horizon + (CAMERA.eye - DECK) * scale
        column = 640 + (nose - travel) * scale
        picture = self.train.draw(picture, column, rail, scale, SPEED * time)
        puffs = []
        for n in range(-22, 40):
            born = n * 0.115
            x = 640 + (-9.5 + SPEED * born - 1.65 - travel) * scale
            puffs.append((x, rail - 4.4 * scale, time - born, 12, n + 50))
        picture = self.smoke.draw(picture, puffs)
        picture = composite(picture, view_upright(self.bridge, CAMERA, FRONT, travel))
        picture = composite(picture, view_swaying(self.bank, CAMERA, SHORE + 1.5, travel, time, 2.0, 730))
        return self.water.draw(picture, time, travel)

    def _height(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        rise = np.clip((z - 120) / 800, 0, 1)
        woods = (sample_texture(self.noise, x * 7, z * 7) - 0.5) * 16 * self._wooded(x, z)
        return rise * (sample_texture(self.noise, x * 0.26 + 480, z * 0.2) - 0.02) * 300 + woods * rise**0.5

    def _wooded(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.clip((sample_texture(self.noise, x * 1.0, z * 0.8) - 0.46) * 10, 0, 1)

    def _albedo(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        fine, broad = (
            sample_texture(self.noise, x * 30, z * 30),
            sample_texture(self.noise, x * 2, z * 2)[..., None],
        )
        green = np.float32([0.085, 0.130, 0.034]) * (1 - broad) + np.float32([0.20, 0.19, 0.070]) * broad
        woods = self._wooded(x, z)[..., None] * np.clip((z - 120) / 60, 0, 1)[..., None]
        green = green * (1 - woods) + np.float32([0.048, 0.078, 0.030]) * woods
        return green * (0.55 + 0.9 * fine)[..., None]

    def _add_vaults(self) -> None:
        """Draw the undersides of the arches and the inner sides of the piers, stone by stone."""
        angles = np.linspace(0, np.pi, 37)
        curve = np.stack([SPAN * np.cos(angles), SPRING + SPAN * np.sin(angles)], -1)
        foot = [np.linspace((s, y0), (s, y1), 9) for s, y0, y1 in ((SPAN, 0, SPRING), (-SPAN, SPRING, 0))]
        outline = np.concatenate([foot[0][:-1], curve, foot[1][1:]])
        depths = np.linspace(BACK, FRONT, 11)
        for middle in np.arange(-3, 4) * PITCH:
            for (x0, y0), (x1, y1) in pairwise(outline):
                normal = np.float32([-(y1 - y0), x1 - x0, 0])
                normal /= np.linalg.norm(normal)
                for near, far in pairwise(depths[::-1]):
                    sun = 0.9 * (far - FRONT < (SPAN - x0) * 0.75) * (y0 < SPRING + 1.5)
                    stone = STONE * self.rng.normal(0.85, 0.16)
                    light = illuminate(stone, np.float32(normal @ SUN), 0.1 + 0.3 * normal[1], sun)
                    block = [(x0, y0, near), (x1, y1, near), (x1, y1, far), (x0, y0, far)]
                    corners = np.float32(block) + np.float32([middle, 0, 0])
                    pixels = np.int32(np.stack(CAMERA.project(corners), -1) + 0.5)
                    cv2.fillConvexPoly(self.bridge, pixels, (*map(float, light), 1.0))

    def _add_face(self) -> None:
        """Draw the near face with its arches cut out, their rings of wedge stones, and the cornice."""
        wide = 8 * PITCH
        wall = masonry(wide, DECK, STONE, (0.95, 0.42), 1, self.rng)
        y, x = np.mgrid[0 : wall.shape[0], 0 : wall.shape[1]].astype(np.float32)
        x, y = (x / TEXELS_PER_METRE - wide / 2 + PITCH / 2) % PITCH - PITCH / 2, DECK - y / TEXELS_PER_METRE
        away = np.hypot(x, np.maximum(y - SPRING, 0))
        ring = (away < SPAN + 0.62) & (y > SPRING)
        wedge = np.int32(np.arctan2(y - SPRING, x) * 21) % 66
        wall[ring] = (STONE * 1.25 * self.rng.normal(1, 0.13, (66, 1)))[wedge[ring]]
        joint = np.abs(np.arctan2(y - SPRING, x) * 21 % 1 - 0.5) > 0.45
        wall[ring & (joint | (away > SPAN + 0.56))] *= 0.55
        wall[(y > SPRING - 0.35) & (y < SPRING) & (away < SPAN + 0.9)] *= 1.25
        stain = np.exp(-np.clip(y, 0, None) * 1.4)[..., None]
        wall = wall * (1 - 0.6 * stain) + np.float32([0.05, 0.07, 0.03]) * 0.6 * stain
        shade = np.where((y < DECK - 0.42) & (y > DECK - 1.0), 0.25, 1.0).astype(np.float32)
        wall[y > DECK - 0.42] *= 1.3
        light = illuminate(wall, np.full(y.shape, -SUN[2]), 0.0, cv2.GaussianBlur(shade, (0, 0), 4))
        down, along = np.mgrid[0 : y.shape[0], 0 : y.shape[1]] * 0.21
        light *= (0.55 + 0.9 * sample_texture(self.noise, along, down))[..., None]
        stands = (away > SPAN).astype(np.float32)[..., None]
        half = wide / 2
        corners = [(-half, DECK, FRONT), (half, DECK, FRONT), (half, 0, FRONT), (-half, 0, FRONT)]
        draw_quad(self.bridge, CAMERA, corners, np.dstack([light * stands, stands]))

    def _add_shore(self) -> None:
        """Draw bushes, sedge, and a tree on either side of the picture."""
        rng = self.rng
        for x, z, height, k in (
            (-15.0, 36.0, 10.5, 0),
            (15.5, 36.5, 9.0, 4),
            (18.5, 35.5, 7.5, 1),
            (-6, 36.6, 3.6, 3),
        ):
            draw_tree(self.bank, CAMERA, (x, 0, z), height, GREENS[k], 30_000, rng, 2600)
        for x in rng.uniform(-0.6, 0.6, 46) * LAYER_WIDTH / CAMERA.focus * 34:
            centres = np.float32([x, 0.25, 34.6]) + rng.normal(0, 1, (9, 3)) * [0.7, 0.22, 0.3]
            radius, tone = np.full(9, rng.uniform(0.25, 0.6)), GREENS[rng.integers(5)]
            positions, colour = foliage(centres, radius, 1500, centres.mean(0), 1.6, tone, rng)
            splat(self.bank, *CAMERA.project(positions), add_haze(colour, 34.0, 2600), 1.6, rng)
        draw_grass(self.bank, CAMERA, self._albedo, ShadowMap(), (33.6, 36.5), 9000, (0.3, 0.9), rng)
