"""Evaluation of temporal consistency: the warping error of a processed film along the optical flow of its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from reimagine.errors import MediaError
from reimagine.evaluation.common import Rows, open_with_shots, resize_to
from reimagine.media.video.film import Film
from reimagine.media.video.reader import open_film, read_film
from reimagine.metrics import Distance
from reimagine.metrics.warp import TemporalConsistency

FRAME_STEP = 8
"""Colourfulness, sharpness and distance are measured on every n-th pair: they change slowly, and the distance is
slow to compute."""


def evaluate_consistency(
    source: Path,
    result: Path,
    before: Path | None = None,
    lai_compat: bool = False,
    distance: Distance | None = None,
) -> Rows:
    """Measure the temporal consistency of a film. Pairs of frames across the source's cuts are left out.

    Args:
        source: the film from which it was made.
        result: the film.
        before: the film before it was stabilized, with the same frames.
        lai_compat: as the published code of Lai et al. computes it.
        distance: perceptual distance from `before`.

    Returns:
        A row per film; see `metrics.warp`.

    Raises:
        MediaError: the films differ in length.
    """
    source_film, shots = open_with_shots(source)
    films = {"source": source_film}
    films |= {name: open_film(path) for name, path in (("before", before), ("result", result)) if path}
    for film in films.values():
        if film.frames < 2 or abs(film.frames - source_film.frames) > 1:
            raise MediaError(
                f"{film.source}: {film.frames} frames, but the source has {source_film.frames}; "
                "give films of the same frames"
            )
    cuts = {shot.start for shot in shots}
    consistency = TemporalConsistency(distance, every=FRAME_STEP, lai_compat=lai_compat)
    for (_, current), (number, following) in pairwise(_read_together(films)):
        if number not in cuts:
            consistency.add(current, following)
    return consistency.numbers()


def _read_together(films: Mapping[str, Film]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Yield number and images of each frame that all films have, at the size of the source."""
    size = films["source"].width, films["source"].height
    for frames in zip(*(read_film(film) for film in films.values()), strict=False):
        yield frames[0].index, {n: resize_to(f.image, size) for n, f in zip(films, frames, strict=True)}
