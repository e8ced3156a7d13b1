"""Walls, roofs, windows and a house: textures that are projected onto planes."""

from __future__ import annotations

import cv2
import numpy as np
from optics import SUN, Camera, draw_quad, illuminate, tileable_noise

TEXELS_PER_METRE = 64
"""Texture pixels per metre."""


def masonry(w: float, h: float, colour, block: tuple[float, float], joint: int, rng: np.random.Generator) -> np.ndarray:
    """Return the albedo of a wall of w x h metres, in courses; the blocks differ in brightness.

    Args:
        colour: mean albedo, linear RGB.
        block: width and height of a block in metres.
        joint: width of the mortar in texture pixels.
    """
    rows, columns = int(h * TEXELS_PER_METRE), int(w * TEXELS_PER_METRE)
    long, height = int(block[0] * TEXELS_PER_METRE), int(block[1] * TEXELS_PER_METRE)
    weather = tileable_noise(1024, 256, rng, 8, 0.6)
    weather = np.tile(weather, (1 + rows // 1024, 1 + columns // 1024))[:rows, :columns]
    y, x = np.mgrid[0:rows, 0:columns]
    course = y // height
    x = x + course * long // 2 + rng.integers(0, max(1, long // 3), course.max() + 1)[course]
    fired = rng.normal(1, 0.20, (course.max() + 1, x.max() // long + 1))[course, x // long]
    wall = np.float32(colour) * fired[..., None]
    edge = np.minimum(np.minimum(x % long, long - 1 - x % long), y % height)
    wall[edge < joint] = np.float32([0.34, 0.30, 0.25])
    wall[(y % height == height - 1) | (edge == joint)] *= 0.72
    damp = 1.12 - 0.35 * np.linspace(0, 1, rows)[:, None] ** 6
    return np.float32(wall * (0.50 + weather * 1.0)[..., None] * damp[..., None])


def roof_tiles(w: float, h: float, colour, rng: np.random.Generator) -> np.ndarray:
    """Return the albedo of a roof of w x h metres: overlapping rows of tiles, with soot and moss."""
    rows, columns = int(h * TEXELS_PER_METRE), int(w * TEXELS_PER_METRE)
    y, x = np.mgrid[0:rows, 0:columns]
    row = y // 11
    x = x + row * 8
    fired = rng.normal(1, 0.19, (row.max() + 1, x.max() // 14 + 1))[row, x // 14]
    weather = tileable_noise(1024, 256, rng, 8, 0.6)[:rows, :columns]
    roof = np.float32(colour) * (fired * (0.55 + 0.45 * (y % 11) / 10))[..., None]
    roof[x % 14 == 0] *= 0.7
    moss = np.clip((weather - 0.56) * 5, 0, 0.7)[..., None]
    mixed = roof * (1 - moss) + np.float32([0.10, 0.11, 0.05]) * moss
    return np.float32(mixed * (0.6 + 0.8 * weather[..., None]))


def add_window(wall: np.ndarray, x: float, y: float, w: float, h: float, rng) -> None:
    """Draw a sash window into a wall's albedo in place; position and size in metres, from the top left."""
    x, y, w, h = (int(v * TEXELS_PER_METRE) for v in (x, y, w, h))
    wall[y - 12 : y, x - 8 : x + w + 8] = np.float32([0.44, 0.39, 0.32]) * rng.uniform(0.9, 1.1)
    wall[y + h : y + h + 8, x - 8 : x + w + 8] = np.float32([0.60, 0.56, 0.48])
    wall[y + h + 8 : y + h + 17, x - 4 : x + w + 8] *= 0.5
    wall[y : y + h, x : x + w] = np.float32([0.56, 0.54, 0.48])
    for i in range(2):
        for j in range(3):
            top, left = y + 7 + j * (h - 7) // 3, x + 7 + i * (w - 7) // 2
            bottom, right = top + (h - 7) // 3 - 6, left + (w - 7) // 2 - 6
            ramp = np.linspace(1.2, 0.6, bottom - top)[:, None, None] * rng.uniform(0.5, 1.5)
            wall[top:bottom, left:right] = np.float32([0.050, 0.062, 0.080]) * ramp
            near = slice(left, left + 9) if i == 0 else slice(right - 9, right)
            wall[top:bottom, near] = np.float32([0.24, 0.23, 0.20])
    wall[y : y + 8, x : x + w] *= 0.35
    wall[y : y + h, x : x + 6] *= 0.45


def add_door(wall: np.ndarray, x: float, w: float, h: float) -> None:
    """Draw a panelled door at the foot of a wall's albedo in place; position and size in metres."""
    rows = wall.shape[0]
    x, w, h = (int(v * TEXELS_PER_METRE) for v in (x, w, h))
    wall[rows - h - 16 : rows - h, x - 14 : x + w + 14] = np.float32([0.52, 0.48, 0.41])
    wall[rows - h : rows - h + 22, x - 8 : x + w + 8] *= 0.45
    leaf = wall[rows - h + 8 : rows - 8, x : x + w]
    leaf[:] = np.float32([0.035, 0.075, 0.060])
    for top in (12, h // 2):
        for left in (8, w // 2 + 4):
            panel = leaf[top : top + h // 2 - 30, left : left + w // 2 - 12]
            panel *= 0.55
            panel[3:, 3:] *= 2.2
    leaf[:14] *= 0.4
    wall[rows - 8 :, x - 10 : x + w + 10] = np.float32([0.42, 0.40, 0.36])


class House:
    """A two-storey house on level ground, turned by `yaw` radians."""

    def __init__(self, corner, size: tuple[float, float], height: float, yaw: float) -> None:
        self.corner, (self.w, self.d), self.height = np.float32(corner), size, height
        self.along = np.float32([np.cos(yaw), 0, np.sin(yaw)])
        self.back = np.float32([-np.sin(yaw), 0, np.cos(yaw)])
        self.ridge = height + self.d * 0.42

    def point(self, a: float, up: float, b: float) -> np.ndarray:
        """Return the world point `a` metres along the front, `up` metres high and `b` metres behind it."""
        return self.corner + self.along * a + self.back * b + np.float32([0, up, 0])

    def outline(self) -> np.ndarray:
        """Return the corners of the house; the convex hull of their shadows is its shadow: (n, 3)."""
        ends = [(a, self.ridge, self.d / 2) for a in (0, self.w)]
        ends += [(a, u, b) for a in (0, self.w) for u in (0, self.height) for b in (0, self.d)]
        return np.stack([self.point(*end) for end in ends])

    def build(
        self,
        layer: np.ndarray,
        camera: Camera,
        front: np.ndarray,
        gable: np.ndarray,
        roof: np.ndarray,
    ) -> None:
        """Illuminate the albedo textures and project them onto front, right-hand gable and roof."""
        self._front(layer, camera, front)
        self._gable(layer, camera, gable)
        for a in (self.w * 0.16, self.w * 0.80):
            self.chimney(layer, camera, a, front)
        self._roof(layer, camera, roof)

    def _front(self, layer: np.ndarray, camera: Camera, front: np.ndarray) -> None:
        """Draw the front; the eaves shade its top."""
        eaves = np.ones(front.shape[:2], np.float32)
        eaves[: int(0.5 * TEXELS_PER_METRE)] = 0.0
        eaves = cv2.GaussianBlur(eaves, (0, 0), 3)
        corners = [(0, self.height, 0), (self.w, self.height, 0), (self.w, 0, 0), (0, 0, 0)]
        light = illuminate(front, np.full(front.shape[:2], -self.back @ SUN), 0, eaves)
        draw_quad(layer, camera, [self.point(*corner) for corner in corners], light)

    def _gable(self, layer: np.ndarray, camera: Camera, gable: np.ndarray) -> None:
        """Draw the right-hand side; above the eaves it is a triangle."""
        rows, columns = gable.shape[:2]
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        inside = y / rows * self.ridge > (self.ridge - self.height) * np.abs(2 * x / columns - 1)
        inside = inside.astype(np.float32)
        light = illuminate(gable, np.full(gable.shape[:2], self.along @ SUN), -0.2)
        corners = [(self.w, self.ridge, 0), (self.w, self.ridge, self.d), (self.w, 0, self.d), (self.w, 0, 0)]
        points = [self.point(*corner) for corner in corners]
        draw_quad(layer, camera, points, np.dstack([light * inside[..., None], inside]))

    def _roof(self, layer: np.ndarray, camera: Camera, roof: np.ndarray) -> None:
        """Draw the front side of the roof, which projects over the walls."""
        normal = np.float32([0, self.d / 2, 0]) - self.back * (self.ridge - self.height)
        normal /= np.linalg.norm(normal)
        facing = np.full(roof.shape[:2], normal @ SUN)
        top, low = self.ridge + 0.12, self.height - 0.12
        corners = [
            (-0.3, top, self.d / 2),
            (self.w + 0.3, top, self.d / 2),
            (self.w + 0.3, low, -0.35),
            (-0.3, low, -0.35),
        ]
        points = [self.point(*corner) for corner in corners]
        draw_quad(layer, camera, points, illuminate(roof, facing, float(normal[1])))

    def chimney(self, layer: np.ndarray, camera: Camera, a: float, brick: np.ndarray) -> None:
        """Draw a chimney on the ridge: its sunlit face and its shaded side."""
        low, high, mid = self.ridge - 0.5, self.ridge + 1.25, self.d / 2
        patch = brick[-int(1.7 * TEXELS_PER_METRE) :, : int(0.9 * TEXELS_PER_METRE)].copy()
        patch[:14] *= 0.6
        for (a0, b0), (a1, b1), normal in (
            ((a, mid), (a + 0.9, mid), -self.back),
            ((a + 0.9, mid), (a + 0.9, mid + 0.6), self.along),
        ):
            draw_quad(
                layer,
                camera,
                [
                    self.point(a0, high, b0),
                    self.point(a1, high, b1),
                    self.point(a1, low, b1),
                    self.point(a0, low, b0),
                ],
                illuminate(patch, np.full(patch.shape[:2], normal @ SUN), 0),
            )
