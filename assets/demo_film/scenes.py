"""The film: three shots, joined by hard cuts."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from lake import Lake
from lane import Lane
from optics import tone_map
from viaduct import Viaduct

WIDTH = 640
"""Width of the film in pixels."""
HEIGHT = 480
"""Height of the film in pixels."""
RATE = 24
"""Frames per second."""
SHOTS = ((Lane, 4.0), (Viaduct, 3.5), (Lake, 2.5))
"""The shots, with their lengths in seconds."""


def render_frames() -> Iterator[np.ndarray]:
    """Yield the whole film in colour: (480, 640, 3) uint8 RGB."""
    for scene, seconds in SHOTS:
        shot = scene()
        for n in range(round(seconds * RATE)):
            yield to_8_bit(tone_map(shot.render(n / RATE)))


def to_8_bit(picture: np.ndarray) -> np.ndarray:
    """Reduce a picture (960, 1280, 3) of display values 0..1 to the film's size, as uint8."""
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return (small * 255 + 0.5).astype(np.uint8)
