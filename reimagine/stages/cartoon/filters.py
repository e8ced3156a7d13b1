"""Image filters for drawings. Images are RGB (H, W, 3), values 0..255."""

from __future__ import annotations

import cv2
import numpy as np

KEPT_GRADIENT = 0.92
"""Share of a drawing's gradient energy that is restored after temporal blending; a larger share would restore noise."""
DETAIL_SIGMA = 1.5
"""Sigma in pixels of the Gaussian blur that separates fine detail from the rest."""
GRADIENT_WINDOW = 15
"""Side in pixels of the window in which gradient energy is averaged."""
MAX_GAIN = 2.0
"""Largest factor by which fine detail is amplified; more makes halos visible."""

FLAT_GRADIENT = 16.0
"""Gradient (Sobel, |dx| + |dy|, values 0..255) at which smoothing has fallen to 1/e."""
FLAT_SIGMA = 2.0
"""Sigma in pixels of the Gaussian blur in flat regions."""

GREY_SPREAD = 6
"""Spread of R, G and B (of 255) up to which an image has no colour: chroma noise and compression stay below it."""
COLOUR_SPREAD = 16
"""Spread of R, G and B (of 255) from which an image is in colour."""

XDOG_WEIGHT = 18
"""Weight p of the difference of Gaussians."""
XDOG_SIGMA_RATIO = 1.6
"""Ratio k of the two Gaussians' sigmas."""
XDOG_SLOPE = 10
"""Slope phi of the soft threshold."""
XDOG_THRESHOLD = 0.35
"""Threshold epsilon, in luma 0..1."""

BILATERAL_PASSES = 3
"""Passes of the bilateral filter; fewer leave texture."""
CHROMA_GAIN = 1.2
"""Factor of the a and b channels, which makes flat colour look printed."""
TONE_SLOPE = 12
"""Slope of the logistic curve between two tone levels. A hard step would flicker with the film's grain."""


def restore_sharpness(blended: np.ndarray, drawing: np.ndarray) -> np.ndarray:
    """Adaptive unsharp masking: amplify the fine detail of a blended drawing up to the gradient energy of `drawing`.

    Blending two drawings whose lines differ by a pixel blurs the lines.

    Args:
        blended: (H, W, 3) float32.
        drawing: (H, W, 3) float32, the reference.

    Returns:
        (H, W, 3) float32; not clipped.
    """
    detail = blended - cv2.GaussianBlur(blended, (0, 0), DETAIL_SIGMA)
    lacking = np.maximum(KEPT_GRADIENT * _local_gradient_energy(drawing) - _local_gradient_energy(blended), 0)
    gain = np.sqrt(1 + lacking / (_local_gradient_energy(detail) + 1)).clip(1, MAX_GAIN)
    return blended + detail * (gain - 1)[..., None]


def _local_gradient_energy(image: np.ndarray) -> np.ndarray:
    """Return the squared gradient of the luma, averaged over a window: (H, W) float32."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    dx, dy = (cv2.filter2D(grey, -1, np.array(k, np.float32)) for k in ([[-1, 1, 0]], [[-1], [1], [0]]))
    return cv2.blur(dx * dx + dy * dy, (GRADIENT_WINDOW, GRADIENT_WINDOW))


def smooth_flat_regions(drawing: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Blur a drawing where the film's picture is flat, because networks fill flat regions with moving texture.

    Args:
        drawing: (H, W, 3) float32.
        grey: (H, W) uint8, luma of the picture that was drawn.

    Returns:
        (H, W, 3) float32.
    """
    tone = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    gradient = np.abs(cv2.Sobel(tone, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(tone, cv2.CV_32F, 0, 1))
    nearby = cv2.blur(cv2.dilate(gradient, np.ones((7, 7), np.uint8)), (7, 7))
    weight = np.exp(-nearby / FLAT_GRADIENT)[..., None]
    return drawing + (cv2.GaussianBlur(drawing, (0, 0), FLAT_SIGMA) - drawing) * weight


def colour_share(image: np.ndarray) -> float:
    """Return 0 for a grey image (H, W, 3) uint8, 1 for an image in colour, and a value between for faint colour."""
    samples = image[::8, ::8].astype(np.int16)
    spread = float(np.percentile(samples.max(2) - samples.min(2), 99))
    return float(np.clip((spread - GREY_SPREAD) / (COLOUR_SPREAD - GREY_SPREAD), 0, 1))


def xdog_lines(grey: np.ndarray) -> np.ndarray:
    """Return the extended difference of Gaussians (Winnemoeller et al. 2012) of (H, W) uint8.

    Returns:
        (H, W) float32: 0 on a line, 1 elsewhere.
    """
    tone = grey.astype(np.float32) / 255
    sigma = max(0.7, min(grey.shape) / 480)
    narrow, wide = (cv2.GaussianBlur(tone, (0, 0), sigma * k) for k in (1.0, XDOG_SIGMA_RATIO))
    sharpened = (1 + XDOG_WEIGHT) * narrow - XDOG_WEIGHT * wide
    return np.clip(1 + np.tanh(XDOG_SLOPE * (sharpened - XDOG_THRESHOLD)), 0, 1)


def draw_lines(drawing: np.ndarray, grey: np.ndarray, line: float) -> np.ndarray:
    """Multiply a drawing (H, W, 3) by the XDoG lines of `grey` (H, W) uint8; `line` is their darkness, 0 to 1."""
    return drawing * (1 - line * (1 - xdog_lines(grey)))[..., None]


def smooth_textures(image: np.ndarray) -> np.ndarray:
    """Remove texture and preserve edges, with bilateral filters at half size: (H, W, 3) uint8."""
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    for _ in range(BILATERAL_PASSES):
        half = cv2.bilateralFilter(half, 7, 30, 5)
    return cv2.resize(half, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def quantize_tones(image: np.ndarray, levels: int) -> np.ndarray:
    """Quantize the lightness to `levels` soft steps (Winnemoeller et al. 2006, section 3.3): (H, W, 3) uint8."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    step = 256 / levels
    tone = lab[..., 0].astype(np.float32) / step
    fraction = tone - np.floor(tone)
    soft = 1 / (1 + np.exp(-TONE_SLOPE * (fraction - 0.5)))
    lab[..., 0] = np.clip((np.floor(tone) + soft) * step, 0, 255)
    lab[..., 1:] = np.clip(128 + (lab[..., 1:].astype(np.float32) - 128) * CHROMA_GAIN, 0, 255)
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
