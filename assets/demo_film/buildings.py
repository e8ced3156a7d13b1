"""Walls of brick and stone, roofs, windows, a house, a viaduct: textures laid on planes."""

from __future__ import annotations

import cv2
import numpy as np
from optics import SUN, Camera, lit, quad, tile

GRAIN = 64
"""Texture pixels per metre."""


def masonry(w: float, h: float, colour, block: tuple[float, float], joint: int, rng: np.random.Generator) -> np.ndarray:
    """A wall's albedo for w x h metres, in courses; every block is fired or cut differently."""
    rows, columns = int(h * GRAIN), int(w * GRAIN)
    long, tall = int(block[0] * GRAIN), int(block[1] * GRAIN)
    weather = tile(1024, 256, rng, 8, 0.6)
    weather = np.tile(weather, (1 + rows // 1024, 1 + columns // 1024))[:rows, :columns]
    y, x = np.mgrid[0:rows, 0:columns]
    course = y // tall
    x = x + course * long // 2 + rng.integers(0, max(1, long // 3), course.max() + 1)[course]
    fired = rng.normal(1, 0.20, (course.max() + 1, x.max() // long + 1))[course, x // long]
    wall = np.float32(colour) * fired[..., None]
    edge = np.minimum(np.minimum(x % long, long - 1 - x % long), y % tall)
    wall[edge < joint] = np.float32([0.34, 0.30, 0.25])
    wall[(y % tall == tall - 1) | (edge == joint)] *= 0.72
    damp = 1.12 - 0.35 * np.linspace(0, 1, rows)[:, None] ** 6
    return np.float32(wall * (0.50 + weather * 1.0)[..., None] * damp[..., None])


def tiles(w: float, h: float, colour, rng: np.random.Generator) -> np.ndarray:
    """A roof's albedo: overlapping rows, sooty and mossy in patches."""
    rows, columns = int(h * GRAIN), int(w * GRAIN)
    y, x = np.mgrid[0:rows, 0:columns]
    row = y // 11
    x = x + row * 8
    fired = rng.normal(1, 0.19, (row.max() + 1, x.max() // 14 + 1))[row, x // 14]
    weather = tile(1024, 256, rng, 8, 0.6)[:rows, :columns]
    roof = np.float32(colour) * (fired * (0.55 + 0.45 * (y % 11) / 10))[..., None]
    roof[x % 14 == 0] *= 0.7
    moss = np.clip((weather - 0.56) * 5, 0, 0.7)[..., None]
    mixed = roof * (1 - moss) + np.float32([0.10, 0.11, 0.05]) * moss
    return np.float32(mixed * (0.6 + 0.8 * weather[..., None]))


def window(wall: np.ndarray, x: float, y: float, w: float, h: float, rng) -> None:
    """Cut a sash window into a wall's albedo; metres from the top left."""
    x, y, w, h = (int(v * GRAIN) for v in (x, y, w, h))
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


def door(wall: np.ndarray, x: float, w: float, h: float) -> None:
    """A panelled door at the foot of a wall, under a small stone hood."""
    rows = wall.shape[0]
    x, w, h = (int(v * GRAIN) for v in (x, w, h))
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

    def __init__(self, corner, size: tuple[float, float], tall: float, yaw: float) -> None:
        self.corner, (self.w, self.d), self.tall = np.float32(corner), size, tall
        self.along = np.float32([np.cos(yaw), 0, np.sin(yaw)])
        self.back = np.float32([-np.sin(yaw), 0, np.cos(yaw)])
        self.ridge = tall + self.d * 0.42

    def at(self, a: float, up: float, b: float) -> np.ndarray:
        """World point: `a` metres along the front, `up` high, `b` behind it."""
        return self.corner + self.along * a + self.back * b + np.float32([0, up, 0])

    def outline(self) -> np.ndarray:
        """Points whose shadows' hull is the house's shadow."""
        ends = [(a, self.ridge, self.d / 2) for a in (0, self.w)]
        ends += [(a, u, b) for a in (0, self.w) for u in (0, self.tall) for b in (0, self.d)]
        return np.stack([self.at(*end) for end in ends])

    def build(
        self,
        onto: np.ndarray,
        camera: Camera,
        front: np.ndarray,
        gable: np.ndarray,
        roof: np.ndarray,
    ) -> None:
        """Lay the albedo textures on front, right-hand gable and roof, and light them."""
        w, d, tall, ridge = self.w, self.d, self.tall, self.ridge
        eaves = np.ones(front.shape[:2], np.float32)
        eaves[: int(0.5 * GRAIN)] = 0.0
        eaves = cv2.GaussianBlur(eaves, (0, 0), 3)
        quad(
            onto,
            camera,
            [self.at(0, tall, 0), self.at(w, tall, 0), self.at(w, 0, 0), self.at(0, 0, 0)],
            lit(front, np.full(front.shape[:2], -self.back @ SUN), 0, eaves),
        )
        rows, columns = gable.shape[:2]
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        inside = (y / rows * ridge > (ridge - tall) * np.abs(2 * x / columns - 1)).astype(np.float32)
        side = lit(gable, np.full(gable.shape[:2], self.along @ SUN), -0.2)
        quad(
            onto,
            camera,
            [self.at(w, ridge, 0), self.at(w, ridge, d), self.at(w, 0, d), self.at(w, 0, 0)],
            np.dstack([side * inside[..., None], inside]),
        )
        for a in (w * 0.16, w * 0.80):
            self.chimney(onto, camera, a, front)
        pitch = np.float32([0, d / 2, 0]) - self.back * (ridge - tall)
        pitch /= np.linalg.norm(pitch)
        facing = np.full(roof.shape[:2], pitch @ SUN)
        top, low = ridge + 0.12, tall - 0.12
        quad(
            onto,
            camera,
            [
                self.at(-0.3, top, d / 2),
                self.at(w + 0.3, top, d / 2),
                self.at(w + 0.3, low, -0.35),
                self.at(-0.3, low, -0.35),
            ],
            lit(roof, facing, float(pitch[1])),
        )

    def chimney(self, onto: np.ndarray, camera: Camera, a: float, brick: np.ndarray) -> None:
        """A stack on the ridge: its sunny face and its shaded side."""
        low, high, mid = self.ridge - 0.5, self.ridge + 1.25, self.d / 2
        patch = brick[-int(1.7 * GRAIN) :, : int(0.9 * GRAIN)].copy()
        patch[:14] *= 0.6
        for (a0, b0), (a1, b1), normal in (
            ((a, mid), (a + 0.9, mid), -self.back),
            ((a + 0.9, mid), (a + 0.9, mid + 0.6), self.along),
        ):
            quad(
                onto,
                camera,
                [
                    self.at(a0, high, b0),
                    self.at(a1, high, b1),
                    self.at(a1, low, b1),
                    self.at(a0, low, b0),
                ],
                lit(patch, np.full(patch.shape[:2], normal @ SUN), 0),
            )
