"""Runs a step with the function for its kind, unless it is finished already."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from reimagine import stages
from reimagine.execution import picture, sound
from reimagine.execution.job import Outcome, StepJob
from reimagine.runs.step import Step, finished_step, write_step
from reimagine.stages.contract import Kind

RUNNERS: dict[Kind, Callable[[StepJob, Path], Outcome]] = {
    Kind.PICTURE: picture.process_frames,
    Kind.INTERPOLATION: picture.interpolate_film,
    Kind.CONTINUATION: picture.continue_film,
    Kind.TRANSCRIPTION: sound.transcribe,
    Kind.COMPOSITION: sound.compose,
    Kind.SYNTHESIS: sound.synthesize,
    Kind.MIX: sound.mix,
}


def run_step(job: StepJob) -> Step:
    """Run a step, unless it is finished already, and append it to the run."""
    run, kind = job.run, stages.stage_named(job.stage).kind
    source = run.tracks.latest(kind.reads)
    key = run.step_key(job.model, source, job.codec if kind.writes == "picture" else "")
    folder = run.step_dir(job.model, key)
    if finished_step(folder, key, job.progress.message) is None:
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        outcome = _run(job, folder, kind)
        seconds = time.monotonic() - begun if outcome.seconds is None else outcome.seconds
        facts = folder.name, key, *stages.identify(job.model), kind.writes, source.folder if source else ""
        step = Step(*facts, round(seconds, 2), outcome.frames, outcome.start, dict(outcome.counts), outcome.change)
        write_step(folder, step, job.model)
    return run.add(folder)


def _run(job: StepJob, folder: Path, kind: Kind) -> Outcome:
    """Run the step; the progress of sound and notes counts seconds of the film."""
    if kind.writes == "picture":
        return RUNNERS[kind](job, folder)
    seconds = round(job.run.tracks.seconds)
    job.progress.begin(job.stage, seconds, "s")
    outcome = RUNNERS[kind](job, folder)
    job.progress.advance(seconds)
    return outcome
