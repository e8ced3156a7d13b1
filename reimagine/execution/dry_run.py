"""Dry run: the steps that are finished already, and the estimated time and disk space of the others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from reimagine import stages
from reimagine.errors import RunError
from reimagine.execution.changes import change_of
from reimagine.execution.picture import added_frames
from reimagine.media.video.film import Film
from reimagine.runs.folder import Run
from reimagine.runs.step import Step, finished_step
from reimagine.stages.contract import Kind

REFERENCE_PIXELS = 640 * 480
"""Frame size at which the models state their speed, in pixels."""
BYTES_PER_PIXEL = 0.8
"""Size of a lossless intermediate picture (MagicYUV), measured on the demo film."""
LOSSY_SHARE = 0.1
"""Size of an intermediate picture in h264, as a share of a lossless one, roughly."""
BYTES_PER_SECOND = 48000 * 2 * 4
"""Size of an intermediate sound: 48 kHz, stereo, 32-bit float."""
NOTES_BYTES = 1e4
"""Size of a notes artifact, roughly: it is negligible beside pictures and sound."""
START_SECONDS = 2.0
"""Time to load a model for sound."""


class PlannedStep(NamedTuple):
    """A step that would be run.

    Attributes:
        key: the first digits of its key.
        seconds: estimated time; 0 if it is done already.
        bytes: estimated size of its result; 0 if it is done already.
        film: size and clock of the film after it.
        frames: number of frames of the picture after it.
    """

    stage: str
    model: str
    key: str
    done: bool
    seconds: float
    bytes: float
    film: Film
    frames: int


def plan_steps(run: Run, models: Sequence[Any], codec: str = "magicyuv") -> Iterator[PlannedStep]:
    """Each step as it would be run, one after another. Nothing is run, and `run` is not changed.

    Raises:
        StageError: a step cannot be applied to the film as it is then.
    """
    tracks = run.tracks
    latest: dict[str, Step | None] = {track: tracks.latest(track) for track in ("picture", "sound", "notes")}
    film, frames = tracks.film, tracks.picture().frames
    for number, model in enumerate(models, len(run.steps) + 1):
        stage, name = stages.identify(model)
        kind = stages.stage_named(stage).kind
        key = run.step_key(model, latest[kind.reads], codec if kind.writes == "picture" else "")
        folder = run.step_dir(model, key, number)
        done = finished_step(folder, key) is not None
        written = frames
        if kind is Kind.CONTINUATION:
            written = added_frames(model, film.rate)
            frames += written
        elif kind.writes == "picture" and frames:
            change = change_of(model, film, frames)
            retiming, film = change.retiming(film, frames), change.applied(film, frames)
            written = frames = retiming.first(frames) if retiming else frames
        seconds, size = (0.0, 0.0) if done else _cost(film, model, kind, written)
        yield PlannedStep(stage, name, key[:8], done, seconds, size, film, frames)
        latest[kind.writes] = Step(folder.name, key, stage, name, kind.writes, "")


def planned_film(run: Run, models: Sequence[Any]) -> Film:
    """The film, with the size and clock that it has after the models."""
    return ([run.tracks.film] + [planned.film for planned in plan_steps(run, models)])[-1]


def check_disk(run: Run, models: Sequence[Any], codec: str) -> None:
    """Refuse a continuation whose frames the disk cannot hold, before any work.

    Raises:
        RunError: the disk space that it takes, and what is free.
    """
    extending = [model for model in models if stages.stage_named(stages.identify(model)[0]).kind is Kind.CONTINUATION]
    if not extending:
        return
    longest = max(extending, key=lambda model: model.seconds)
    seconds, free = longest.seconds, shutil.disk_usage(run.folder).free
    *_, film = (planned.film for planned in plan_steps(run, models, codec))
    frames = added_frames(longest, film.rate)
    size = frames * film.width * film.height * BYTES_PER_PIXEL * (LOSSY_SHARE if codec == "h264" else 1)
    if size > free:
        raise RunError(
            f"--seconds {seconds:g}: {frames} frames of {film.width}x{film.height} take about "
            f"{size / 1e9:,.1f} GB, and the disk of {run.folder} has {free / 1e9:,.1f} GB free; give a shorter time"
        )


def _cost(film: Film, model: Any, kind: Kind, frames: int) -> tuple[float, float]:
    """Estimated seconds and bytes of a step that writes frames of a film of that size."""
    if kind.writes == "picture":
        pixels = frames * film.width * film.height
        seconds = pixels / REFERENCE_PIXELS / model.frames_per_second + model.learning_seconds()
        return seconds, pixels * BYTES_PER_PIXEL
    seconds = film.seconds / model.realtime_factor + START_SECONDS
    return seconds, film.seconds * BYTES_PER_SECOND if kind.writes == "sound" else NOTES_BYTES
