"""`reimagine evaluate`: a model against the truth."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reimagine.errors import MediaError
from reimagine.media.film import stills_of
from reimagine.media.frames import from_image
from reimagine.media.reader import open_film, read_film, read_still
from reimagine.media.shots import CutDetector
from reimagine.metrics.colour import Comparison
from reimagine.metrics.warp import Steadiness


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


Rows = dict[str, dict[str, float]]


def warp(source: Path, result: Path, before: Path | None = None, lai_compat: bool = False,
         distance: Callable[[np.ndarray, np.ndarray], float] | None = None) -> Rows:  # fmt: skip
    """How steady a film is that was made from `source`, beside what it was `before` it was steadied.

    Pairs across the source's cuts are left out.
    """
    detector = CutDetector()
    films = {"source": open_film(source, detector)}
    films |= {name: open_film(path) for name, path in (("before", before), ("result", result)) if path}
    size = films["source"].width, films["source"].height
    for film in films.values():
        if film.frames < 2 or abs(film.frames - films["source"].frames) > 1:
            raise MediaError(f"{film.source}: {film.frames} frames, where the source has "
                             f"{films['source'].frames}; give films of the same frames")  # fmt: skip
    cuts = {shot.start for shot in detector.shots(films["source"].frames)}
    steadiness = Steadiness(distance, every=8, lai_compat=lai_compat)

    def pictures() -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        for frames in zip(*(read_film(film) for film in films.values()), strict=False):
            yield frames[0].index, {n: _sized(f.image, size) for n, f in zip(films, frames, strict=True)}

    for (_, here), (number, there) in pairwise(pictures()):
        if number not in cuts:
            steadiness.add(here, there)
    return steadiness.numbers()


def _sized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if image.shape[1::-1] == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
