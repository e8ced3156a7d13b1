"""What stock, printing, a projector and time do to a whole picture: (H, W) float32, about 0..1."""

from __future__ import annotations

import cv2
import numpy as np


def orthochromatic(colour: np.ndarray) -> np.ndarray:
    """Blue-sensitive, red-blind stock behind an uncoated lens: (H, W, 3) uint8 RGB -> (H, W) float32.

    Display values are taken back to light first: film adds light up, not pixel values. The
    weights add up to more than one: skies were exposed until they were nearly white.
    """
    light = (colour.astype(np.float32) / 255) ** 2.2 @ np.float32([0.09, 0.53, 0.62])
    light = cv2.GaussianBlur(light, (0, 0), 0.75)
    halo = cv2.GaussianBlur(np.clip(light - 0.55, 0, 1), (0, 0), 8)
    light = light + 0.22 * halo
    return (light * (1 + light / 2.2) / (1 + light)) ** (1 / 2.2) * 1.15


def print_curve(grey: np.ndarray) -> np.ndarray:
    """The print's S-curve, then its fading: blacks have turned grey, whites yellow."""
    curve = grey * grey * (3 - 2 * grey)
    return 0.05 + 0.87 * (0.65 * curve + 0.35 * grey)


def faded(grey: np.ndarray, black: float, white: float, gamma: float = 1.0) -> np.ndarray:
    """What was 0..1 now spans black..white."""
    return black + (white - black) * np.clip(grey, 0, 1) ** np.float32(gamma)


def negative(grey: np.ndarray, base: float, dense: float, gamma: float) -> np.ndarray:
    """The camera's own film on a light table: the lightest is the base, the densest hardly black."""
    return faded(1 - np.clip(grey, 0, 1), dense, 1 - base, gamma)


def shift_image(grey: np.ndarray, weave: np.ndarray) -> np.ndarray:
    """The gate does not hold the frame quite still: shifted by (x, y), parts of a pixel or so."""
    shift = np.float32([[1, 0, weave[0]], [0, 1, weave[1]]])
    size = grey.shape[::-1]
    return cv2.warpAffine(grey, shift, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def vignette(h: int, w: int, breath: float, depth: float = 0.34) -> np.ndarray:
    """Darker towards the corners, and a little more so in some frames than in others: a factor (h, w)."""
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    away = (x * x + y * y) / 2
    return (1 - (depth + 2 * breath) * away**1.6).astype(np.float32)


def add_film_grain(grey: np.ndarray, rng: np.random.Generator, amount: float = 1.0) -> np.ndarray:
    """Silver in clumps of two sizes, strongest in the middle tones."""
    h, w = grey.shape
    fine = cv2.GaussianBlur(rng.standard_normal((h, w), np.float32), (0, 0), 0.75)
    coarse = rng.standard_normal((max(1, h // 2), max(1, w // 2)), np.float32)
    coarse = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)
    return grey + amount * (0.048 * fine + 0.013 * coarse) * (0.30 + 2.4 * grey * (1 - grey))


def add_gaussian_noise(grey: np.ndarray, rng: np.random.Generator, sigma: float) -> np.ndarray:
    """White noise of this deviation (of 0..255)."""
    return grey + rng.standard_normal(grey.shape, np.float32) * np.float32(sigma / 255)


def jpeg_compress(grey: np.ndarray, quality: int) -> np.ndarray:
    """Through JPEG and back."""
    _, code = cv2.imencode(".jpg", to_uint8(grey), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(code, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def to_uint8(grey: np.ndarray) -> np.ndarray:
    """0..1 -> uint8."""
    return (np.clip(grey, 0, 1) * 255 + 0.5).astype(np.uint8)
