"""Conversion between CIELAB, in which colours are predicted and measured, and the YCbCr planes of a film."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from reimagine.media.images.matrices import LIMITED_CHROMA_SPAN, LIMITED_SPAN, MATRICES


@cache
def lightness_table() -> np.ndarray:
    """(256,) float32: CIELAB L, 0..100, of each grey level."""
    grey = np.repeat(np.arange(256, dtype=np.float32)[None, :, None] / 255, 3, 2)
    return cv2.cvtColor(grey, cv2.COLOR_RGB2LAB)[0, :, 0]


def ab_to_chroma(grey: np.ndarray, ab: np.ndarray, matrix: str, full: bool) -> np.ndarray:
    """Chroma of an image with the luma `grey` and the CIELAB colours `ab`.

    Args:
        grey: (h, w) uint8 luma, full range.
        ab: (h, w, 2) float32, CIELAB units.
        matrix: YUV matrix, a key of `MATRICES`.
        full: whether the chroma is for full range.

    Returns:
        Cb and Cr, (h, w, 2) float32, in units of 8-bit planes; 0 is colourless.
    """
    lab = np.dstack([lightness_table()[grey], ab])
    return rgb_to_planes(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), matrix, full)[..., 1:]


def rgb_to_planes(rgb: np.ndarray, matrix: str, full: bool) -> np.ndarray:
    """YCbCr of an RGB image. The conversion is linear, so that it also converts a difference of two images.

    Args:
        rgb: (h, w, 3) float32 in 0..1.
        matrix: YUV matrix, a key of `MATRICES`.
        full: full range; otherwise limited range.

    Returns:
        (h, w, 3) float32 in units of 8-bit planes: luma with black at 0, and Cb and Cr with 0 colourless.
    """
    kr, kg, kb = MATRICES[matrix].weights
    luma = rgb @ np.array([kr, kg, kb], np.float32)
    luma_span, chroma_span = (255, 255) if full else (LIMITED_SPAN, LIMITED_CHROMA_SPAN)
    cb = (rgb[..., 2] - luma) * np.float32(chroma_span / (2 * (1 - kb)))
    cr = (rgb[..., 0] - luma) * np.float32(chroma_span / (2 * (1 - kr)))
    return np.dstack([luma * luma_span, cb, cr])


def quantize_chroma(chroma: np.ndarray, full: bool) -> tuple[np.ndarray, np.ndarray]:
    """Cb and Cr (h, w, 2) float32, 0 colourless, as the two planes of a frame: (h, w) uint8, 128 colourless."""
    limit = 127 if full else 112
    offset = (128.0, 128.0, 0.0, 0.0)
    planes = cv2.add(np.clip(chroma, -limit, limit), offset, dtype=cv2.CV_8U)  # pyright: ignore[reportCallIssue, reportArgumentType]
    cb, cr = cv2.split(planes)
    return cb, cr


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Float values in 0..1, any shape, as uint8 in 0..255, rounded; values outside are clipped."""
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def resized_lab(image: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """An RGB image (H, W, 3) uint8 reduced to (w, h): its luma (h, w) uint8 and its CIELAB ab (h, w, 2) float32."""
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), lab[..., 1:]
