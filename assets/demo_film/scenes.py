"""The film's three shots, one after the other, joined by hard cuts."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from lake import Lake
from lane import Lane
from optics import developed
from viaduct import Viaduct

WIDTH, HEIGHT, RATE = 640, 480, 24
SHOTS = ((Lane, 4.0), (Viaduct, 3.5), (Lake, 2.5))
"""Each shot and its length in seconds."""


def frames() -> Iterator[np.ndarray]:
    """The whole film in colour: (480, 640, 3) uint8 RGB."""
    for scene, seconds in SHOTS:
        shot = scene()
        for n in range(round(seconds * RATE)):
            yield shown(developed(shot.at(n / RATE)))


def shown(picture: np.ndarray) -> np.ndarray:
    """A display-ready (960, 1280, 3) picture in 0..1, shrunk and rounded to 8 bits."""
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return (small * 255 + 0.5).astype(np.uint8)
