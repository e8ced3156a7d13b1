"""Evaluation of continuations: the end of a film is held out, continued by models, and compared with the film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from reimagine import made
from reimagine.errors import MediaError
from reimagine.evaluation.common import Rows, open_with_shots, resize_to
from reimagine.media.video.clip import Clip
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import read_film
from reimagine.media.video.writer import read_frames, write_frames
from reimagine.metrics import Distance
from reimagine.metrics import continuation as metrics
from reimagine.progress import Progress
from reimagine.stages.contract import ContinuationModel

HORIZONS = (1, 5, 10, 30, 90)
"""Seconds after the end at which continuations are measured."""
WIDTH = 256
"""Width in pixels at which they are measured."""
HELD_OUT = "held-out film"
"""Title of the row of the film's own ending."""


@dataclass(frozen=True)
class ContinuationResult:
    """Measurements of the held-out ending and of the continuations.

    Attributes:
        rows: numbers at each horizon, by "title, seconds s".
        series: numbers of every second, by title and name.
        pictures: files of lossless frames, by title.
        film: the whole film.
        first_held_out: number of the first frame that was held out.
    """

    rows: Rows
    series: dict[str, dict[str, list[float]]]
    pictures: dict[str, Path]
    film: Film
    first_held_out: int


def evaluate_continuation(
    models: Mapping[str, ContinuationModel],
    path: Path,
    seconds: float,
    held_out: float,
    folder: Path,
    device: str,
    progress: Progress,
    distance: Distance | None = None,
) -> ContinuationResult:
    """Hold out the end of a film, continue it with models, and compare all endings with the beginning.

    Args:
        models: by the title of their rows.
        seconds: length of the continuations.
        held_out: length of the ending that is held out, in seconds.
        folder: for what the models learn, and all frames.
        distance: perceptual distance.

    Raises:
        MediaError: the film is too short to hold out so much.
    """
    film, shots = open_with_shots(path)
    first = film.frames - round(held_out * film.rate)
    if not metrics.WINDOW <= first < film.frames - 1:
        raise MediaError(f"{path}: cannot hold out {held_out:g} s of {film.frames} frames; give another --held")
    clip = Clip(partial(read_film, film), film.frames, shots, film.rate, path.name)
    pictures = _write_endings(models, clip, first, round(seconds * film.rate), folder, device, progress)
    known = [_reduced(f) for f in clip.read(0, first)]
    endings = {title: [_reduced(f) for f in read_frames(picture, film)] for title, picture in pictures.items()}
    frames_per_second = max(2, round(film.rate))
    series = {title: metrics.per_second_series(e, known, frames_per_second) for title, e in endings.items()}
    horizons = sorted({held_out, seconds, *(h for h in HORIZONS if h < seconds)})
    counts = {horizon: round(horizon * film.rate) for horizon in horizons}
    rows = _compare(endings, known, counts, frames_per_second, distance)
    return ContinuationResult(rows, series, pictures, film, first)


def _write_endings(
    models: Mapping[str, ContinuationModel],
    clip: Clip,
    first: int,
    count: int,
    folder: Path,
    device: str,
    progress: Progress,
) -> dict[str, Path]:
    """Write the frames of the clip from `first` on, and `count` frames of each model instead; files by title."""
    folder.mkdir(parents=True, exist_ok=True)
    made.guard(folder)
    pictures = {HELD_OUT: folder / f"{HELD_OUT.replace(' ', '-')}.nut"}
    write_frames(pictures[HELD_OUT], clip.read(first, clip.frames), clip.rate)
    for title, model in models.items():
        pictures[title] = folder / title / "picture.nut"
        frames = model.load(device)(clip.until(first), count, folder / title, progress)
        pictures[title].parent.mkdir(exist_ok=True)
        write_frames(pictures[title], frames, clip.rate)
    return pictures


def _compare(
    endings: Mapping[str, Sequence[np.ndarray]],
    known: Sequence[np.ndarray],
    horizons: Mapping[float, int],
    frames_per_second: int,
    distance: Distance | None,
) -> Rows:
    """Rows of each ending at each horizon that it reaches; `horizons` maps seconds to frames."""
    target, rows = endings[HELD_OUT], {}
    for title, frames in endings.items():
        for seconds, count in horizons.items():
            if count > len(frames):
                continue
            row = metrics.compare(frames[:count], known, frames_per_second, distance)
            if distance and count <= len(target):
                row["truth"] = metrics.distance_to_target(frames[:count], target, distance)
            rows[f"{title}, {seconds:g} s"] = row
    return rows


def _reduced(frame: Frame) -> np.ndarray:
    """The frame's image, `WIDTH` pixels wide."""
    return resize_to(frame.image, (WIDTH, max(1, round(WIDTH * frame.height / frame.width))))
