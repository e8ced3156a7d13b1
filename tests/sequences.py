"""Generated image sequences, written with OpenImageIO."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import OpenImageIO
from helpers import picture

SIZE = (96, 64)
"""(w, h) of the images."""


def write_image_file(path: Path, image: np.ndarray, kind: str = "", **attributes) -> Path:
    """Write (H, W, C) uint8, uint16 or float32 as an image file of the sample type `kind`.

    `attributes` are those of the file; two underscores stand for a colon.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = OpenImageIO.ImageSpec(image.shape[1], image.shape[0], image.shape[2], kind or str(image.dtype))
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), *(value if isinstance(value, tuple) else (value,)))
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec) and output.write_image(np.ascontiguousarray(image)) and output.close()
    output.geterror()
    return path


def write_sequence(
    pattern: Path, numbers: Iterable[int], kind: str = "uint8", size: tuple[int, int] = SIZE, **attributes
) -> Path:
    """Write `picture` number n as the image n of a printf pattern, for each number; return the pattern."""
    for number in numbers:
        path = pattern.with_name(pattern.name % number)
        write_image_file(path, converted(picture(number, *size, 0), kind), kind, **attributes)
    return pattern


def converted(image: np.ndarray, kind: str) -> np.ndarray:
    """An RGB image, uint8, in samples of a kind; floats are linear light."""
    if kind == "uint8":
        return image
    if kind == "uint16":
        return image.astype(np.uint16) * 257
    return linear(image / 255)


def linear(level: np.ndarray) -> np.ndarray:
    """Linear light of levels of sRGB, 0..1, as float32."""
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)


def read_image_file(path: Path) -> np.ndarray:
    """The samples of an image file as stored."""
    image = OpenImageIO.ImageInput.open(str(path))
    return image.read_image(str(image.spec().format))
