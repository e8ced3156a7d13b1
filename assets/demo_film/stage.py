"""A stage of sheets at different depths, past which the camera travels sideways."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from optics import MARGIN, SUN, Camera, H, W

ROWS, COLUMNS = np.mgrid[0:H, 0:W].astype(np.float32)


def standing(sheet: np.ndarray, camera: Camera, depth: float, travel: float) -> np.ndarray:
    """What is seen of a sheet that stands upright at one depth: (H, W, 4)."""
    shift = MARGIN + travel * camera.focus / depth
    return cv2.warpAffine(sheet, np.float32([[1, 0, -shift], [0, 1, 0]]), (W, H))


def lying(sheet: np.ndarray, camera: Camera, travel: float) -> np.ndarray:
    """What is seen of level ground: the nearer the row, the faster it passes."""
    shift = MARGIN + np.maximum(ROWS - camera.horizon, 0) * (travel / camera.eye)
    return cv2.remap(sheet, COLUMNS + shift, ROWS, cv2.INTER_LINEAR)


def swaying(
    sheet: np.ndarray,
    camera: Camera,
    depth: float,
    travel: float,
    time: float,
    reach: float,
    foot: float,
) -> np.ndarray:
    """A standing sheet in the breeze: `reach` pixels at the top of the picture, none at `foot`."""
    weight = np.clip((foot - ROWS) / foot, 0, 1)
    gust = np.sin(1.9 * time + COLUMNS * 0.006) + 0.6 * np.sin(3.1 * time - COLUMNS * 0.011)
    flutter = 0.6 * np.sin(7.3 * time + COLUMNS * 0.19 + ROWS * 0.13)
    flutter += 0.5 * np.sin(9.1 * time - COLUMNS * 0.11 + ROWS * 0.23)
    across = COLUMNS + MARGIN + travel * camera.focus / depth + gust * weight * reach + flutter
    return cv2.remap(sheet, across, ROWS + flutter * 0.7, cv2.INTER_LINEAR)


class Shade:
    """How much sun reaches the level ground: a map of the shadows of what stands on it."""

    SIZE = 1024

    def __init__(
        self,
        leaves: Iterable[np.ndarray] = (),
        solids: Iterable[np.ndarray] = (),
        scale: float = 16.0,
    ) -> None:
        """`scale` is in cells per metre; the map is centred before the camera."""
        self.scale, self.left = scale, -self.SIZE / scale / 2
        dense = np.zeros((self.SIZE, self.SIZE), np.float32)
        for places in leaves:
            cells = self._cells(places)
            inside = ((cells >= 0) & (cells < self.SIZE)).all(1)
            np.add.at(dense, (cells[inside, 1], cells[inside, 0]), 1)
        through = np.exp(-cv2.GaussianBlur(dense, (0, 0), 1.1) * 0.45)
        for corners in solids:
            cv2.fillConvexPoly(through, cv2.convexHull(self._cells(corners)), 0.0)
        self.map = cv2.GaussianBlur(through, (0, 0), 0.9)

    def _cells(self, places: np.ndarray) -> np.ndarray:
        """Where the shadows of world points (n, 3) fall, (n, 2) int32 cells."""
        fall = places - places[:, 1:2] / SUN[1] * SUN
        return np.int32((fall[:, ::2] - [self.left, 0]) * self.scale)

    def __call__(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Sun at world x and z (2-d arrays), 0..1."""
        return cv2.remap(
            self.map,
            np.float32((x - self.left) * self.scale),
            np.float32(z * self.scale),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=1.0,
        )
