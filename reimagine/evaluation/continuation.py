"""`reimagine evaluate`: a model against the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reimagine.errors import MediaError, unknown_name
from reimagine.media.clip import Clip
from reimagine.media.film import IMAGE_SUFFIXES, Film, list_images
from reimagine.media.frames import Frame, Shot, frame_from_image, report_progress
from reimagine.media.notes import Notes
from reimagine.media.reader import open_film, read_film, read_image
from reimagine.media.shots import CutDetector
from reimagine.media.sound import Sound, read_sound
from reimagine.media.writer import read_frames, write_frames
from reimagine.metrics import continuation as continuing
from reimagine.metrics import restoration
from reimagine.metrics.colour import Comparison
from reimagine.metrics.notes import find_truth, note_scores, read_truth
from reimagine.metrics.timbre import timbre_scores
from reimagine.metrics.warp import TemporalConsistency


def read_squares(folder: Path, side: int = 256) -> Iterator[np.ndarray]:
    """Every picture of a folder at (side, side, 3) uint8 RGB."""
    files = list_images(folder) if folder.is_dir() else []
    if not files:
        raise MediaError(f"{folder}: no folder with pictures in it")
    for file in files:
        yield cv2.resize(read_image(file), (side, side), interpolation=cv2.INTER_AREA)


def to_grey(image: np.ndarray) -> np.ndarray:
    """Colour taken out (BT.601 luma), three equal channels."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def colour(model: Any, images: Iterable[np.ndarray], device: str) -> dict[str, dict[str, float]]:
    """Grey the pictures, colour them, compare with the truth; beside it: leaving them grey."""
    work = model.load(device)
    made, grey = Comparison(), Comparison()
    for number, true in enumerate(images):
        plain = to_grey(true)
        made.add(next(iter(work([frame_from_image(number, plain)]))).image, true)
        grey.add(plain, true)
    return {"coloured": made.numbers(), "left grey": grey.numbers()}


Rows = dict[str, dict[str, float]]


def film_colour(models: dict[str, Any], path: Path, device: str, share: float = 0.5, width: int = 256) -> Rows:
    """Grey a film in colour, colour what comes after a share of it as a film, compare with the truth: a row a
    model by its title, and one for leaving it grey. Every fourth frame counts, at a width of `width`."""
    detector = CutDetector()
    film = open_film(path, detector)
    start = round(film.frames * share)
    shots = [Shot(max(s.start, start), s.stop) for s in detector.shots(film.frames) if s.stop > start]

    def grey() -> Iterator[Frame]:
        for shot in shots:
            for frame in read_film(film, shot.start, shot.stop):
                yield frame.renumbered(frame.index, shot).with_grey(frame.grey, coloured=False)

    rows = {}
    for title, work in {**{t: m.load(device) for t, m in models.items()}, "left grey": iter}.items():
        compared, true = Comparison(), read_film(film, start, film.frames)
        for made, own in zip(work(grey()), true, strict=True):
            if own.index % 4 == 0:
                size = width, round(width * own.height / own.width)
                compared.add(_sized(made.image, size), _sized(own.image, size))
        rows[title] = compared.numbers()
    return rows


def restore(
    model: Any,
    path: Path,
    device: str,
    distance: Callable[[np.ndarray, np.ndarray], float],
    kinds: Sequence[str],
    seed: int = 0,
    frames: int = 48,
) -> Rows:
    """Damage a picture, a folder of them, or the first frames of a film, restore, compare; see
    `restoration`."""
    asked = kinds or restoration.kinds(path.is_file() and path.suffix.lower() not in IMAGE_SUFFIXES)
    if stray := set(asked) - set(restoration.kinds(True)):
        raise MediaError(unknown_name("kind of damage", stray.pop(), restoration.kinds(True)))
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        images = [_whole(read_image(file)) for file in (list_images(path) if path.is_dir() else [path])]
        if not images:
            raise MediaError(f"{path}: no folder with pictures in it")
        return restoration.pictures(model, images, device, distance, asked, seed)
    detector = CutDetector()
    film = open_film(path, detector)
    shots = [Shot(s.start, min(s.stop, frames)) for s in detector.shots(film.frames) if s.start < frames]

    def read() -> Iterator[Frame]:
        for shot in shots:
            for frame in read_film(film, shot.start, shot.stop):
                yield frame.renumbered(frame.index, shot)

    return restoration.film(model, read, device, distance, asked, seed)


def _whole(image: np.ndarray) -> np.ndarray:
    """Even sides."""
    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]


def notes(model: Any, recordings: Sequence[Path], truth: Path | None = None) -> Rows:
    """Transcribe, and compare with the true notes beside each recording; a row each, and their mean."""
    if truth and len(recordings) > 1:
        raise MediaError("--truth belongs to one recording; put the true notes beside each instead")
    work, rows = model.load("cpu"), {}
    for path in recordings:
        sound = read_sound(path, 0.0, None, getattr(model, "rate", None), 1)
        begun = time.monotonic()
        found = work(sound)
        took = time.monotonic() - begun
        rows[path.stem] = note_scores(found, read_truth(truth or find_truth(path)))
        rows[path.stem]["times_real_time"] = sound.seconds / took
    return _with_mean(rows)


def timbre(
    played: Iterable[tuple[str, Callable[[Notes], Sound], Sound | None]], hear: Callable[[Sound], Notes] | None = None
) -> Rows:
    """Instruments by name, each with the real one on the same scale if there is one; and their mean."""
    return _with_mean({name: timbre_scores(play, real, hear) for name, play, real in played})


def _with_mean(rows: Rows) -> Rows:
    columns = next(iter(rows.values()))
    return rows | {"mean": {c: float(np.mean([row[c] for row in rows.values()])) for c in columns}}


def warp(
    source: Path,
    result: Path,
    before: Path | None = None,
    lai_compat: bool = False,
    distance: Callable[[np.ndarray, np.ndarray], float] | None = None,
) -> Rows:
    """How steady a film is that was made from `source`, beside what it was `before` it was steadied.

    Pairs across the source's cuts are left out.
    """
    detector = CutDetector()
    films = {"source": open_film(source, detector)}
    films |= {name: open_film(path) for name, path in (("before", before), ("result", result)) if path}
    size = films["source"].width, films["source"].height
    for film in films.values():
        if film.frames < 2 or abs(film.frames - films["source"].frames) > 1:
            raise MediaError(
                f"{film.source}: {film.frames} frames, where the source has "
                f"{films['source'].frames}; give films of the same frames"
            )
    cuts = {shot.start for shot in detector.shots(films["source"].frames)}
    steadiness = TemporalConsistency(distance, every=8, lai_compat=lai_compat)

    def pictures() -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        for frames in zip(*(read_film(film) for film in films.values()), strict=False):
            yield frames[0].index, {n: _sized(f.image, size) for n, f in zip(films, frames, strict=True)}

    for (_, here), (number, there) in pairwise(pictures()):
        if number not in cuts:
            steadiness.add(here, there)
    return steadiness.numbers()


HORIZONS = 1, 5, 10, 30, 90
"""Seconds after the end at which a continuation is looked at."""


@dataclass(frozen=True)
class ContinuationResult:
    """What came after the end of a film, and what models had come: numbers at the HORIZONS, numbers of every
    second, and the frames, each in a picture file."""

    rows: Rows
    series: dict[str, dict[str, list[float]]]
    pictures: dict[str, Path]
    film: Film
    until: int
    """The first frame that was held out."""


def continuation(
    models: dict[str, Any],
    path: Path,
    seconds: float,
    held: float,
    folder: Path,
    device: str,
    progress: Any,
    distance: Callable[[np.ndarray, np.ndarray], float] | None = None,
) -> ContinuationResult:
    """Hold out a film's last seconds, let models go on without them, and compare what they dream, and what
    really came, with the film before.

    Args:
        models: by the title that each is to have.
        seconds: how far they are to dream; what really came is as long as what is `held` out.
        folder: where all that they learn and dream is kept.
    """
    detector = CutDetector()
    film = open_film(path, detector)
    more, until = round(seconds * film.rate), film.frames - round(held * film.rate)
    if not continuing.WINDOW <= until < film.frames - 1:
        raise MediaError(f"{path}: {held:g} s cannot be held out of {film.frames} frames; give another --held")
    shots = detector.shots(film.frames)
    whole = Clip(partial(read_film, film), film.frames, shots, film.rate, path.name)
    clip = whole.until(until)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {"what came": folder / "what-came.nut"}
    write_frames(pictures["what came"], whole.read(until, film.frames), film.rate)
    for title, model in models.items():
        pictures[title] = folder / title / "picture.nut"
        work = model.load(device)
        if hasattr(work, "learn"):
            work.learn(clip, folder / title, progress)
        progress.begin("continue", more)
        pictures[title].parent.mkdir(exist_ok=True)
        write_frames(pictures[title], report_progress(work(clip, more, folder / title), progress.advance), film.rate)
    known = [_low(f) for f in clip.read(0, until)]
    made = {title: [_low(f) for f in read_frames(picture, film)] for title, picture in pictures.items()}
    came, second = made["what came"], max(2, round(film.rate))
    rows, series = {}, {title: continuing.per_second_series(frames, known, second) for title, frames in made.items()}
    for title, frames in made.items():
        for horizon in sorted({held, seconds, *(h for h in HORIZONS if h < seconds)}):
            count = round(horizon * film.rate)
            if count <= len(frames):
                row = continuing.compare(frames[:count], known, second, distance)
                if distance and count <= len(came):
                    row["truth"] = continuing.distance_to_truth(frames[:count], came, distance)
                rows[f"{title}, {horizon:g} s"] = row
    return ContinuationResult(rows, series, pictures, film, until)


def _low(frame: Frame, width: int = 256) -> np.ndarray:
    return _sized(frame.image, (width, max(1, round(width * frame.height / frame.width))))


def _sized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if image.shape[1::-1] == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
