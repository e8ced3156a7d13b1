"""The first shot: a man walks down a village lane, past a brick house under trees."""

from __future__ import annotations

import cv2
import numpy as np
from actors import Smoke, draw_walker
from buildings import House, add_door, add_window, masonry, roof_tiles
from elements import Sky
from nature import GREENS, add_haze, draw_grass, draw_tree, foliage, render_ground
from optics import (
    SIDE_MARGIN,
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

CAMERA = Camera(horizon=540, eye=1.75)
"""Horizon as a row of the picture, eye height in metres."""
LANE = 7.6
"""Distance in metres of the middle of the lane, and of the man."""


class Lane:
    """The layers are painted once; `render` composes them for any time."""

    def __init__(self, seed: int = 3) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = tileable_noise(1024, 256, self.rng, 8, 0.55)
        self.grit = tileable_noise(1024, 16, self.rng, 4, 0.9)
        self.sky = Sky(CAMERA, self.rng)
        self.house = House((-7.6, 0, 20.5), (8.4, 6.2), 5.2, -0.38)
        self._add_trees()
        self.shade = ShadowMap(self.cast, [self.house.outline()])
        self.ground = render_ground(CAMERA, self._height, self._albedo, self.shade, 4.0, 1500, 1700)
        for depths, count, height, steps in (
            ((6, 34), 120_000, (0.06, 0.16), 9),
            ((4.0, 6.4), 30_000, (0.07, 0.26), 30),
        ):
            draw_grass(
                self.ground,
                CAMERA,
                self._albedo,
                self.shade,
                depths,
                count,
                height,
                self.rng,
                self._bare_ground,
                steps=steps,
            )
        self._add_house()
        self._add_fence()
        self._add_foreground()
        self.smoke = Smoke(tileable_noise(512, 128, self.rng, 6), (42, -62), 26, 4.5)
        self.weave = tileable_noise(512, 32, self.rng, 5, 0.6)

    def render(self, time: float) -> np.ndarray:
        """Return linear light (H, W, 3) at `time` seconds."""
        travel = 0.05 + 0.16 * time
        picture = composite(self.sky.render(time), view_ground(self.ground, CAMERA, travel))
        for trees, depth in ((self.far, 40), (self.behind, 28)):
            picture = composite(picture, view_swaying(trees, CAMERA, depth, travel, time, 2.0, 560))
        picture = self._draw_smoke(picture, time, travel)
        picture = composite(picture, view_upright(self.homestead, CAMERA, 20, travel))
        picture = composite(picture, view_swaying(self.tree, CAMERA, 13.5, travel, time, 3.0, 690))
        picture = composite(picture, view_upright(self.fence, CAMERA, 11.5, travel))
        x = -2.75 + 1.22 * time
        scale = CAMERA.focus / LANE
        foot = (640 + (x - travel) * scale, CAMERA.horizon + CAMERA.eye * scale)
        sun = float(self.shade(np.float32([[x + 0.3]]), np.float32([[LANE + 0.3]]))[0, 0])
        draw_walker(picture, foot, 1.76 * scale, 2.2 + time * 5.6, self.weave, 0.25 + 0.75 * sun)
        return composite(picture, view_swaying(self.front, CAMERA, 3.8, travel, time, 4.0, 1300))

    def _height(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        rise = np.clip((z - 40) / 500, 0, 1) ** 1.3
        woods = (sample_texture(self.noise, x * 9, z * 9) - 0.5) * 9 * self._wooded(x, z)
        return rise * (sample_texture(self.noise, x * 0.35 + 620, z * 0.22) - 0.08) * 150 + woods * rise

    def _wooded(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.clip((sample_texture(self.noise, x * 1.3 + 200, z * 0.9) - 0.53) * 12, 0, 1)

    def _bare_ground(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return 1 where the ground is bare (the lane and the path to the door), 0 on grass."""
        ragged = (sample_texture(self.noise, x * 55, z * 55) - 0.5) * 1.3
        lane = 1.35 - np.abs(z - LANE - 0.10 * x * np.clip(x / 6, 0, 1)) + ragged
        path = 0.55 - np.abs(x + 2.2 + (z - LANE) * 0.155) + ragged * 0.5
        path = np.where((z > LANE) & (z < 18.9), path, -1)
        return np.clip(np.maximum(lane, path) * 3 + 0.5, 0, 1)

    def _albedo(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        fine, broad = sample_texture(self.noise, x * 130, z * 130), sample_texture(self.noise, x * 4, z * 4)
        dry = np.clip((broad - 0.35) * 1.6, 0, 1)[..., None]
        green = np.float32([0.070, 0.105, 0.030]) * (1 - dry) + np.float32([0.160, 0.150, 0.060]) * dry
        field = sample_texture(self.noise, np.round(x * 0.02) * 371, np.round(z * 0.012) * 173)[..., None]
        far = np.clip((z - 60) / 60, 0, 1)[..., None]
        tilth = np.float32([0.13, 0.165, 0.05]) * (1 - field) + np.float32([0.34, 0.28, 0.12]) * field
        green = green * (1 - 0.75 * far) + tilth * 0.75 * far
        woods = self._wooded(x, z)[..., None] * far
        green = green * (1 - woods) + np.float32([0.055, 0.085, 0.030]) * woods
        grit = (0.62 + 0.76 * sample_texture(self.grit, x * 60, z * 60))[..., None]
        ruts = np.clip(1 - np.abs(np.abs(z - LANE) - 0.62) * 5, 0, 1)[..., None]
        dust = np.float32([0.36, 0.29, 0.205]) * (1 - 0.25 * ruts) * grit
        bare = self._bare_ground(x, z)[..., None]
        mixed = green * (1 - bare) + dust * bare
        return mixed * (0.50 + fine * 0.95)[..., None] * (0.8 + 0.4 * broad)[..., None]

    def _add_trees(self) -> None:
        """Draw trees, far and near; the positions of their leaves are collected for the shadow map."""
        rng, self.cast = self.rng, []
        self.far, self.behind, self.tree = empty_layer(), empty_layer(), empty_layer()
        for z in np.sort(rng.uniform(34, 110, 34))[::-1]:
            foot, height = (rng.uniform(-0.6, 0.6) * z, 0, z), rng.uniform(4, 9)
            draw_tree(self.far, CAMERA, foot, height, GREENS[rng.integers(5)], 5000, rng, 700)
        for x, z, height, k in (
            (-12.5, 31, 11, 2),
            (6.5, 30, 9.5, 4),
            (2.0, 32, 8.5, 3),
            (-9.5, 22, 7.5, 1),
        ):
            self.cast.append(draw_tree(self.behind, CAMERA, (x, 0, z), height, GREENS[k], 26_000, rng, 1500))
        self.cast.append(draw_tree(self.tree, CAMERA, (4.9, 0, 13.5), 8.2, GREENS[0], 70_000, rng))
        away = empty_layer()  # beside and behind the camera: only their shadows are visible
        self.cast.append(draw_tree(away, CAMERA, (-6.9, 0, 4.0), 6.5, GREENS[1], 12_000, rng))
        self.cast.append(draw_tree(away, CAMERA, (-3.4, 0, 1.2), 5.5, GREENS[1], 9_000, rng))

    def _add_house(self) -> None:
        """Draw the house with ivy on its corner and bushes at its foot."""
        rng, house = self.rng, self.house
        red = (0.262, 0.122, 0.082)
        front = masonry(house.w, house.height, red, (0.34, 0.125), 1, rng)
        gable = masonry(house.d, house.ridge, red, (0.34, 0.125), 1, rng)
        for x in (0.85, 3.65, 6.45):
            add_window(front, x, 0.75, 1.05, 1.35, rng)
        for x in (0.85, 6.45):
            add_window(front, x, 2.95, 1.05, 1.45, rng)
        add_window(gable, 2.6, 3.3, 0.95, 1.25, rng)
        add_door(front, 3.65, 1.05, 2.15)
        self.homestead = empty_layer()
        roof = roof_tiles(house.w + 0.6, 3.6, (0.205, 0.092, 0.060), rng)
        house.build(self.homestead, CAMERA, front, gable, roof)
        for a, up, size, count in (
            (0.2, 2.0, 0.6, 9000),
            (2.5, 0.5, 0.9, 5000),
            (5.7, 0.5, 0.9, 5000),
            (7.9, 0.8, 1.0, 8000),
            (0.9, 0.5, 1.0, 5000),
        ):
            spread = rng.normal(0, 1, (60, 3)) * [size * 0.6, up * 0.6, 0.12]
            centres = house.point(a, up, -0.35) + np.clip(spread, -1.9 * up, 1.9 * up)
            centres[:, 1] = np.maximum(centres[:, 1], 0.15)
            self._add_shrub(self.homestead, centres, 0.22, count, rng.integers(5))

    def _add_shrub(self, layer: np.ndarray, centres: np.ndarray, size: float, count: int, tone: int) -> None:
        """Draw foliage in clumps of radius `size` metres around the centres (k, 3)."""
        middle = centres.mean(0)
        radius = np.full(len(centres), size)
        positions, colour = foliage(centres, radius, count, middle, 3 * size, GREENS[tone], self.rng)
        dab = max(1.0, 0.035 * CAMERA.focus / middle[2])
        splat(layer, *CAMERA.project(positions), add_haze(colour, middle[2], 2600), dab, self.rng)

    def _add_fence(self) -> None:
        """Draw a fence along the far side of the lane, with a gap for the garden path."""
        grey, rng = np.float32([0.42, 0.39, 0.33]), self.rng
        self.fence = empty_layer()

        def board(x: float, y: float, w: float, h: float, z: float = 11.5) -> None:
            down, across = np.mgrid[0:90, 0:24]
            grain = 0.62 + 0.7 * sample_texture(self.noise, across * 9 + x * 900, down * 2)
            light = illuminate(grey * grain[..., None], np.full(grain.shape, 0.60), 0.1)
            light[:, -5:] *= 0.5
            corners = [(x, y + h, z), (x + w, y + h, z), (x + w, y, z), (x, y, z)]
            draw_quad(self.fence, CAMERA, corners, light)

        for left, right in ((-9.5, -3.4), (-2.2, 9.0)):
            for up in (0.32, 0.82):
                board(left, up, right - left, 0.085, 11.53)
            for x in np.arange(left, right, 0.2):
                board(x, rng.uniform(0, 0.03), 0.105, rng.uniform(0.95, 1.06))

    def _add_foreground(self) -> None:
        """Draw what is out of focus near the lens: a bough in the corner, tall grass below."""
        rng, self.front = self.rng, empty_layer()
        out = rng.random((80, 1)) ** 1.4
        bough = np.float32([-2.0, 3.22, 3.4]) + out * np.float32([0.95, -0.30, 0])
        spread = np.clip(rng.normal(0, 1, (80, 3)), -1.6, 1.6) * [0.10, 0.085, 0.1]
        self._add_shrub(self.front, bough + spread * (1.4 - out), 0.065, 6000, 1)
        blades = empty_layer()
        draw_grass(
            blades,
            CAMERA,
            lambda x, z: np.full((*x.shape, 3), (0.13, 0.165, 0.045), np.float32),
            lambda x, z: np.ones_like(x),
            (3.7, 4.3),
            3000,
            (0.10, 0.34),
            rng,
            steps=60,
        )
        both = self.front * (1 - blades[..., 3:]) + blades
        self.front = cv2.GaussianBlur(both, (0, 0), 2.6)

    def _draw_smoke(self, picture: np.ndarray, time: float, travel: float) -> np.ndarray:
        """Return the picture with smoke from the left chimney."""
        top = self.house.point(self.house.w * 0.16 + 0.45, self.house.ridge + 1.3, self.house.d / 2)
        x, y = CAMERA.project(top - np.float32([travel, 0, 0]))
        puffs = [
            (x - SIDE_MARGIN, y, (time + n * 0.3) % 4.5, 9, int((time + n * 0.3) // 4.5) * 15 + n) for n in range(15)
        ]
        return self.smoke.draw(picture, puffs, 0.72)
