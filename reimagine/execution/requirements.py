"""What steps need of a film and of the installation, checked before the first of them is run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from reimagine import stages
from reimagine.errors import StageError
from reimagine.execution.dry_run import plan_steps
from reimagine.runs.folder import Run
from reimagine.stages.contract import Kind


def check_requirements(run: Run, models: Sequence[Any], codec: str = "magicyuv") -> None:
    """Refuse steps whose film, or whose installation, lacks what they need. Finished steps are not checked.

    Raises:
        StageError: what is missing, and where it comes from.
    """
    written = {step.writes for step in run.steps}
    drawn = [step.stage for step in run.steps if step.writes == "picture" and not step.row.restores_source]
    for model, planned in zip(models, plan_steps(run, models, codec), strict=True):
        row = stages.stage_named(planned.stage)
        if not planned.done:
            _check_film(run, planned.stage, written)
            if row.restores_source and drawn:
                raise StageError(
                    f"{planned.stage}: must be the first picture stage, but {run.folder} went through {drawn[0]} "
                    "already; give the film itself --into another folder"
                )
            model.check_installed()
        written.add(row.kind.writes)
        drawn += [planned.stage] if row.kind.writes == "picture" and not row.restores_source else []


def _check_film(run: Run, stage: str, written: Collection[str]) -> None:
    """Check what a stage reads against the film and the tracks that earlier steps write."""
    film, kind = run.film, stages.stage_named(stage).kind
    if kind.reads == "picture" and not film.frames:
        raise StageError(f"{stage}: {film.source} has no picture; give a film or a picture")
    if kind.reads == "picture" and film.hdr:
        raise StageError(
            f"{stage}: {film.source} has a picture of high dynamic range ({film.hdr}), which stages cannot "
            "process; convert it to BT.709 first"
        )
    if kind is Kind.TRANSCRIPTION and not (film.sounds or film.is_score):
        raise StageError(f"{stage}: {film.source} has no sound track; give one that has, or leave this step out")
    if kind is Kind.SYNTHESIS and "notes" not in written and not film.is_score:
        raise StageError(f"{stage}: there are no notes yet; run transcribe or compose first")
    if kind is Kind.MIX and "sound" not in written:
        raise StageError(f"{stage}: there is no new sound yet; run timbre first")
