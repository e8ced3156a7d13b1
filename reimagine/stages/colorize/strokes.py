"""Finds the painted strokes of a hint: a grey still on which somebody painted a few coloured strokes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from reimagine.errors import StageError
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import read_image

MIN_CHROMA = 15.0
"""Distance in ab, CIELAB units, from grey and from the film's own colour, above which a pixel is painted."""
EDGE_SHARE = 0.5
"""Share of the strongest colour nearby below which a pixel is the edge of a stroke: blurred, or a JPEG artifact."""
EDGE_RADIUS = 6
"""Distance in pixels, at 1000 pixels of the picture's long side, within which the strongest colour is looked for."""
MAX_ASPECT_ERROR = 0.02
"""Relative difference of the aspect ratios of still and film, at most: rounding of a scaled size."""
MAX_POINTS = 400
"""Points of one hint, at most; more of them cost time and add nothing."""


class Strokes(NamedTuple):
    """Points of the strokes of one hint.

    Attributes:
        positions: (P, 2) float32, x and y in pixels of the analyzed size.
        lab: (P, 3) float32, painted colour in CIELAB.
        numbers: (P,) int32, number of the stroke of each point.
    """

    positions: np.ndarray
    lab: np.ndarray
    numbers: np.ndarray

    def where(self, kept: np.ndarray, positions: np.ndarray) -> Strokes:
        """The strokes at other positions, only those points where `kept` (P,) is true."""
        return Strokes(positions[kept], self.lab[kept], self.numbers[kept])


def read_strokes(path: Path, frame: Frame, size: tuple[int, int]) -> Strokes:
    """The strokes of a hint at (w, h), the size at which the film is analyzed.

    Args:
        frame: the film's frame that the still shows.

    Raises:
        StageError: the still has another shape than the film.
        MediaError: the file cannot be decoded.
    """
    image = read_image(path)
    height, width = image.shape[:2]
    if abs(width / height / (frame.width / frame.height) - 1) > MAX_ASPECT_ERROR:
        raise StageError(
            f"--hint {path}: {width}x{height} is another shape than the film's {frame.width}x{frame.height}; "
            "scale the still, do not crop it"
        )
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    own = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    mask = painted(lab[..., 1:], cv2.cvtColor(own, cv2.COLOR_RGB2LAB)[..., 1:])
    return points_of(mask, lab, size)


def painted(ab: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Where a still is painted: its colour differs clearly from grey and from the film's own colour, such as sepia.

    Args:
        ab: of the still, (h, w, 2) float32.
        own: ab of the film's frame, of the same size.

    Returns:
        (h, w) float32, 0 or 1; the blurred edges of strokes are left out.
    """
    distance = np.minimum(np.linalg.norm(ab, axis=2), np.linalg.norm(ab - own, axis=2))
    radius = max(1, round(EDGE_RADIUS * max(ab.shape[:2]) / 1000))
    strongest = cv2.dilate(distance, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    return ((distance > MIN_CHROMA) & (distance > EDGE_SHARE * strongest)).astype(np.float32)


def points_of(mask: np.ndarray, lab: np.ndarray, size: tuple[int, int]) -> Strokes:
    """Points of the strokes at (w, h): the middle of thin strokes, and everything inside broad ones."""
    interpolation = cv2.INTER_AREA if size[0] < mask.shape[1] else cv2.INTER_LINEAR
    coverage = cv2.resize(mask, size, interpolation=interpolation)
    colour = cv2.resize(lab * mask[..., None], size, interpolation=interpolation)
    nearby = cv2.dilate(coverage, np.ones((3, 3), np.uint8))
    y, x = np.nonzero((coverage > 0.02) & (coverage >= np.minimum(0.7, 0.9 * nearby)))
    step = -(-len(x) // MAX_POINTS) or 1
    y, x = y[::step], x[::step]
    numbers = cv2.connectedComponents((coverage > 0.02).astype(np.uint8))[1][y, x]
    painted = (colour[y, x] / coverage[y, x, None]).astype(np.float32)
    return Strokes(np.stack([x, y], 1).astype(np.float32), painted, numbers)
