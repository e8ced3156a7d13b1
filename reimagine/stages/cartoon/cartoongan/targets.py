"""Targets of a second training: drawings without the faults that a look learnt in its first one.

A trained generator fills flat regions with short strokes, surrounds dark objects with bright halos and turns skin red.
Its drawing is therefore decomposed as in White-box Cartoonization (Wang & Yu, CVPR 2020, section 3): surface,
structure, chroma and lines. The target is put together from the parts that are wanted. The generator, trained on with
these targets, draws them directly, so a film costs no more than before.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from reimagine.media.images.guided import guided_filter
from reimagine.stages.cartoon.filters import smooth_textures

RADIUS = 10
"""Radius in pixels of the guided filter that extracts the surface."""
HALO_WIDTH = 7
"""Distance in pixels from an edge up to which a drawing may have a halo."""
HALO_WEIGHT = 0.02
"""Weight of these pixels in the surface, relative to others: tones beside an edge are taken from farther away."""
SURFACE_EPS = 1e-3
"""Regularization of that filter, in squared units of luma 0..1: strokes of lower contrast disappear."""
EDGE_GRADIENT = (0.15, 0.5)
"""Gradient (Sobel, of luma 0..1) of the flattened photograph at which a line may begin, and from which it is kept."""
TEXTURE_SHARE = 0.3
"""Share of the drawing's texture that is kept where the photograph is rough; none is kept elsewhere."""
ROUGHNESS = (1.5, 6.5)
"""Mean detail of lightness (of 100) at which a region of the photograph begins to be rough, and from which it is."""
LINE_SIGMAS = (1.0, 2.56)
"""Sigmas in pixels of the difference of Gaussians that finds outlines."""
LINE_GAIN = 9.0
"""Factor of that difference, in luma 0..1."""
LINE_THRESHOLD = 0.02
"""Smallest difference that becomes an outline, in luma 0..1."""


@dataclass(frozen=True)
class TargetStyle:
    """What is taken over from a drawing.

    Attributes:
        palette_shift: largest distance in the plane of a and b from the photograph's chroma to the target's.
        saturation: factor of the photograph's chroma.
        emphasis: factor of the difference between the surfaces of drawing and photograph; above 1, the look is
            stronger than the drawing.
        outlines: darkness of the outlines that are added, 0 to 1.
    """

    palette_shift: float
    saturation: float
    emphasis: float
    outlines: float


def simplified(drawing: np.ndarray, photo: np.ndarray, style: TargetStyle) -> np.ndarray:
    """Return the target for a photograph.

    Args:
        drawing: RGB (H, W, 3) uint8, the generator's output for the photograph.
        photo: RGB (H, W, 3) uint8.
        style: what is taken over from the drawing.

    Returns:
        RGB (H, W, 3) uint8.
    """
    structure = smooth_textures(photo)
    luma = cv2.cvtColor(structure, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    drawing_lab, photo_lab, structure_lab = (_to_lab(image) for image in (drawing, photo, structure))
    edges = _edges(luma)
    weights = 1 - (1 - HALO_WEIGHT) * cv2.dilate(edges, np.ones((2 * HALO_WIDTH + 1,) * 2, np.uint8))
    surface = guided_filter(drawing_lab, luma, RADIUS, SURFACE_EPS, weights)
    photo_surface = guided_filter(structure_lab, luma, RADIUS, SURFACE_EPS, weights)
    surface = surface + (style.emphasis - 1) * (surface - photo_surface)
    lightness = surface[..., 0] + _lines(drawing_lab, surface, edges) + _texture(drawing_lab, photo_lab, structure_lab)
    lightness *= 1 - style.outlines * outlines(luma)
    shift = surface[..., 1:] - style.saturation * photo_surface[..., 1:]
    distance = np.linalg.norm(shift, axis=2, keepdims=True) + 1e-6
    chroma = style.saturation * structure_lab[..., 1:] + shift * np.minimum(1, style.palette_shift / distance)
    lab = np.concatenate([lightness[..., None], chroma], 2).astype(np.float32)
    return (cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255).clip(0, 255).round().astype(np.uint8)


def outlines(luma: np.ndarray) -> np.ndarray:
    """Return the dark sides of edges by a difference of Gaussians: (H, W) float32 in 0..1 -> the same shape and range.

    In contrast to XDoG (see `filters.xdog_lines`), dark regions are not filled.
    """
    narrow, wide = (cv2.GaussianBlur(luma, (0, 0), sigma) for sigma in LINE_SIGMAS)
    return np.clip(LINE_GAIN * (wide - narrow - LINE_THRESHOLD), 0, 1)


def _edges(luma: np.ndarray) -> np.ndarray:
    """Return the strength of edges: (H, W) float32 in 0..1 -> the same shape and range."""
    gradient = np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    return _ramp(gradient, EDGE_GRADIENT)


def _lines(drawing: np.ndarray, surface: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the dark detail of a drawing's lightness at edges of the structure; bright detail there is a halo."""
    nearby = cv2.GaussianBlur(cv2.dilate(edges, np.ones((3, 3), np.uint8)), (0, 0), 1)
    return np.minimum(drawing[..., 0] - surface[..., 0], 0) * nearby


def _texture(drawing: np.ndarray, photo: np.ndarray, structure: np.ndarray) -> np.ndarray:
    """Return the share of a drawing's detail of lightness that is kept, where the photograph is rough."""
    detail = cv2.blur(np.abs(photo[..., 0] - structure[..., 0]), (7, 7))
    return TEXTURE_SHARE * (drawing[..., 0] - cv2.blur(drawing[..., 0], (7, 7))) * _ramp(detail, ROUGHNESS)


def _ramp(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Return 0 up to the first limit, 1 from the second one on, linear between."""
    low, high = limits
    return np.clip((values - low) / (high - low), 0, 1)


def _to_lab(image: np.ndarray) -> np.ndarray:
    """RGB (H, W, 3) uint8 -> Lab (H, W, 3) float32, lightness in 0..100."""
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
