"""Light, camera and noise. World coordinates are in metres, pictures are linear RGB.

A world point is (x right, y up, z away from the camera). A layer is (H, LAYER_WIDTH, 4) float32, premultiplied by its
alpha, and wider than the picture so that the camera can travel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

H = 960
"""Height of a picture in pixels. It is twice that of the film: the reduction at the end smooths edges."""
W = 1280
"""Width of a picture in pixels."""
SIDE_MARGIN = 160
"""Pixels by which a layer is wider than the picture on either side."""
LAYER_WIDTH = W + 2 * SIDE_MARGIN
"""Width of a layer in pixels: the camera travels within the margins."""

SUN = np.float32([-0.62, 0.60, -0.505])
"""Unit vector towards the sun: high on the left, behind the camera."""
SUNLIGHT = np.float32([2.50, 2.22, 1.80])
"""Light of the sun, linear RGB."""
SKYLIGHT = np.float32([0.42, 0.55, 0.74])
"""Light of the sky, linear RGB."""
HAZE = np.float32([0.56, 0.68, 0.82])
"""Light of haze at a great distance, linear RGB."""


@dataclass(frozen=True)
class Camera:
    """A camera `eye` metres above the ground; `horizon` is a row, the focal length `focus` is in pixels."""

    horizon: float
    eye: float
    focus: float = 1300.0

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project world points (..., 3) to columns and rows of a layer."""
        scale = self.focus / points[..., 2]
        across = LAYER_WIDTH / 2 + points[..., 0] * scale
        return across, self.horizon + (self.eye - points[..., 1]) * scale


def tileable_noise(size: int, cell: int, rng: np.random.Generator, octaves: int = 5, gain: float = 0.5):
    """Return fractal value noise (size, size) float32 in 0..1 with mean 0.5 that can be tiled."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        step = cell >> octave
        if step < 1:
            break
        grid = np.pad(rng.random((size // step, size // step), np.float32), 2, mode="wrap")
        grown = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += gain**octave * grown[2 * step : 2 * step + size, 2 * step : 2 * step + size]
    return np.clip(0.5 + (total - total.mean()) / (5 * total.std()), 0, 1)


def sample_texture(texture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Sample a tileable texture at pixel coordinates; they may lie outside of it."""
    size = texture.shape[0]
    return cv2.remap(
        texture,
        np.float32(np.mod(x, size)),
        np.float32(np.mod(y, size)),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )


def illuminate(albedo: np.ndarray, facing, up, shade=1.0) -> np.ndarray:
    """Return the light reflected under sun and sky.

    Args:
        albedo: linear RGB.
        facing: scalar product of the normal and `SUN`.
        up: y of the normal.
        shade: sunlight, 0..1.
    """
    sun = np.maximum(facing, 0) * shade
    sky = 0.55 + 0.45 * np.asarray(up, np.float32)
    return np.float32(albedo) * (sun[..., None] * SUNLIGHT + sky[..., None] * SKYLIGHT)


def add_haze(colour: np.ndarray, distance: np.ndarray | float, visibility: float) -> np.ndarray:
    """Blend a colour with the haze of its distance in metres; at the distance `visibility` 1/e of it remains."""
    clear = np.exp(-np.asarray(distance, np.float32) / visibility)[..., None]
    return colour * clear + HAZE * (1 - clear)


def empty_layer() -> np.ndarray:
    """Return a transparent layer."""
    return np.zeros((H, LAYER_WIDTH, 4), np.float32)


def composite(under: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Composite a premultiplied layer (h, w, 4) over a picture (h, w, 3)."""
    return under * (1 - top[..., 3:]) + top[..., :3]


def splat(
    layer: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    colour: np.ndarray,
    size: float,
    rng: np.random.Generator,
) -> None:
    """Draw small ellipses at positions (n,) in colours (n, 3) onto a layer in place; later ones cover earlier ones."""
    shapes = _splat_shapes(size)
    offsets = shapes[rng.integers(0, len(shapes), len(x))]
    rows = np.int32(y)[:, None] + offsets[..., 1]
    columns = np.int32(x)[:, None] + offsets[..., 0]
    visible = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < layer.shape[1])
    paint = np.broadcast_to(np.float32(colour)[:, None], (*rows.shape, 3))[visible]
    layer[rows[visible], columns[visible], :3] = paint
    layer[rows[visible], columns[visible], 3] = 1


def _splat_shapes(size: float) -> np.ndarray:
    """Return the pixel offsets of one ellipse at four angles: (4, k, 2)."""
    visibility = int(np.ceil(size))
    grid = np.stack(np.meshgrid(*[np.arange(-visibility, visibility + 1)] * 2), -1).reshape(-1, 2)
    shapes = []
    for angle in np.arange(4) * np.pi / 4 + 0.3:
        along = grid @ [np.cos(angle), np.sin(angle)]
        across = grid @ [-np.sin(angle), np.cos(angle)]
        shapes.append(grid[(along / size) ** 2 + (across / (0.6 * size)) ** 2 <= 1.05])
    longest = max(map(len, shapes))
    return np.stack([np.resize(shape, (longest, 2)) for shape in shapes])


def draw_quad(layer: np.ndarray, camera: Camera, corners, texture: np.ndarray) -> None:
    """Project an illuminated texture (h, w, 3 or 4) onto a plane; world corners from top left, clockwise."""
    h, w = texture.shape[:2]
    if texture.shape[2] == 3:
        texture = np.dstack([texture, np.ones((h, w), np.float32)])
    source = np.float32([(0, 0), (w, 0), (w, h), (0, h)])
    target = np.float32(np.stack(camera.project(np.float32(corners)), -1))
    bend = cv2.getPerspectiveTransform(source, target)
    visible = cv2.warpPerspective(texture, bend, (layer.shape[1], H), flags=cv2.INTER_AREA)
    layer *= 1 - visible[..., 3:]
    layer += visible


def tone_map(light: np.ndarray, exposure: float = 0.62) -> np.ndarray:
    """Map linear light to display values in 0..1 with a filmic curve."""
    x = np.maximum(light, 0) * exposure
    x = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.clip(x, 0, 1) ** np.float32(1 / 2.2)
