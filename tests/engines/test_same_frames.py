"""Every engine gives the frames of the local one, for the models that process a picture."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import frames_of, one_torch_thread

from reimagine import stages
from reimagine.engines import Engine, local
from reimagine.engines.processes import open_processes
from reimagine.execution import parts
from reimagine.execution.job import StepJob
from reimagine.execution.steps import run_step
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run
from reimagine.runs.step import Step
from reimagine.stages.contract import Kind

LARGE = ("deoldify", "ddcolor", "spandrel")
"""Networks that have no tiny form, or no weights; they are called as others are."""
PICTURE = [
    (s, name)
    for s, row in stages.STAGES.items()
    if row.kind in (Kind.PICTURE, Kind.INTERPOLATION)
    for name in row.models
    if name not in LARGE
]


@pytest.fixture(scope="module")
def processes():
    """One engine for all models: starting workers takes seconds."""
    monkey = pytest.MonkeyPatch()
    monkey.setattr("reimagine.engines.processes.worker_threads", lambda cores, workers: 1)
    with open_processes(2) as engine:
        yield engine
    monkey.undo()


def build(stage: str, name: str, weights: dict[str, Path]) -> Any:
    """The model with tiny random weights, if it has a network."""
    cls = stages.model_class(stage, name)
    has_weights = "weights" in {field.name for field in dataclasses.fields(cls)}
    return cls(weights=str(weights[f"{stage} {name}"])) if has_weights else cls()


def process(film: Path, into: Path, stage: str, model: Any, engine: Engine) -> tuple[Step, list[np.ndarray]]:
    """The step of a model in a run folder of its own, and its frames, lossless."""
    run = Run.open(film, into)
    step = run_step(StepJob(run, model, stage, "cpu", engine, "magicyuv", NoProgress()))
    return step, frames_of(into / step.folder / "picture.nut")


@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_processes_give_the_frames_and_counts_of_one_process(
    stage, name, film, tmp_path, tiny_weights, processes, monkeypatch
):
    monkeypatch.setattr(parts, "MAX_FRAMES", 13)
    model = build(stage, name, tiny_weights)
    with one_torch_thread():  # as in each of the workers: sums of floating point numbers depend on it
        step, frames = process(film, tmp_path / "local", stage, model, local)
    other, others = process(film, tmp_path / "processes", stage, model, processes)
    count = 96 if stages.STAGES[stage].kind is Kind.INTERPOLATION else 48
    assert len(frames) == count and all(np.array_equal(a, b) for a, b in zip(frames, others, strict=True))
    assert (other.key, other.frames, other.counts) == (step.key, step.frames, step.counts)
