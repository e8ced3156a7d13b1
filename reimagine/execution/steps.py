"""Runs a step with the function for its kind, unless it is finished already."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from reimagine import stages
from reimagine.errors import StageError
from reimagine.execution import picture, sound
from reimagine.execution.job import Outcome, StepJob
from reimagine.runs.step import Step, finished_step, write_step
from reimagine.stages.contract import Kind

RUNNERS: dict[Kind, Callable[[StepJob, Path], Outcome]] = {
    Kind.PICTURE: picture.process_frames,
    Kind.CONTINUATION: picture.continue_film,
    Kind.TRANSCRIPTION: sound.transcribe,
    Kind.COMPOSITION: sound.compose,
    Kind.SYNTHESIS: sound.synthesize,
    Kind.MIX: sound.mix,
}


def run_step(job: StepJob) -> Step:
    """Run a step, unless it is finished already, and append it to the run.

    Raises:
        StageError: the film lacks what the stage needs.
    """
    run, kind = job.run, stages.stage_named(job.stage).kind
    source = run.tracks.latest(kind.reads)
    key = run.step_key(job.model, source, job.codec if kind.writes == "picture" else "")
    folder = run.step_dir(job.model, key)
    if finished_step(folder, key, job.progress.message) is None:
        check_requirements(job)
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        if kind.writes != "picture":
            job.progress.begin(job.stage, 0)
        outcome = RUNNERS[kind](job, folder)
        seconds = time.monotonic() - begun if outcome.seconds is None else outcome.seconds
        facts = folder.name, key, *stages.identify(job.model), kind.writes, source.folder if source else ""
        step = Step(*facts, round(seconds, 2), outcome.frames, outcome.start, dict(outcome.counts))
        write_step(folder, step, job.model)
    return run.add(folder)


def check_requirements(job: StepJob) -> None:
    """Refuse a step whose film lacks what the stage needs.

    Raises:
        StageError: what is missing, and which step provides it.
    """
    tracks, row = job.run.tracks, stages.stage_named(job.stage)
    film = tracks.film
    if row.kind.reads == "picture" and not film.frames:
        raise StageError(f"{job.stage}: {film.source} has no picture; give a film or a picture")
    if row.kind.reads == "picture" and film.hdr:
        raise StageError(
            f"{job.stage}: {film.source} has a picture of high dynamic range ({film.hdr}), which stages cannot "
            "process; convert it to BT.709 first"
        )
    if row.kind is Kind.TRANSCRIPTION and not (film.sounds or film.is_score):
        raise StageError(f"{job.stage}: {film.source} has no sound track; give one that has, or leave this step out")
    if row.kind is Kind.SYNTHESIS and tracks.latest("notes") is None and not film.is_score:
        raise StageError(f"{job.stage}: there are no notes yet; run transcribe or compose first")
    if row.kind is Kind.MIX and tracks.latest("sound") is None:
        raise StageError(f"{job.stage}: there is no new sound yet; run timbre first")
    earlier = [s.stage for s in tracks.steps if s.writes == "picture" and not s.row.restores_source]
    if row.restores_source and earlier:
        raise StageError(
            f"{job.stage}: must be the first picture stage, but {job.run.folder} went through {earlier[0]} already; "
            "give the film itself --into another folder"
        )
