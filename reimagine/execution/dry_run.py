"""Dry run: the steps that are finished already, and the estimated time and disk space of the others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from reimagine import stages
from reimagine.errors import RunError
from reimagine.execution.picture import added_frames
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
    """A step that would be run: estimated seconds and bytes, both 0 if it is done already."""

    stage: str
    model: str
    key: str
    done: bool
    seconds: float
    bytes: float


def plan_steps(run: Run, models: Sequence[Any], codec: str = "magicyuv") -> Iterator[PlannedStep]:
    """Each step as it would be run, one after another. Nothing is run, and `run` is not changed."""
    tracks = run.tracks
    latest: dict[str, Step | None] = {track: tracks.latest(track) for track in ("picture", "sound", "notes")}
    frames = tracks.picture().frames
    for number, model in enumerate(models, len(run.steps) + 1):
        stage, name = stages.identify(model)
        kind = stages.stage_named(stage).kind
        key = run.step_key(model, latest[kind.reads], codec if kind.writes == "picture" else "")
        folder = run.step_dir(model, key, number)
        done = finished_step(folder, key) is not None
        added = added_frames(model, run.film.rate) if kind is Kind.CONTINUATION else 0
        seconds, size = (0.0, 0.0) if done else _cost(run, model, kind, added or frames)
        yield PlannedStep(stage, name, key[:8], done, seconds, size)
        frames += added
        latest[kind.writes] = Step(folder.name, key, stage, name, kind.writes, "")


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
    frames = added_frames(longest, run.film.rate)
    size = frames * run.film.width * run.film.height * BYTES_PER_PIXEL * (LOSSY_SHARE if codec == "h264" else 1)
    if size > free:
        raise RunError(
            f"--seconds {seconds:g}: {frames} frames of {run.film.width}x{run.film.height} take about "
            f"{size / 1e9:,.1f} GB, and the disk of {run.folder} has {free / 1e9:,.1f} GB free; give a shorter time"
        )


def _cost(run: Run, model: Any, kind: Kind, frames: int) -> tuple[float, float]:
    """Estimated seconds and bytes of a step."""
    if kind.writes == "picture":
        pixels = frames * run.film.width * run.film.height
        seconds = pixels / REFERENCE_PIXELS / model.frames_per_second + model.learning_seconds()
        return seconds, pixels * BYTES_PER_PIXEL
    seconds = run.film.seconds / model.realtime_factor + START_SECONDS
    return seconds, run.film.seconds * BYTES_PER_SECOND if kind.writes == "sound" else NOTES_BYTES
