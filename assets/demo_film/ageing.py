"""What ninety years do to a print: frames in colour in, an old black-and-white film out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np


def aged(frames: Iterable[np.ndarray], seed: int = 1910) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 RGB -> (H, W) uint8 luma in broadcast range, worn all over."""
    rng = np.random.default_rng(seed)
    scratches: list[Scratch] = []
    flicker, weave = 0.0, np.zeros(2)
    for colour in frames:
        flicker = 0.6 * flicker + rng.normal(0, 0.018)
        weave = 0.75 * weave + rng.normal(0, 0.36, 2)
        grey = woven(printed(exposed(colour)), weave)
        grey = grained(grey * (1 + flicker) * vignette(*grey.shape, flicker), rng)
        scratches = scratched(grey, scratches, rng)
        dusted(grey, rng)
        yield (np.clip(grey, 0, 1) * 219 + 16.5).astype(np.uint8)


def exposed(colour: np.ndarray) -> np.ndarray:
    """Blue-sensitive, red-blind stock behind an uncoated lens: (H, W) float32 in 0..1.

    Display values are taken back to light first: film adds light up, not pixel values. The
    weights add up to more than one: skies were exposed until they were nearly white.
    """
    light = (colour.astype(np.float32) / 255) ** 2.2 @ np.float32([0.09, 0.53, 0.62])
    light = cv2.GaussianBlur(light, (0, 0), 0.75)
    halo = cv2.GaussianBlur(np.clip(light - 0.55, 0, 1), (0, 0), 8)
    light = light + 0.22 * halo
    return (light * (1 + light / 2.2) / (1 + light)) ** (1 / 2.2) * 1.15


def printed(grey: np.ndarray) -> np.ndarray:
    """The print's S-curve, then its fading: blacks have turned grey, whites yellow."""
    curve = grey * grey * (3 - 2 * grey)
    return 0.05 + 0.87 * (0.65 * curve + 0.35 * grey)


def woven(grey: np.ndarray, weave: np.ndarray) -> np.ndarray:
    """The gate does not hold the frame quite still: shifted by a part of a pixel or so."""
    shift = np.float32([[1, 0, weave[0]], [0, 1, weave[1]]])
    return cv2.warpAffine(
        grey, shift, grey.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


def vignette(h: int, w: int, breath: float) -> np.ndarray:
    """Darker towards the corners, and a little more so in some frames than in others."""
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    away = (x * x + y * y) / 2
    return (1 - (0.34 + 2 * breath) * away**1.6).astype(np.float32)


def grained(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Silver in clumps of two sizes, strongest in the middle tones."""
    fine = cv2.GaussianBlur(rng.standard_normal(grey.shape, np.float32), (0, 0), 0.75)
    coarse = rng.standard_normal((grey.shape[0] // 2, grey.shape[1] // 2), np.float32)
    coarse = cv2.resize(coarse, grey.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return grey + (0.048 * fine + 0.013 * coarse) * (0.30 + 2.4 * grey * (1 - grey))


@dataclass
class Scratch:
    """A vertical line in the emulsion that wanders as the film runs past the grit."""

    x: float
    strength: float
    left: int
    """Frames that it has left to live."""


def scratched(grey: np.ndarray, alive: list[Scratch], rng: np.random.Generator) -> list[Scratch]:
    """Draws the scratches into the frame; gives back those that live on."""
    if rng.random() < 0.045:
        strength = rng.choice([-1, 1]) * rng.uniform(0.06, 0.17)
        alive = [
            *alive,
            Scratch(rng.uniform(20, grey.shape[1] - 20), strength, rng.integers(6, 26)),
        ]
    rows, columns = np.arange(grey.shape[0])[:, None], np.arange(grey.shape[1])[None]
    for scratch in alive:
        scratch.x += rng.normal(0, 0.4)
        scratch.left -= 1
        centre = scratch.x + 0.8 * np.sin(rows / 90 + scratch.strength * 99)
        broken = 0.65 + 0.35 * np.sin(rows / 37 + rng.uniform(0, 6))
        grey += scratch.strength * broken * np.exp(-(((columns - centre) / 0.7) ** 2))
    return [scratch for scratch in alive if scratch.left > 0]


def dusted(grey: np.ndarray, rng: np.random.Generator) -> None:
    """Specks, and now and then a hair, that live for one frame and are a little out of focus."""
    h, w = grey.shape
    for _ in range(rng.poisson(1.6)):
        speck = np.zeros((h, w), np.uint8)
        corner, size = rng.uniform(0, 1, 2) * (w, h), rng.uniform(1.0, 3.2)
        ragged = corner + rng.normal(0, size, (7, 2))
        outline = cv2.convexHull(np.int32(ragged * 16))
        cv2.fillPoly(speck, [outline], 255, cv2.LINE_AA, 4)
        laid(grey, speck, 0.10 if rng.random() < 0.35 else 0.90)
    if rng.random() < 0.03:
        hair = np.zeros((h, w), np.uint8)
        bend = np.cumsum(rng.normal(0, 1, (14, 2)).cumsum(0) * 0.7, 0)
        course = np.int32((bend + rng.uniform(0, 1, 2) * (w, h)) * 16)
        cv2.polylines(hair, [course], False, 255, 1, cv2.LINE_AA, 4)
        laid(grey, hair, 0.14)


def laid(grey: np.ndarray, dirt: np.ndarray, tone: float) -> None:
    """A mask (H, W) uint8 of dirt of one tone over the frame, in place."""
    cover = cv2.GaussianBlur(dirt, (0, 0), 0.6) / np.float32(255)
    grey += (tone - grey) * cover
