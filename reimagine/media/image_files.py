"""Image files: reading them as images, and as the frames of a film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.film import IMAGE_SUFFIXES, Film, fingerprint, list_images
from reimagine.media.frames import Frame, frame_from_image
from reimagine.media.pixels import pad_to_even

if TYPE_CHECKING:
    import numpy as np

IMAGE_RATE = Fraction(25)
"""Frames per second of a folder of images."""


def read_image(path: Path) -> np.ndarray:
    """An image file as (H, W, 3) uint8 RGB, rotated as its EXIF data says.

    Raises:
        MediaError: the file cannot be decoded.
    """
    import cv2
    import numpy as np

    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise MediaError(f"{path}: not an image, or damaged")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def open_images(path: Path, on_frame: Callable[[int, np.ndarray], None] | None) -> Film:
    """Properties of an image file, or of a folder of images; see `reader.open_film`."""
    files = list_images(path) if path.is_dir() else [path]
    if not files:
        raise MediaError(f"{path}: a folder without images; put image files ({', '.join(IMAGE_SUFFIXES)}) into it")
    width = height = 0
    for number, file in enumerate(files):
        image = read_image(file)
        if number == 0:
            height, width = image.shape[:2]
        if on_frame:
            on_frame(number, image[..., 1])
    return Film(
        str(path),
        fingerprint(path),
        len(files),
        IMAGE_RATE,
        width,
        height,
        float(len(files) / IMAGE_RATE),
        stills=tuple(map(str, files)),
        full=True,
        pixel_format="yuv444p",
    )


def read_image_frames(film: Film, start: int, stop: int) -> Iterator[Frame]:
    """Frames `start` to `stop` (exclusive) of a folder of images, resized to the size of the first."""
    import cv2

    for index in range(start, stop):
        image = read_image(Path(film.stills[index]))
        if image.shape[:2] != (film.height, film.width):
            image = cv2.resize(image, (film.width, film.height), interpolation=cv2.INTER_AREA)
        picture = frame_from_image(index, image, film.pixel_format).picture
        yield Frame(index, pad_to_even(picture), full=True)
