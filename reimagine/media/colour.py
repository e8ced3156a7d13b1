"""Between CIELAB, in which colours are predicted and measured, and the film's YCbCr."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from reimagine.media.frames import LUMA_WEIGHTS


@cache
def lightness_table() -> np.ndarray:
    """(256,) float32: CIELAB L of each grey value."""
    grey = np.repeat(np.arange(256, dtype=np.float32)[None, :, None] / 255, 3, 2)
    return cv2.cvtColor(grey, cv2.COLOR_RGB2LAB)[0, :, 0]


def ab_to_chroma(grey: np.ndarray, ab: np.ndarray, matrix: str, full: bool) -> np.ndarray:
    """Cb and Cr (h, w, 2) float32, 0 colourless, that give a picture of luma `grey` the colours `ab`.

    Args:
        grey: (h, w) uint8, luma over 0..255.
        ab: (h, w, 2) float32, CIELAB units.
    """
    lab = np.dstack([lightness_table()[grey], ab])
    return rgb_to_planes(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), matrix, full)[..., 1:]


def rgb_to_planes(rgb: np.ndarray, matrix: str, full: bool) -> np.ndarray:
    """RGB (h, w, 3) float32 in 0..1 -> luma from 0, Cb and Cr about 0, in units of 8-bit planes.

    Linear, so that differences become differences.
    """
    kr, kg, kb = LUMA_WEIGHTS[matrix]
    luma = rgb @ np.float32([kr, kg, kb])
    tone, reach = (255, 255) if full else (219, 224)
    cb = (rgb[..., 2] - luma) * np.float32(reach / (2 * (1 - kb)))
    cr = (rgb[..., 0] - luma) * np.float32(reach / (2 * (1 - kr)))
    return np.dstack([luma * tone, cb, cr])


def quantize_chroma(chroma: np.ndarray, full: bool) -> tuple[np.ndarray, np.ndarray]:
    """Cb and Cr about 0, (h, w, 2) float32, as a frame's two planes, (h, w) uint8 about 128."""
    reach = 127 if full else 112
    cb, cr = cv2.split(cv2.add(np.clip(chroma, -reach, reach), (128, 128, 0, 0), dtype=cv2.CV_8U))
    return cb, cr


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Float values in 0..1, any shape, as uint8 in 0..255, rounded; values outside are clipped."""
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def resized_lab(image: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """RGB (H, W, 3) uint8, shrunk to (w, h): its grey (h, w) uint8 and ab (h, w, 2) float32."""
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), lab[..., 1:]
