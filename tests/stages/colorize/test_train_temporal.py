"""`reimagine train colorize-temporal`: training frames, validation, resume, and use of the weights."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from helpers import make_film, picture, run_cli

from reimagine.errors import MediaError
from reimagine.media.frames import frame_from_image
from reimagine.stages.colorize.temporal import data, train
from reimagine.stages.colorize.temporal.stage import ColorizeTemporal
from reimagine.stages.colorize.temporal.train import Fit, TrainColorizeTemporal

MINUTES = 9.5 * 0.05 / 60
"""Time for 10 steps of the test clock."""


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


def test_train_on_one_film_and_colorize_another(tmp_path, reference, tiny_colour, clock):
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


def test_an_interrupted_training_resumes(tmp_path, reference, tiny_colour, clock, monkeypatch):
    """It continues from its checkpoint: clock and steps are not counted anew."""
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 0.4)
    run, take = tmp_path / "run", Fit.step

    def command() -> tuple[int, str, str]:
        words = ["train", "colorize-temporal", "--film", reference, "--start", tiny_colour, "--into", run]
        return run_cli(*words, "--size", 32, "--batch", 2, "--minutes", MINUTES, "--device", "cpu")

    def interrupted(self, *inputs):
        if self.steps == 7:
            raise KeyboardInterrupt
        return take(self, *inputs)

    with monkeypatch.context() as patch:
        patch.setattr(Fit, "step", interrupted)
        assert command()[0] == 130
    before = rows_of(run)
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert 0 < saved["steps"] == int(before[-1]["steps"]) < 7 and saved["clock"] == pytest.approx(0.05 * saved["steps"])
    code, out, err = command()
    assert code == 0, err
    rows = rows_of(run)
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert rows[: len(before)] == before and int(rows[-1]["steps"]) == saved["steps"] == 10
    assert saved["clock"] == pytest.approx(0.5)
    assert ColorizeTemporal(weights=out.strip().splitlines()[-1]).load("cpu")


def test_training_from_scratch_gives_weights(tmp_path, reference, clock):
    weights = TrainColorizeTemporal([reference], start="", size=32, batch=2, minutes=MINUTES / 5)(tmp_path / "run")
    assert ColorizeTemporal(weights=str(weights)).load("cpu")
