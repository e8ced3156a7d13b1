"""Marks on a film: scratches, dust, stains and holes, drawn in place into (H, W) float32 pictures.

Each function returns the opacity mask of its marks, (H, W) float32 in 0..1. `unit` is the scale of the marks; 1 on a
picture with a short side of 480 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SUBPIXEL_BITS = 4
"""Fractional bits of the coordinates in OpenCV's drawing functions (their `shift` argument)."""

MAX_HOLES = 40
"""Holes drawn per picture, at most: overlapping ones may never reach the requested share."""

BLOB_CORNERS = 14
"""Corners of the polygon that outlines a stain or a hole."""


@dataclass
class Scratch:
    """A vertical scratch that drifts sideways from frame to frame.

    Attributes:
        x: column in pixels.
        strength: change of grey, -1..1; positive is lighter.
        frames_left: remaining frames in which it is visible.
    """

    x: float
    strength: float
    frames_left: int


def new_scratch(width: int, rng: np.random.Generator, strength: tuple[float, float] = (0.06, 0.17)) -> Scratch:
    """Return a random scratch, lighter or darker by a change of grey within `strength`."""
    edge = min(20, width // 4)
    change = rng.choice([-1, 1]) * rng.uniform(*strength)
    return Scratch(rng.uniform(edge, width - edge), change, int(rng.integers(6, 26)))


def add_scratches(
    grey: np.ndarray, scratches: list[Scratch], rng: np.random.Generator, unit: float = 1.0
) -> tuple[list[Scratch], np.ndarray]:
    """Draw scratches; return those that continue in the next frame, and the mask."""
    mask = np.zeros_like(grey)
    rows, columns = np.arange(grey.shape[0])[:, None], np.arange(grey.shape[1])[None]
    for scratch in scratches:
        scratch.x += rng.normal(0, 0.4)
        scratch.frames_left -= 1
        centre = scratch.x + 0.8 * np.sin(rows / 90 + scratch.strength * 99)
        opacity = 0.65 + 0.35 * np.sin(rows / 37 + rng.uniform(0, 6))
        line = (opacity * np.exp(-(((columns - centre) / (0.7 * unit)) ** 2))).astype(np.float32)
        grey += np.float32(scratch.strength) * line
        mask = np.maximum(mask, line)
    return [scratch for scratch in scratches if scratch.frames_left > 0], mask


def add_dust(
    grey: np.ndarray, rng: np.random.Generator, specks: float = 1.6, hairs: float = 0.03, unit: float = 1.0
) -> np.ndarray:
    """Draw slightly blurred specks and hairs; return the mask.

    Args:
        specks: mean number of specks.
        hairs: mean number of hairs.
    """
    size = np.array(grey.shape[::-1])
    mask = np.zeros_like(grey)
    for _ in range(rng.poisson(specks)):
        speck = np.zeros(grey.shape, np.uint8)
        position, radius = rng.uniform(0, 1, 2) * size, rng.uniform(1.0, 3.2) * unit
        corners = position + rng.normal(0, radius, (7, 2))
        cv2.fillPoly(speck, [cv2.convexHull(_fixed_point(corners))], 255, cv2.LINE_AA, SUBPIXEL_BITS)
        mask = np.maximum(mask, composite_dirt(grey, speck, 0.10 if rng.random() < 0.35 else 0.90))
    for _ in range(int(hairs) + int(rng.random() < hairs % 1)):
        hair = np.zeros(grey.shape, np.uint8)
        bend = np.cumsum(rng.normal(0, 1, (14, 2)).cumsum(0) * 0.7, 0)
        points = _fixed_point(bend * unit + rng.uniform(0, 1, 2) * size)
        cv2.polylines(hair, [points], False, 255, 1, cv2.LINE_AA, SUBPIXEL_BITS)
        mask = np.maximum(mask, composite_dirt(grey, hair, 0.14))
    return mask


def composite_dirt(grey: np.ndarray, dirt: np.ndarray, tone: float) -> np.ndarray:
    """Composite dirt of one tone, with the mask (H, W) uint8, over the picture; return its opacity mask."""
    mask = cv2.GaussianBlur(dirt, (0, 0), 0.6) / np.float32(255)
    grey += (tone - grey) * mask
    return mask


def add_stains(
    grey: np.ndarray, rng: np.random.Generator, count: int, strength: float = 0.45, unit: float = 1.0
) -> np.ndarray:
    """Draw `count` water stains, lighter or darker patches with a sharper rim; return the mask."""
    h, w = grey.shape
    mask = np.zeros_like(grey)
    for _ in range(count):
        patch = _blob(h, w, rng, rng.uniform(18, 60) * unit)
        soft = cv2.GaussianBlur(patch, (0, 0), 2.5 * unit)
        rim = np.clip(cv2.GaussianBlur(patch, (0, 0), 1.2 * unit) - soft, 0, 1)
        change = rng.choice([-1, 1]) * rng.uniform(0.4, 1.0) * strength * (soft * 0.6 + rim * 1.5)
        grey += change * (grey if change.sum() < 0 else 1 - grey)
        mask = np.maximum(mask, np.minimum(soft + rim, 1))
    return mask


def add_holes(grey: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Draw missing (white) or burnt (black) emulsion over about `share` of the picture; return the mask."""
    h, w = grey.shape
    mask = np.zeros_like(grey)
    for _ in range(MAX_HOLES):
        if mask.mean() >= share:
            break
        size = np.sqrt(h * w * share) * rng.uniform(0.12, 0.45)
        if rng.random() < 0.25:  # a tear
            patch, start = np.zeros_like(grey), rng.uniform(0, 1, 2) * (w, h)
            points = rng.normal(0, size * 0.8, (5, 2)).cumsum(0) + start
            cv2.polylines(patch, [points.astype(np.int32)], False, 1.0, max(1, int(size * 0.15)))
        else:
            patch = _blob(h, w, rng, size)
        grey += (rng.choice([0.0, 1.0], p=[0.3, 0.7]) - grey) * patch
        mask = np.maximum(mask, patch)
    return mask


def add_decay(grey: np.ndarray, rng: np.random.Generator, share: float, unit: float = 1.0) -> np.ndarray:
    """Draw decayed emulsion, white or black with ragged borders, over about `share` of the picture; return the mask."""
    h, w = grey.shape
    mask, tone = np.zeros_like(grey), rng.choice([0.02, 0.97])
    for _ in range(MAX_HOLES):
        if mask.mean() >= share:
            break
        patch = _blob(h, w, rng, np.sqrt(h * w * share) * rng.uniform(0.2, 0.6))
        ragged = cv2.GaussianBlur(rng.standard_normal((h, w)).astype(np.float32), (0, 0), 4 * unit) * (8 * unit)
        soft = cv2.GaussianBlur(patch, (0, 0), 3 * unit)
        mask = np.maximum(mask, np.clip((soft - 0.5 + 0.25 * ragged) * 5 + 0.5, 0, 1) * (soft > 0.05))
    grey += (tone - grey) * mask
    return mask


def _blob(h: int, w: int, rng: np.random.Generator, radius: float) -> np.ndarray:
    """Return an irregular patch of about this radius at a random position: (h, w) float32 in 0..1, antialiased."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, BLOB_CORNERS))
    radii = radius * rng.uniform(0.5, 1.1, BLOB_CORNERS)
    centre = rng.uniform(0, 1, 2) * (w, h)
    corners = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * radii[:, None]
    patch = np.zeros((h, w), np.uint8)
    cv2.fillPoly(patch, [_fixed_point(corners)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
    return patch.astype(np.float32) / 255


def _fixed_point(points: np.ndarray) -> np.ndarray:
    """Points (N, 2) in pixels as OpenCV's fixed-point coordinates, int32."""
    return (points * (1 << SUBPIXEL_BITS)).astype(np.int32)
