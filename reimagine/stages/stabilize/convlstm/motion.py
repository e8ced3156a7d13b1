"""Photographs with synthetic motion: a background, and a part of another photograph that moves in front of it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

BACKGROUND_SPEED = 1.5
"""Standard deviation of the background's motion, in pixels per frame."""
FOREGROUND_SPEED = 6
"""Standard deviation of the foreground's motion, in pixels per frame."""
ROTATION = 0.004
"""Standard deviation of rotation (radians per frame) and zoom (per frame), per pixel of speed."""

FlowBetween = Callable[[int, int], np.ndarray]
"""(t, other) -> flow from frame t to frame `other`, (H, W, 2) float32 in pixels."""
Transform = Callable[[int], np.ndarray]
"""t -> (2, 3) affine matrix from positions in frame t to positions in the photograph."""


def animate_photos(
    background: np.ndarray, foreground: np.ndarray, count: int, size: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], FlowBetween]:
    """Return the frames, (size, size, 3) uint8 RGB each, and their exact flow.

    Args:
        background: RGB (H, W, 3) uint8.
        foreground: RGB (H, W, 3) uint8; a random shape is cut out of it.
        count: number of frames.
        size: height and width of the frames.
        rng: random generator.
    """
    transforms = [_random_transform(size, speed, rng) for speed in (BACKGROUND_SPEED, FOREGROUND_SPEED)]
    shape = _random_shape(size, rng)
    layers = [_resized_to_cover(photo, size * 2) for photo in (background, foreground)]
    images, masks = [], []
    for t in range(count):
        positions = [_positions(transform(t), size) for transform in transforms]
        far, near = (_sample(layer, p + size / 2) for layer, p in zip(layers, positions, strict=True))
        mask = cv2.remap(shape, positions[1], None, cv2.INTER_LINEAR, borderValue=0.0)  # pyright: ignore[reportCallIssue, reportArgumentType]
        images.append((far + (near - far.astype(np.float32)) * mask[..., None]).astype(np.uint8))
        masks.append(mask > 0.5)

    def flow_between(t: int, other: int) -> np.ndarray:
        flows = []
        for transform in transforms:
            matrix = np.linalg.inv(_homogeneous(transform(other))) @ _homogeneous(transform(t))
            flows.append(_positions(matrix[:2], size) - _positions(np.eye(2, 3), size))
        return np.where(masks[t][..., None], flows[1], flows[0]).astype(np.float32)

    return images, flow_between


def _sample(layer: np.ndarray, positions: np.ndarray) -> np.ndarray:
    return cv2.remap(layer, positions, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # pyright: ignore[reportCallIssue, reportArgumentType]


def _random_transform(size: int, speed: float, rng: np.random.Generator) -> Transform:
    """Return a uniform random camera motion: translation, rotation and zoom about the centre."""
    shift, rotation = rng.normal(0, speed, 2), rng.normal(0, ROTATION * speed)
    zoom = rng.normal(0, ROTATION * speed)

    def transform(t: int) -> np.ndarray:
        matrix = cv2.getRotationMatrix2D((size / 2, size / 2), float(np.degrees(rotation * t)), 1 + zoom * t)
        matrix[:, 2] += shift * t
        return matrix

    return transform


def _homogeneous(matrix: np.ndarray) -> np.ndarray:
    """Return an affine matrix (2, 3) as (3, 3)."""
    return np.vstack([matrix, [0, 0, 1]])


def _positions(matrix: np.ndarray, size: int) -> np.ndarray:
    """Return the transformed position (x, y) of every pixel: (size, size, 2) float32."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    return cv2.transform(np.dstack([x, y]), matrix.astype(np.float32))


def _random_shape(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the mask of a random blob in the middle: (size, size) float32 in 0..1."""
    noise = cv2.GaussianBlur(rng.standard_normal((size, size), dtype=np.float32), (0, 0), size / 10)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    inside = noise / noise.std() * 0.4 + 1 - 2.2 * np.hypot(x, y)
    return cv2.GaussianBlur((inside > 0).astype(np.float32), (0, 0), 0.7)


def _resized_to_cover(photo: np.ndarray, side: int) -> np.ndarray:
    """Return a photograph resized to the short side `side`, and its top left square of that side."""
    scale = side / min(photo.shape[:2])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(photo, None, fx=scale, fy=scale, interpolation=interpolation)[:side, :side]
