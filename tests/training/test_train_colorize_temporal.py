"""`reimagine train colorize-temporal`: training frames, validation, resume, and use of the weights."""

from __future__ import annotations

import csv
from itertools import count, pairwise
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from helpers import interrupt_at, make_film, picture, run_cli

from reimagine.errors import MediaError
from reimagine.media.video.frames import frame_from_image
from reimagine.stages.colorize.temporal import data, train
from reimagine.stages.colorize.temporal.stage import ColorizeTemporal
from reimagine.stages.colorize.temporal.train import Fit, TrainColorizeTemporal

STEP = 0.05
"""Seconds from one reading of the test clock to the next, and so the training time of a step."""
MINUTES = 9.5 * STEP / 60
"""Training time of 10 steps."""


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that advances with every reading, so that the number of steps is reproducible."""
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=count(0.0, STEP).__next__))


@pytest.fixture
def reference(tmp_path) -> Path:
    """A film in colour with three shots. Scene 1 is left out: its chroma is at the limit of `is_informative`."""
    return make_film(tmp_path / "reference.mp4", 36, cuts=(12, 12, 24), size=(96, 64))


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def test_training_frames_are_in_colour_and_no_near_duplicates(reference):
    found = data.read_training_frames(reference)
    assert {f.shot for f in found} == {0, 1, 2} and len(found) < 36 - 2 * 3 + 1
    small = [cv2.resize(f.greys[1], (32, 24), interpolation=cv2.INTER_AREA) * 1.0 for f in found]
    differences = [
        np.abs(a - b).mean()
        for (a, b), (f, g) in zip(pairwise(small), pairwise(found), strict=True)
        if f.shot == g.shot
    ]
    assert min(differences) > 1
    assert {f.shot for f in data.read_training_frames(reference, until=0.5)} <= {0, 1}
    card = frame_from_image(0, np.full((64, 96, 3), (90, 20, 20), np.uint8))
    assert not data.is_informative(card) and data.is_informative(frame_from_image(0, picture(0, 96, 64, 0)))


def test_a_grey_film_is_refused(tmp_path, reference):
    grey = tmp_path / "grey.mp4"
    assert run_cli("degrade", reference, "--kind", "faded", "-o", grey, "-q")[0] == 0
    with pytest.raises(MediaError, match="no frames to learn colours from"):
        data.read_training_frames(grey)


def test_shots_are_held_out_whole():
    nothing = np.zeros((3, 8, 8), np.uint8), np.zeros((8, 8, 3), np.uint8)
    frames = [data.TrainingFrame(*nothing, n // 4) for n in range(32)]
    training, validation = data.split(frames)
    assert training and validation and not {f.shot for f in training} & {f.shot for f in validation}
    training, validation = data.split(frames[:4])
    assert len(training) + len(validation) == 4 and validation


def test_train_on_one_film_and_colorize_another(tmp_path, reference, tiny_colour):
    options = TrainColorizeTemporal([reference], start=str(tiny_colour), size=32, batch=2, minutes=MINUTES)
    run = tmp_path / "train"
    weights = options(run)
    names = {"weights.safetensors", "weights.toml", "log.csv", "curves.png", "samples.png", "checkpoint.pt"}
    assert {p.name for p in run.iterdir()} >= names
    rows = rows_of(run)
    assert 0 < float(rows[-1]["interpolation"]) <= 1
    options(run)  # the time is over: no further step is taken
    assert rows_of(run) == rows
    other = make_film(tmp_path / "other.mp4", 12, size=(96, 64))
    words = ["colorize", other, "--model", "temporal", "--weights", weights.parent, "--into", tmp_path / "run", "-q"]
    code, out, err = run_cli(*words)
    assert code == 0 and Path(out.strip()).exists(), err


def test_an_interrupted_training_resumes(tmp_path, reference, tiny_colour, monkeypatch):
    """It continues from its checkpoint: clock and steps are not counted anew."""
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 8 * STEP)
    training = TrainColorizeTemporal([reference], start=str(tiny_colour), size=32, batch=2, minutes=MINUTES)
    with interrupt_at(Fit, "step", 8):
        training(tmp_path / "run")
    before = rows_of(tmp_path / "run")
    saved = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert 0 < saved["steps"] == int(before[-1]["steps"]) < 7 and saved["clock"] == pytest.approx(STEP * saved["steps"])
    weights = training(tmp_path / "run")
    rows = rows_of(tmp_path / "run")
    saved = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert rows[: len(before)] == before and int(rows[-1]["steps"]) == saved["steps"] == 10
    assert saved["clock"] == pytest.approx(10 * STEP)
    assert ColorizeTemporal(weights=str(weights)).load("cpu")


def test_training_from_scratch_gives_weights(tmp_path, reference):
    weights = TrainColorizeTemporal([reference], start="", size=32, batch=2, minutes=MINUTES / 5)(tmp_path / "run")
    assert ColorizeTemporal(weights=str(weights)).load("cpu")
