"""What ninety years do to a print: frames in colour in, an old black-and-white film out."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np


def aged(frames: Iterable[np.ndarray], seed: int = 1910) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 RGB -> (H, W) uint8: orthochromatic, faded, grained, scratched, flickering."""
    rng = np.random.default_rng(seed)
    scratches: list[list[float]] = []
    flicker, weave = 0.0, np.zeros(2)
    for colour in frames:
        grey = exposed(colour)
        flicker = 0.6 * flicker + rng.normal(0, 0.022)
        weave = 0.7 * weave + rng.normal(0, 0.35, 2)
        grey = cv2.warpAffine(grey, np.float32([[1, 0, weave[0]], [0, 1, weave[1]]]), grey.shape[::-1],
                              borderMode=cv2.BORDER_REFLECT)  # fmt: skip
        grey = grained(grey * (1 + flicker) * vignette(*grey.shape), rng)
        scratches = scratched(grey, scratches, rng)
        dusted(grey, rng)
        yield (np.clip(grey, 0, 1) * 219 + 16.5).astype(np.uint8)


def exposed(colour: np.ndarray) -> np.ndarray:
    """Blue-sensitive, red-blind stock with halation round the lights and a faded curve."""
    light = colour.astype(np.float32) @ np.float32([0.14, 0.50, 0.36]) / 255
    light = cv2.GaussianBlur(light, (0, 0), 0.7)
    light = light + 0.10 * cv2.GaussianBlur(np.clip(light - 0.6, 0, 1), (0, 0), 9)
    curve = light * light * (3 - 2 * light)
    return 0.06 + 0.88 * (0.55 * curve + 0.45 * light) ** 0.8


def vignette(h: int, w: int) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    return (1 - 0.16 * (x * x + y * y)).astype(np.float32)


def grained(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grain lives in the middle tones and is about a pixel and a half across."""
    noise = cv2.GaussianBlur(rng.standard_normal(grey.shape, np.float32), (0, 0), 0.8)
    return grey + noise * 0.055 * (0.35 + 2.2 * grey * (1 - grey))


def scratched(grey: np.ndarray, alive: list, rng: np.random.Generator) -> list:
    """Vertical scratches that wander and live for some frames; [x, strength, frames left]."""
    if rng.random() < 0.06:
        x = rng.uniform(20, grey.shape[1] - 20)
        alive = [*alive, [x, rng.uniform(-0.12, 0.22), rng.integers(6, 30)]]
    for scratch in alive:
        scratch[0] += rng.normal(0, 0.4)
        scratch[2] -= 1
        x = int(np.clip(scratch[0], 1, grey.shape[1] - 2))
        grey[:, x] += scratch[1] * rng.uniform(0.6, 1)
        grey[:, x + 1] += scratch[1] * 0.3
    return [s for s in alive if s[2] > 0]


def dusted(grey: np.ndarray, rng: np.random.Generator) -> None:
    """Specks that live for one frame."""
    for _ in range(rng.poisson(1.2)):
        centre = (int(rng.integers(grey.shape[1])), int(rng.integers(grey.shape[0])))
        axes = (int(rng.integers(1, 4)), int(rng.integers(1, 3)))
        tone = float(rng.choice([0.08, 0.92]))
        cv2.ellipse(grey, centre, axes, rng.uniform(0, 180), 0, 360, tone, -1, cv2.LINE_AA)
