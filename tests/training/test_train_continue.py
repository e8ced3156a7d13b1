"""Trainings of the stage `continue` that are stopped and started again go on from their checkpoint."""

from __future__ import annotations

import csv
import itertools
import time
from pathlib import Path

import pytest
import torch
from helpers import clip_of, make_film

import reimagine
from reimagine.progress import NoProgress
from reimagine.stages.continuation.recall import trainer
from reimagine.stages.continuation.recall.train import TrainContinue

STEP_SECONDS = 16.0
"""Of the simulated clock. Trainings read it three times per step, so a checkpoint every 120 s is one in three steps."""
STEPS = 8
"""Training steps."""
MINUTES = STEPS * STEP_SECONDS / 60
"""Training time in minutes by the simulated clock."""


class Stopped(KeyboardInterrupt):
    """Ctrl+C."""


class Recorder(NoProgress):
    """Records the seconds of the learning; stops it in a step, if one is given."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at, self.task, self.seconds = stop_at, "", []

    def begin(self, title, total, unit="fps"):
        self.task = title

    def advance(self, count):
        if self.task == "learn":
            self.seconds.append(count)
            if self.stop_at is not None and len(self.seconds) > self.stop_at:
                raise Stopped


@pytest.fixture(autouse=True)
def simulated_clock(monkeypatch):
    """A clock that advances with each reading, and short validations."""
    readings = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: next(readings) * STEP_SECONDS)
    monkeypatch.setattr(trainer, "VALIDATION_STEPS", 2)


def logged_steps(folder: Path) -> list[int]:
    return [int(row["steps"]) for row in csv.DictReader((folder / "log.csv").open())]


def test_train_continue_resumes(tmp_path, monkeypatch, tiny_weights):
    make_film(tmp_path / "film.mp4", 60)
    training = TrainContinue(tmp_path, start=str(tiny_weights["continue recall"]), minutes=MINUTES, batch=1)
    train_step, calls = trainer.NextFrameTrainer.train_step, itertools.count(1)

    def stop_in_the_fifth(self, done):
        if next(calls) == 5:
            raise Stopped
        train_step(self, done)

    with monkeypatch.context() as patched, pytest.raises(Stopped):
        patched.setattr(trainer.NextFrameTrainer, "train_step", stop_in_the_fifth)
        training(tmp_path / "run")
    saved = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert saved["steps"] == 3 and saved["clock"] == 3 * STEP_SECONDS
    weights = training(tmp_path / "run")
    assert logged_steps(tmp_path / "run") == [3, 6, 8]
    model = reimagine.model("continue", "recall")(weights=str(weights), minutes=0.0)
    assert len(list(model.load("cpu")(clip_of(40), 2, tmp_path / "film", NoProgress()))) == 2


@pytest.mark.parametrize(("name", "saved_at", "logged"), [("recall", 5, [*range(1, 9)]), ("pix2pix", 4, [2, 4, 6, 8])])
def test_learning_a_film_resumes(name, saved_at, logged, tmp_path, tiny_weights):
    options = {"weights": str(tiny_weights["continue recall"])} if name == "recall" else {"width": 2}
    model = reimagine.model("continue", name)(minutes=MINUTES, **options)
    with pytest.raises(Stopped):
        model.load("cpu")(clip_of(40), 1, tmp_path, Recorder(stop_at=6))
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert saved["steps"] == saved_at and not (tmp_path / "learned.json").exists()
    resumed = Recorder()
    list(model.load("cpu")(clip_of(40), 1, tmp_path, resumed))
    assert resumed.seconds[0] == saved_at * STEP_SECONDS and sum(resumed.seconds) == STEPS * STEP_SECONDS
    assert logged_steps(tmp_path) == logged
    assert (tmp_path / "learned.json").exists() and not (tmp_path / "checkpoint.pt").exists()


def test_a_learned_film_is_not_learned_again(tmp_path, tiny_weights):
    model = reimagine.model("continue", "recall")(minutes=MINUTES / 8, weights=str(tiny_weights["continue recall"]))
    first, second = Recorder(), Recorder()
    for recorder in (first, second):
        list(model.load("cpu")(clip_of(40), 1, tmp_path, recorder))
    assert sum(first.seconds) == STEP_SECONDS and not second.seconds
