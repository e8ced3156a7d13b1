"""`reimagine evaluate`: a model against the truth."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reimagine.errors import MediaError
from reimagine.media.film import stills_of
from reimagine.media.frames import from_image
from reimagine.media.reader import read_still
from reimagine.metrics.colour import Comparison


def squares(folder: Path, side: int = 256) -> Iterator[np.ndarray]:
    """Every picture of a folder at (side, side, 3) uint8 RGB."""
    files = stills_of(folder) if folder.is_dir() else []
    if not files:
        raise MediaError(f"{folder}: no folder with pictures in it")
    for file in files:
        yield cv2.resize(read_still(file), (side, side), interpolation=cv2.INTER_AREA)


def greyed(image: np.ndarray) -> np.ndarray:
    """Colour taken out (BT.601 luma), three equal channels."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def colour(model: Any, images: Iterable[np.ndarray], device: str) -> dict[str, dict[str, float]]:
    """Grey the pictures, colour them, compare with the truth; beside it: leaving them grey."""
    work = model.load(device)
    made, grey = Comparison(), Comparison()
    for number, true in enumerate(images):
        plain = greyed(true)
        made.add(next(iter(work([from_image(number, plain)]))).image, true)
        grey.add(plain, true)
    return {"coloured": made.numbers(), "left grey": grey.numbers()}
