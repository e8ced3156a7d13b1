"""Helpers shared by the evaluations: test images, films read shot by shot, means of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import MediaError
from reimagine.media.images.names import list_images
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame, Shot
from reimagine.media.video.image_files import read_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector

Rows = dict[str, dict[str, float]]
"""Numbers by column, by the title of their row."""


def read_squares(folder: Path, side: int = 256) -> Iterator[np.ndarray]:
    """Every picture of a folder, resized to (side, side, 3) uint8 RGB.

    Raises:
        MediaError: there is no such folder, or no picture in it.
    """
    files = list_images(folder) if folder.is_dir() else []
    if not files:
        raise MediaError(f"{folder}: not a folder of pictures; give one")
    for file in files:
        yield resize_to(read_image(file), (side, side))


def to_grey(image: np.ndarray) -> np.ndarray:
    """BT.601 luma of RGB (H, W, 3) uint8, as three equal channels."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def resize_to(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image (H, W, C) resized to (w, h) by area; the same object if it has that size."""
    if image.shape[1::-1] == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def open_with_shots(path: Path) -> tuple[Film, list[Shot]]:
    """A film and its shots."""
    detector = CutDetector()
    film = open_film(path, detector)
    return film, detector.shots(film.frames)


def read_shots(film: Film, shots: Iterable[Shot]) -> Iterator[Frame]:
    """The frames of these shots, in order, each with its shot."""
    for shot in shots:
        for frame in read_film(film, shot.start, shot.stop):
            yield frame.renumbered(frame.index, shot)


def with_mean(rows: Rows) -> Rows:
    """The rows and, last, their mean; the columns are those of the first row."""
    columns = next(iter(rows.values()))
    return rows | {"mean": {c: float(np.mean([row[c] for row in rows.values()])) for c in columns}}
