"""Faults of a drawing compared with its photograph: texture in flat regions, wrong hues, halos beside edges.

Images are RGB (H, W, 3) uint8 of the same size. Measures that no pixel of the photograph takes part in are NaN.
"""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.media.images.guided import guided_filter

FLAT_GRADIENT = 8.0
"""Gradient (of 255 per pixel) up to which a photograph is flat, in a window around the pixel."""
FLAT_WINDOW = 5
"""Side of that window in pixels."""
EDGE_GRADIENT = 40.0
"""Gradient (of 255 per pixel) from which an edge is strong."""
HALO_BAND = (3, 10)
"""Distance in pixels from a strong edge at which halos are looked for: closer, there may be an outline."""
PLATEAU_BAND = (14, 30)
"""Distance in pixels from a strong edge at which the lightness without a halo is taken."""
PLATEAU_WINDOW = 41
"""Side in pixels of the window in which the lightnesses of the two bands are compared."""
MIN_PLATEAU = 0.05
"""Smallest share of that window which the second band has to cover."""
SKIN_CR, SKIN_CB = (138, 173), (77, 122)
"""Values of Cr and Cb of skin (after Chai & Ngan 1999), 0..255."""
SKIN_LUMA = 60
"""Darker pixels are not counted as skin, because their hue is uncertain."""
NEUTRAL_CHROMA = 8.0
"""Chroma (a, b of Lab) up to which a region is neutral."""
CHROMA_RADIUS, CHROMA_EPS = 6, 4e-3
"""Guided filter with which chroma is flattened before hues are compared."""


def flat_texture_ratio(photo: np.ndarray, drawing: np.ndarray) -> float:
    """Return the mean gradient of the drawing, divided by the photograph's, where the photograph is flat."""
    flat = flat_regions(photo)
    before, after = (_gradient(_grey(image))[flat] for image in (photo, drawing))
    return float(after.mean() / max(before.mean(), 1e-6)) if flat.any() else float("nan")


def hue_error(photo: np.ndarray, drawing: np.ndarray, region: np.ndarray) -> float:
    """Return the mean distance of the flattened chroma, in the plane of a and b of Lab, in a region (H, W) bool."""
    before, after = (_flattened_chroma(image) for image in (photo, drawing))
    return float(np.linalg.norm(after - before, axis=2)[region].mean()) if region.any() else float("nan")


def halo(photo: np.ndarray, drawing: np.ndarray) -> float:
    """Return how much brighter or darker a drawing is beside strong edges than farther away, in levels of 255.

    Compared are flat regions of the photograph. The photograph's own difference is subtracted.
    """
    distance = cv2.distanceTransform((_gradient(_grey(photo)) < EDGE_GRADIENT).astype(np.uint8), cv2.DIST_L2, 5)
    flat = flat_regions(photo)
    near, far = (flat & (distance >= low) & (distance <= high) for low, high in (HALO_BAND, PLATEAU_BAND))
    window = (PLATEAU_WINDOW, PLATEAU_WINDOW)
    share = cv2.blur(far.astype(np.float32), window)
    near &= share > MIN_PLATEAU
    if not near.any():
        return float("nan")
    difference = _grey(drawing) - _grey(photo)
    plateau = cv2.blur(difference * far, window) / np.maximum(share, 1e-6)
    return float(np.abs(difference - plateau)[near].mean())


def flat_regions(image: np.ndarray) -> np.ndarray:
    """Return where an image is flat: (H, W) bool."""
    smooth = cv2.GaussianBlur(_grey(image), (0, 0), 1)
    return cv2.dilate(_gradient(smooth), np.ones((FLAT_WINDOW, FLAT_WINDOW), np.uint8)) < FLAT_GRADIENT


def skin_regions(image: np.ndarray) -> np.ndarray:
    """Return where an image has the colours of skin: (H, W) bool. Wood and sand of these colours are included."""
    luma, cr, cb = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb))
    red, blue = (cr > SKIN_CR[0]) & (cr < SKIN_CR[1]), (cb > SKIN_CB[0]) & (cb < SKIN_CB[1])
    return red & blue & (luma > SKIN_LUMA)


def neutral_regions(image: np.ndarray) -> np.ndarray:
    """Return where an image is flat and grey: (H, W) bool."""
    return flat_regions(image) & (np.linalg.norm(_flattened_chroma(image), axis=2) < NEUTRAL_CHROMA)


def _flattened_chroma(image: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return guided_filter(lab[..., 1:], _grey(image) / 255, CHROMA_RADIUS, CHROMA_EPS)


def _gradient(grey: np.ndarray) -> np.ndarray:
    """Return the length of the gradient per pixel: (H, W) float32 -> the same shape."""
    dx, dy = (np.diff(grey, axis=axis, prepend=grey.take([0], axis)) for axis in (1, 0))
    return np.hypot(dx, dy)


def _grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
