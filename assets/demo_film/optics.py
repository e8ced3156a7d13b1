"""Light, lens and noise. Metres in the world, linear light in the picture, RGB throughout.

A world point is (x right, y up, z away from the camera). A sheet is (H, WIDE, 4) float32,
premultiplied by its alpha, wider than the picture so that the camera can travel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

H, W, MARGIN = 960, 1280, 160
WIDE = W + 2 * MARGIN
"""Twice the size of the film: shrinking at the end is what smooths the edges."""

SUN = np.float32([-0.62, 0.60, -0.505])
"""Unit vector towards the sun: high on the left, behind the camera's shoulder."""
SUNLIGHT = np.float32([2.50, 2.22, 1.80])
SKYLIGHT = np.float32([0.42, 0.55, 0.74])
HAZE = np.float32([0.56, 0.68, 0.82])


@dataclass(frozen=True)
class Camera:
    """Stands `eye` metres above the ground; `horizon` is a row, `focus` is in pixels."""

    horizon: float
    eye: float
    focus: float = 1300.0

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """World (..., 3) -> column and row on a sheet."""
        scale = self.focus / points[..., 2]
        across = WIDE / 2 + points[..., 0] * scale
        return across, self.horizon + (self.eye - points[..., 1]) * scale


def tile(size: int, cell: int, rng: np.random.Generator, octaves: int = 5, gain: float = 0.5):
    """Fractal value noise (size, size) float32 that repeats without a seam, 0..1, mean 0.5."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        step = cell >> octave
        if step < 1:
            break
        grid = np.pad(rng.random((size // step, size // step), np.float32), 2, mode="wrap")
        grown = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += gain**octave * grown[2 * step : 2 * step + size, 2 * step : 2 * step + size]
    return np.clip(0.5 + (total - total.mean()) / (5 * total.std()), 0, 1)


def sample(texture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Look up a repeating texture at any pixel coordinates, which may be of any size."""
    size = texture.shape[0]
    return cv2.remap(
        texture,
        np.float32(np.mod(x, size)),
        np.float32(np.mod(y, size)),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )


def lit(albedo: np.ndarray, facing, up, shade=1.0) -> np.ndarray:
    """Matter under sun and sky: `facing` is normal . sun, `up` the normal's y, `shade` 0..1."""
    sun = np.maximum(facing, 0) * shade
    sky = 0.55 + 0.45 * np.asarray(up, np.float32)
    return np.float32(albedo) * (sun[..., None] * SUNLIGHT + sky[..., None] * SKYLIGHT)


def hazy(colour: np.ndarray, distance: np.ndarray | float, reach: float) -> np.ndarray:
    """Aerial perspective: things fade into the sky's glow over `reach` metres."""
    clear = np.exp(-np.asarray(distance, np.float32) / reach)[..., None]
    return colour * clear + HAZE * (1 - clear)


def sheet() -> np.ndarray:
    """A clear sheet."""
    return np.zeros((H, WIDE, 4), np.float32)


def over(under: np.ndarray, top: np.ndarray) -> np.ndarray:
    """A premultiplied (h, w, 4) over a picture (h, w, 3)."""
    return under * (1 - top[..., 3:]) + top[..., :3]


def splat(
    onto: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    colour: np.ndarray,
    size: float,
    rng: np.random.Generator,
) -> None:
    """Small leaf-shaped dabs at (n,) places in (n, 3) colours; later dabs cover earlier ones."""
    turned = _dabs(size)
    offsets = turned[rng.integers(0, len(turned), len(x))]
    rows = np.int32(y)[:, None] + offsets[..., 1]
    columns = np.int32(x)[:, None] + offsets[..., 0]
    seen = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < onto.shape[1])
    paint = np.broadcast_to(np.float32(colour)[:, None], (*rows.shape, 3))[seen]
    onto[rows[seen], columns[seen], :3] = paint
    onto[rows[seen], columns[seen], 3] = 1


def _dabs(size: float) -> np.ndarray:
    """The pixels of one ellipse at four angles: (4, k, 2) offsets."""
    reach = int(np.ceil(size))
    grid = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 2), -1).reshape(-1, 2)
    shapes = []
    for angle in np.arange(4) * np.pi / 4 + 0.3:
        along = grid @ [np.cos(angle), np.sin(angle)]
        across = grid @ [-np.sin(angle), np.cos(angle)]
        shapes.append(grid[(along / size) ** 2 + (across / (0.6 * size)) ** 2 <= 1.05])
    longest = max(map(len, shapes))
    return np.stack([np.resize(shape, (longest, 2)) for shape in shapes])


def quad(onto: np.ndarray, camera: Camera, corners, texture: np.ndarray) -> None:
    """Lay a lit (h, w, 3 or 4) texture on a plane; world corners from top left, clockwise."""
    h, w = texture.shape[:2]
    if texture.shape[2] == 3:
        texture = np.dstack([texture, np.ones((h, w), np.float32)])
    source = np.float32([(0, 0), (w, 0), (w, h), (0, h)])
    target = np.float32(np.stack(camera.project(np.float32(corners)), -1))
    bend = cv2.getPerspectiveTransform(source, target)
    seen = cv2.warpPerspective(texture, bend, (onto.shape[1], H), flags=cv2.INTER_AREA)
    onto *= 1 - seen[..., 3:]
    onto += seen


def developed(light: np.ndarray, exposure: float = 0.62) -> np.ndarray:
    """Linear light -> display values 0..1 with a photograph's shoulder and toe."""
    x = np.maximum(light, 0) * exposure
    x = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.clip(x, 0, 1) ** np.float32(1 / 2.2)
