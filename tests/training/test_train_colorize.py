"""`reimagine train colorize`: it learns, resumes, and its weights can be used."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from helpers import interrupt_at, run_cli
from safetensors.torch import load_file

from reimagine.stages.colorize.unet import data, train, trainer
from reimagine.stages.colorize.unet.stage import ColorizeUNet
from reimagine.stages.colorize.unet.train import TrainColorize
from reimagine.stages.colorize.unet.trainer import ColorizeTrainer

STEP = 0.05
"""Seconds from one reading of the test clock to the next, and so the training time of a step."""
STEPS = {"generator": 9, "discriminator": 3, "adversarial": 5}
"""Steps of each phase of `small_training`."""


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that advances with every reading, so that the number of steps is reproducible; small validation."""
    monkeypatch.setattr(train, "VALIDATION_SIDE", 64)
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=count(0.0, STEP).__next__))


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    """A folder of photographs in which dark is blue and light is orange."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for n in range(12):
        tone = cv2.GaussianBlur(rng.random((80, 96), np.float32), (0, 0), 6)
        tone = (tone - tone.min()) / np.ptp(tone)
        image = np.dstack([60 + 190 * tone, 70 + 90 * tone, 190 - 130 * tone]).astype(np.uint8)
        cv2.imwrite(str(folder / f"{n:02d}.png"), image[..., ::-1])
    return folder


def minutes(steps: int) -> float:
    """Training time of so many steps."""
    return (steps - 0.5) * STEP / 60


def small_training(photos: Path, steps: int = STEPS["generator"]) -> TrainColorize:
    return TrainColorize(
        photos,
        size=32,
        last_size=32,
        batch=4,
        minutes=minutes(steps),
        discriminator_minutes=minutes(STEPS["discriminator"]),
        adversarial_minutes=minutes(STEPS["adversarial"]),
        rate=3e-3,
    )


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def test_training_learns_and_continues_when_it_is_given_more_time(photos, tmp_path):
    small_training(photos, 5)(tmp_path)
    first = rows_of(tmp_path)
    weights = small_training(photos, 16)(tmp_path)
    rows = rows_of(tmp_path)
    assert [r["phase"] for r in first] == list(STEPS)
    assert rows[: len(first)] == first and int(rows[-1]["pictures"]) == 4 * (16 + 3 + 5)
    assert max(float(r["agreement"]) for r in rows) > 0.5
    assert ColorizeUNet(weights=str(weights)).load("cpu")


@pytest.mark.parametrize(("phase", "step"), [("generator", 6), ("adversarial", 13)])
def test_an_interrupted_training_resumes(photos, tmp_path, monkeypatch, phase, step):
    """It continues from its checkpoint: clock and pictures are not counted anew."""
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", dict.fromkeys(STEPS, 8 * STEP))
    with interrupt_at(ColorizeTrainer, "generator_step", step):
        small_training(photos)(tmp_path)
    before = rows_of(tmp_path)
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert before[-1]["phase"] == phase and saved["pictures"] == int(before[-1]["pictures"]) > 0
    weights = small_training(photos)(tmp_path)
    rows = rows_of(tmp_path)
    assert rows[: len(before)] == before and int(rows[-1]["pictures"]) == 4 * sum(STEPS.values())
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert {name: round(seconds / STEP) for name, seconds in saved["clock"].items()} == STEPS
    assert ColorizeUNet(weights=str(weights)).load("cpu")


def test_old_option_names_are_accepted(photos, tmp_path, monkeypatch):
    trainings = []
    monkeypatch.setattr(TrainColorize, "__call__", lambda self, run, device: trainings.append(self))
    words = ["train", "colorize", "--photos", photos, "--critic-minutes", 1.5, "--gan-minutes", 0]
    code, _, err = run_cli(*words, "--into", tmp_path)
    assert code == 0 and "--discriminator-minutes" in err and "--adversarial-minutes" in err
    assert (trainings[0].discriminator_minutes, trainings[0].adversarial_minutes) == (1.5, 0)


def test_checkpoints_of_earlier_versions_are_read(photos, tmp_path):
    """They name the discriminator a critic, and the adversarial phase gan."""
    photographs = [np.full((40, 40, 3), (90, 60, 40), np.uint8)] * 4
    pairs = data.validation_pairs(photographs, 32)
    fit = ColorizeTrainer(small_training(photos), tmp_path, "cpu", photographs, pairs)
    fit.clock, fit.pictures = {"generator": 9.0, "critic": 2.0, "gan": 1.0}, 40
    renamed = {"ema": "mean", "discriminator": "critic", "discriminator_optimizer": "critic_optimizer"}
    fit.parts = {renamed.get(name, name): part for name, part in fit.parts.items()}
    torch.nn.init.constant_(fit.ema.head.bias, 0.5)
    fit.save()
    again = ColorizeTrainer(small_training(photos), tmp_path, "cpu", photographs, pairs)
    assert again.clock == {"generator": 9.0, "discriminator": 2.0, "adversarial": 1.0} and again.pictures == 40
    assert again.ema.head.bias.unique().tolist() == [0.5]


def test_simulated_film_differs_from_the_grey_photograph():
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    simulated = [data.old_film(photo, rng) for _ in range(20)]
    plain = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / 255
    assert all(s.dtype == np.float32 and s.min() >= 0 and s.max() <= 1 for s in simulated)
    assert sum(np.abs(s - plain).mean() > 0.02 for s in simulated) >= 5


def test_training_starts_from_weights(photos, tmp_path):
    first = small_training(photos)(tmp_path / "first")
    options = replace(small_training(photos, 1), start=str(first), rate=1e-9, adversarial_minutes=0.0)
    second = options(tmp_path / "second")
    before, after = (load_file(path) for path in (first, second))
    assert before["bins"].equal(after["bins"]) and before.keys() == after.keys()
    assert (before["head.weight"] - after["head.weight"]).abs().max() < 1e-2 < before["head.weight"].abs().max()
