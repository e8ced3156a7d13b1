"""Tonal damage of a whole picture by film stock, printing, projection and age: (H, W) float32, about 0..1."""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.media.images.colour import to_uint8


def orthochromatic(colour: np.ndarray) -> np.ndarray:
    """Simulate orthochromatic (blue-sensitive) stock behind an uncoated lens: (H, W, 3) uint8 RGB -> (H, W) float32.

    Exposure is computed in linear light. The channel weights sum to more than one: skies were exposed until they were
    nearly white.
    """
    light = (colour.astype(np.float32) / 255) ** 2.2 @ np.array([0.09, 0.53, 0.62], np.float32)
    light = cv2.GaussianBlur(light, (0, 0), 0.75)
    halo = cv2.GaussianBlur(np.clip(light - 0.55, 0, 1), (0, 0), 8)
    light = light + 0.22 * halo
    return (light * (1 + light / 2.2) / (1 + light)) ** (1 / 2.2) * 1.15


def print_curve(grey: np.ndarray) -> np.ndarray:
    """Apply the S-shaped tone curve of a print, with lifted blacks and lowered whites."""
    curve = grey * grey * (3 - 2 * grey)
    return 0.05 + 0.87 * (0.65 * curve + 0.35 * grey)


def faded(grey: np.ndarray, black: float, white: float, gamma: float = 1.0) -> np.ndarray:
    """Compress the range 0..1 to black..white, after a gamma curve."""
    return black + (white - black) * np.clip(grey, 0, 1) ** np.float32(gamma)


def negative(grey: np.ndarray, base: float, dense: float, gamma: float) -> np.ndarray:
    """Simulate a scanned camera negative.

    Args:
        base: density of the film base: scene black becomes 1 - base.
        dense: tone of the densest emulsion: scene white becomes this.
        gamma: exponent of the tone curve.
    """
    return faded(1 - np.clip(grey, 0, 1), dense, 1 - base, gamma)


def shift_image(grey: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Shift a picture by (x, y) pixels, fractions included; the edge is mirrored."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    size = grey.shape[::-1]
    return cv2.warpAffine(grey, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def vignette(shape: tuple[int, ...], gain: float, depth: float = 0.34) -> np.ndarray:
    """Return factors (H, W) float32 that darken the corners by `depth`, and by twice the frame's flicker `gain`."""
    h, w = shape
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    radius = (x * x + y * y) / 2
    return (1 - (depth + 2 * gain) * radius**1.6).astype(np.float32)


def add_film_grain(grey: np.ndarray, rng: np.random.Generator, amount: float = 1.0) -> np.ndarray:
    """Add film grain of two sizes, strongest in the midtones."""
    h, w = grey.shape
    fine = cv2.GaussianBlur(rng.standard_normal((h, w), np.float32), (0, 0), 0.75)
    coarse = rng.standard_normal((max(1, h // 2), max(1, w // 2)), np.float32)
    coarse = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)
    return grey + amount * (0.048 * fine + 0.013 * coarse) * (0.30 + 2.4 * grey * (1 - grey))


def add_gaussian_noise(grey: np.ndarray, rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Add white Gaussian noise with a standard deviation of `sigma` grey levels (of 255)."""
    return grey + rng.standard_normal(grey.shape, np.float32) * np.float32(sigma / 255)


def jpeg_compress(grey: np.ndarray, quality: int) -> np.ndarray:
    """Compress a picture as JPEG (quality 1..100) and decode it."""
    _, code = cv2.imencode(".jpg", to_uint8(grey), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    return decoded.astype(np.float32) / 255
