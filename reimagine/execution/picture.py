"""Running the steps that write a picture: in parts, frame by frame or between frames, or by continuing the film."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import partial
from pathlib import Path

from reimagine import made
from reimagine.errors import StageError
from reimagine.execution.changes import change_of
from reimagine.execution.interpolation import InterpolationWork, interpolation_ranges
from reimagine.execution.job import Outcome, StepJob
from reimagine.execution.parts import FrameRange, Part, PictureWork, Work, frame_ranges, process_part
from reimagine.media.video.retiming import FilmChange
from reimagine.media.video.writer import concatenate, write_frames
from reimagine.runs.step import ARTIFACTS
from reimagine.stages.contract import ContinuationModel, Counts, InterpolationModel, PictureModel


def process_frames(job: StepJob, folder: Path) -> Outcome:
    """Process the picture part by part; the parts become one file at the end."""
    tracks = job.run.tracks
    picture = tracks.picture()
    model: PictureModel = job.model
    change = change_of(model, tracks.film, picture.frames)
    model = model.prepare(tracks.clip(picture.frames), job.run.learned_dir(model), job.device, job.progress)
    source = tracks.source_picture, tracks.source_frames
    work = PictureWork(model, picture, *source, job.device, job.codec, change.is_any)
    return _process_parts(job, folder, work, frame_ranges(tracks.current_shots, model), picture.frames, change)


def interpolate_film(job: StepJob, folder: Path) -> Outcome:
    """Write the picture at another frame rate part by part, with frames between its own."""
    tracks = job.run.tracks
    picture = tracks.picture()
    model: InterpolationModel = job.model
    change = change_of(model, tracks.film, picture.frames)
    retiming = change.retiming(tracks.film, picture.frames)
    assert retiming is not None
    work = InterpolationWork(model, picture, retiming, job.device, job.codec)
    ranges = interpolation_ranges(tracks.current_shots, retiming)
    return _process_parts(job, folder, work, ranges, retiming.first(picture.frames), change)


def _process_parts(
    job: StepJob, folder: Path, work: Work, ranges: Iterable[FrameRange], frames: int, change: FilmChange
) -> Outcome:
    """Process the parts of a step, and join them to its artifact of `frames` frames."""
    parts = [Part(r, folder / made.PARTS / f"{r.start:06d}-{r.stop:06d}.nut") for r in ranges]
    for part in parts:  # recorded here, since a worker on another machine does not know the record
        for path in (part.out, part.sidecar):
            made.check(path)
            made.note(path)
    job.progress.begin(job.stage, frames)
    results = list(job.engine(partial(process_part, work), parts, job.progress.advance))
    concatenate([result.path for result in results], folder / ARTIFACTS["picture"])
    made.remove(folder / made.PARTS)
    counts = Counts()
    for result in results:
        counts.merge(result.counts)
    seconds = sum(result.seconds for result in results)
    return Outcome(frames=frames, counts=counts, seconds=seconds, change=change)


def continue_film(job: StepJob, folder: Path) -> Outcome:
    """Generate the frames that follow the last one, or the one that `from_frame` names."""
    tracks = job.run.tracks
    model: ContinuationModel = job.model
    frames, rate = tracks.picture().frames, tracks.film.rate
    if not 0 <= model.from_frame < frames:
        raise StageError(
            f"{job.stage}: --from-frame {model.from_frame} does not exist; the film has frames 0 to {frames - 1}"
        )
    start = model.from_frame + 1 if model.from_frame else frames
    count = added_frames(model, rate)
    clip, learned = tracks.clip(start), job.run.learned_dir(model)
    generated = model.load(job.device)(clip, count, learned, job.progress)
    write_frames(folder / ARTIFACTS["picture"], generated, rate, job.codec)
    return Outcome(frames=start + count, start=start)


def added_frames(model: ContinuationModel, rate: Fraction) -> int:
    """Number of frames that a continuation adds at a frame rate; at least one."""
    return max(1, round(model.seconds * rate))
