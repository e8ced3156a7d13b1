"""Evaluation of colorizers: colour images are converted to grey, colorized, and compared with the originals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from reimagine.evaluation.common import Rows, open_with_shots, read_shots, resize_to, to_grey
from reimagine.media.video.frames import Frame, Shot, frame_from_image
from reimagine.media.video.reader import read_film
from reimagine.metrics.colour import Comparison
from reimagine.stages.contract import PictureModel

FRAME_STEP = 4
"""Every n-th frame of a film is compared: neighbouring frames are almost equal."""


Comparisons = dict[str, Comparison]
"""Comparisons with the original, by the title of their row."""


def numbers_of(comparisons: Comparisons) -> Rows:
    """The metrics of each comparison."""
    return {title: comparison.numbers() for title, comparison in comparisons.items()}


def details_of(comparisons: Comparisons) -> dict[str, Rows]:
    """Two tables for each comparison: chroma by predicted chroma, and the hues of dark regions of low texture."""
    tables: dict[str, Rows] = {}
    for title, comparison in comparisons.items():
        tables[f"{title}, by predicted chroma"] = comparison.calibration.by_chroma()
        tables[f"{title}, hues of dark plain regions"] = comparison.calibration.by_hue()
    return tables


def evaluate_photos(model: PictureModel, images: Iterable[np.ndarray], device: str) -> Comparisons:
    """Colorize the luma of colour images RGB (H, W, 3) uint8, one by one, and compare with the originals.

    Returns:
        The comparison of the model, and one of the grey images as a baseline.
    """
    colorize = model.load(device)
    coloured, grey = Comparison(), Comparison()
    for number, target in enumerate(images):
        luma = to_grey(target)
        coloured.add(next(iter(colorize([frame_from_image(number, luma)]))).image, target)
        grey.add(luma, target)
    return {"coloured": coloured, "left grey": grey}


def evaluate_film(
    models: Mapping[str, PictureModel], path: Path, device: str, start: float = 0.5, width: int = 256
) -> Comparisons:
    """Colorize the luma of a colour film, and compare with the original.

    Args:
        models: by the title of their row.
        start: the fraction of the film's frames that is skipped.
        width: of the images that are compared, in pixels.

    Returns:
        A comparison per model, and one of the grey film as a baseline.
    """
    film, shots = open_with_shots(path)
    first = round(film.frames * start)
    shots = [Shot(max(s.start, first), s.stop) for s in shots if s.stop > first]

    def grey() -> Iterator[Frame]:
        return (frame.with_grey(frame.grey, coloured=False) for frame in read_shots(film, shots))

    processors: dict[str, Callable[[Iterable[Frame]], Iterator[Frame]]]
    processors = {**{title: model.load(device) for title, model in models.items()}, "left grey": iter}
    comparisons: Comparisons = {}
    for title, process in processors.items():
        comparison, targets = Comparison(), read_film(film, first, film.frames)
        for frame, target in zip(process(grey()), targets, strict=True):
            if target.index % FRAME_STEP == 0:
                size = width, round(width * target.height / target.width)
                comparison.add(resize_to(frame.image, size), resize_to(target.image, size))
        comparisons[title] = comparison
    return comparisons
