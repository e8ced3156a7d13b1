"""Between CIELAB, in which colours are predicted and measured, and the film's YCbCr."""
from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from reimagine.media.frames import LUMA


@cache
def lightness() -> np.ndarray:
    """(256,) float32: CIELAB L of each grey value."""
    grey = np.repeat(np.arange(256, dtype=np.float32)[None, :, None] / 255, 3, 2)
    return cv2.cvtColor(grey, cv2.COLOR_RGB2LAB)[0, :, 0]


def ab_to_chroma(
    grey: np.ndarray, ab: np.ndarray, matrix: str, full: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Cb and Cr ((h, w) uint8) that give a picture of luma `grey` the colours `ab`.

    Args:
        grey: (h, w) uint8, luma over 0..255.
        ab: (h, w, 2) float32, CIELAB units.
    """
    lab = np.dstack([lightness()[grey], ab])
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    kr, kg, kb = LUMA[matrix]
    luma = rgb @ np.float32([kr, kg, kb])
    reach = 255 if full else 224
    cb = (rgb[..., 2] - luma) * np.float32(reach / (2 * (1 - kb))) + 128.5
    cr = (rgb[..., 0] - luma) * np.float32(reach / (2 * (1 - kr))) + 128.5
    low, high = (0, 255) if full else (16, 240)
    return np.clip(cb, low, high).astype(np.uint8), np.clip(cr, low, high).astype(np.uint8)


def lab_of(image: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """RGB (H, W, 3) uint8, shrunk to (w, h): its grey (h, w) uint8 and ab (h, w, 2) float32."""
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), lab[..., 1:]
