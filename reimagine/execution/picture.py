"""Running the steps that write a picture: frame by frame in parts, or by continuing the film."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path

from reimagine import made
from reimagine.errors import StageError
from reimagine.execution.job import Outcome, StepJob
from reimagine.execution.parts import Part, PictureWork, frame_ranges, process_part
from reimagine.media.video.writer import concatenate, write_frames
from reimagine.runs.step import ARTIFACTS
from reimagine.stages.contract import ContinuationModel, Counts, PictureModel


def process_frames(job: StepJob, folder: Path) -> Outcome:
    """Process the picture part by part; the parts become one file at the end."""
    tracks = job.run.tracks
    picture = tracks.picture()
    model: PictureModel = job.model
    clip = tracks.clip(picture.frames)
    model = model.prepare(clip, job.run.learned_dir(model), job.device, job.progress)
    source = tracks.source_picture, tracks.film, tracks.source_frames
    work = PictureWork(model, picture, *source, job.device, job.codec)
    parts = [
        Part(frames, folder / made.PARTS / f"{frames.start:06d}-{frames.stop:06d}.nut")
        for frames in frame_ranges(tracks.current_shots, model)
    ]
    for part in parts:  # recorded here, since a worker on another machine does not know the record
        for path in (part.out, part.sidecar):
            made.check(path)
            made.note(path)
    job.progress.begin(job.stage, picture.frames)
    results = list(job.engine(partial(process_part, work), parts, job.progress.advance))
    concatenate([result.path for result in results], folder / ARTIFACTS["picture"])
    made.remove(folder / made.PARTS)
    counts = Counts()
    for result in results:
        counts.merge(result.counts)
    return Outcome(frames=picture.frames, counts=counts, seconds=sum(result.seconds for result in results))


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
