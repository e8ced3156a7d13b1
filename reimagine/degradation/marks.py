"""What lies on a film, or is gone from it: marks drawn into (H, W) float32 pictures, in place.

Each gives back its cover (H, W) float32: how far it hides what was there, 0..1. `unit` is the size of
things: 1 on a frame of about 480 lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SUBPIXELS = 4
"""Binary places of OpenCV's drawing coordinates."""


@dataclass
class Scratch:
    """A vertical line in the emulsion that wanders as the film runs past the grit."""

    x: float
    strength: float
    left: int
    """Frames that it has left to live."""


def new_scratch(width: int, rng: np.random.Generator, strong: tuple[float, float] = (0.06, 0.17)) -> Scratch:
    """A new scratch, lighter or darker than what it runs through."""
    edge = min(20, width // 4)
    strength = rng.choice([-1, 1]) * rng.uniform(*strong)
    return Scratch(rng.uniform(edge, width - edge), strength, rng.integers(6, 26))


def add_scratches(
    grey: np.ndarray, alive: list[Scratch], rng: np.random.Generator, unit: float = 1.0
) -> tuple[list[Scratch], np.ndarray]:
    """Draws the scratches; gives back those that live on, and the cover."""
    cover = np.zeros_like(grey)
    rows, columns = np.arange(grey.shape[0])[:, None], np.arange(grey.shape[1])[None]
    for scratch in alive:
        scratch.x += rng.normal(0, 0.4)
        scratch.left -= 1
        centre = scratch.x + 0.8 * np.sin(rows / 90 + scratch.strength * 99)
        broken = 0.65 + 0.35 * np.sin(rows / 37 + rng.uniform(0, 6))
        line = (broken * np.exp(-(((columns - centre) / (0.7 * unit)) ** 2))).astype(np.float32)
        grey += np.float32(scratch.strength) * line
        cover = np.maximum(cover, line)
    return [scratch for scratch in alive if scratch.left > 0], cover


def add_dust(
    grey: np.ndarray, rng: np.random.Generator, specks: float = 1.6, hairs: float = 0.03, unit: float = 1.0
) -> np.ndarray:
    """Specks and now and then a hair, a little out of focus; on average so many."""
    h, w = grey.shape
    cover = np.zeros_like(grey)
    for _ in range(rng.poisson(specks)):
        speck = np.zeros((h, w), np.uint8)
        corner, size = rng.uniform(0, 1, 2) * (w, h), rng.uniform(1.0, 3.2) * unit
        ragged = corner + rng.normal(0, size, (7, 2))
        outline = cv2.convexHull(np.int32(ragged * (1 << SUBPIXELS)))
        cv2.fillPoly(speck, [outline], 255, cv2.LINE_AA, SUBPIXELS)
        cover = np.maximum(cover, composite_dirt(grey, speck, 0.10 if rng.random() < 0.35 else 0.90))
    for _ in range(int(hairs) + int(rng.random() < hairs % 1)):
        hair = np.zeros((h, w), np.uint8)
        bend = np.cumsum(rng.normal(0, 1, (14, 2)).cumsum(0) * 0.7, 0)
        course = np.int32((bend * unit + rng.uniform(0, 1, 2) * (w, h)) * (1 << SUBPIXELS))
        cv2.polylines(hair, [course], False, 255, 1, cv2.LINE_AA, SUBPIXELS)
        cover = np.maximum(cover, composite_dirt(grey, hair, 0.14))
    return cover


def composite_dirt(grey: np.ndarray, dirt: np.ndarray, tone: float) -> np.ndarray:
    """A mask (H, W) uint8 of dirt of one tone over the picture; gives back the cover."""
    cover = cv2.GaussianBlur(dirt, (0, 0), 0.6) / np.float32(255)
    grey += (tone - grey) * cover
    return cover


def add_stains(
    grey: np.ndarray, rng: np.random.Generator, count: int, deep: float = 0.45, unit: float = 1.0
) -> np.ndarray:
    """Dried water: patches that are lighter or darker, with a sharper rim."""
    h, w = grey.shape
    cover = np.zeros_like(grey)
    for _ in range(count):
        patch = _blob(h, w, rng, rng.uniform(18, 60) * unit)
        soft = cv2.GaussianBlur(patch, (0, 0), 2.5 * unit)
        rim = np.clip(cv2.GaussianBlur(patch, (0, 0), 1.2 * unit) - soft, 0, 1)
        change = rng.choice([-1, 1]) * rng.uniform(0.4, 1.0) * deep * (soft * 0.6 + rim * 1.5)
        grey += change * (grey if change.sum() < 0 else 1 - grey)
        cover = np.maximum(cover, np.minimum(soft + rim, 1))
    return cover


def add_holes(grey: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Emulsion gone (white) or burnt (black) from about this share of the picture: patches, strips, tears."""
    h, w = grey.shape
    cover = np.zeros_like(grey)
    for _ in range(40):
        if cover.mean() >= share:
            break
        size = np.sqrt(h * w * share) * rng.uniform(0.12, 0.45)
        if rng.random() < 0.25:
            patch, start = np.zeros_like(grey), rng.uniform(0, 1, 2) * (w, h)
            steps = rng.normal(0, size * 0.8, (5, 2)).cumsum(0) + start
            cv2.polylines(patch, [np.int32(steps)], False, 1.0, max(1, int(size * 0.15)))
        else:
            patch = _blob(h, w, rng, size)
        grey += (rng.choice([0.0, 1.0], p=[0.3, 0.7]) - grey) * patch
        cover = np.maximum(cover, patch)
    return cover


def _blob(h: int, w: int, rng: np.random.Generator, size: float) -> np.ndarray:
    """A ragged patch of about this radius somewhere: (h, w) float32, 0 or 1 with a soft edge."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, 14))
    radius = size * rng.uniform(0.5, 1.1, 14)
    centre = rng.uniform(0, 1, 2) * (w, h)
    points = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]
    patch = np.zeros((h, w), np.uint8)
    cv2.fillPoly(patch, [np.int32(points * (1 << SUBPIXELS))], 255, cv2.LINE_AA, SUBPIXELS)
    return patch.astype(np.float32) / 255
