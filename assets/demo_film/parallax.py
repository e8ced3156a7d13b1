"""Layers at different depths, past which the camera travels sideways."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from optics import SIDE_MARGIN, SUN, Camera, H, W

GRID = np.mgrid[0:H, 0:W].astype(np.float32)
ROWS = GRID[0]
"""Row number of each pixel: (H, W) float32."""
COLUMNS = GRID[1]
"""Column number of each pixel: (H, W) float32."""


def view_upright(layer: np.ndarray, camera: Camera, depth: float, travel: float) -> np.ndarray:
    """Return the visible part of an upright layer at one depth in metres: (H, W, 4)."""
    shift = SIDE_MARGIN + travel * camera.focus / depth
    return cv2.warpAffine(layer, np.float32([[1, 0, -shift], [0, 1, 0]]), (W, H))


def view_ground(layer: np.ndarray, camera: Camera, travel: float) -> np.ndarray:
    """Return the visible part of level ground, whose near rows move faster: (H, W, 4)."""
    shift = SIDE_MARGIN + np.maximum(ROWS - camera.horizon, 0) * (travel / camera.eye)
    return cv2.remap(layer, COLUMNS + shift, ROWS, cv2.INTER_LINEAR)


def view_swaying(
    layer: np.ndarray,
    camera: Camera,
    depth: float,
    travel: float,
    time: float,
    amplitude: float,
    foot: float,
) -> np.ndarray:
    """Return the visible part of an upright layer that sways: by `amplitude` pixels at the top, not at row `foot`."""
    weight = np.clip((foot - ROWS) / foot, 0, 1)
    gust = np.sin(1.9 * time + COLUMNS * 0.006) + 0.6 * np.sin(3.1 * time - COLUMNS * 0.011)
    flutter = 0.6 * np.sin(7.3 * time + COLUMNS * 0.19 + ROWS * 0.13)
    flutter += 0.5 * np.sin(9.1 * time - COLUMNS * 0.11 + ROWS * 0.23)
    across = COLUMNS + SIDE_MARGIN + travel * camera.focus / depth + gust * weight * amplitude + flutter
    return cv2.remap(layer, across, ROWS + flutter * 0.7, cv2.INTER_LINEAR)


class ShadowMap:
    """The sunlight that reaches level ground, under leaves and solid objects.

    Args:
        leaves: positions (n, 3) of leaves, per plant.
        solids: corners (n, 3) of convex objects.
        scale: cells of the map per metre. The map is centred in front of the camera.
    """

    SIZE = 1024
    """Height and width of the map in cells."""

    def __init__(
        self,
        leaves: Iterable[np.ndarray] = (),
        solids: Iterable[np.ndarray] = (),
        scale: float = 16.0,
    ) -> None:
        self.scale, self.left = scale, -self.SIZE / scale / 2
        dense = np.zeros((self.SIZE, self.SIZE), np.float32)
        for positions in leaves:
            cells = self._cells(positions)
            inside = ((cells >= 0) & (cells < self.SIZE)).all(1)
            np.add.at(dense, (cells[inside, 1], cells[inside, 0]), 1)
        through = np.exp(-cv2.GaussianBlur(dense, (0, 0), 1.1) * 0.45)
        for corners in solids:
            cv2.fillConvexPoly(through, cv2.convexHull(self._cells(corners)), 0.0)
        self.map = cv2.GaussianBlur(through, (0, 0), 0.9)

    def _cells(self, positions: np.ndarray) -> np.ndarray:
        """Return the cells on which the shadows of world points (n, 3) fall: (n, 2) int32."""
        fall = positions - positions[:, 1:2] / SUN[1] * SUN
        return np.int32((fall[:, ::2] - [self.left, 0]) * self.scale)

    def __call__(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the sunlight at world x and z (2-d arrays): 0..1."""
        return cv2.remap(
            self.map,
            np.float32((x - self.left) * self.scale),
            np.float32(z * self.scale),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=1.0,
        )
