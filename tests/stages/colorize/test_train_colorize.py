"""`reimagine train colorize`: it learns, resumes, and its weights can be used."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from helpers import run_cli

from reimagine.stages.colorize.unet import data, train
from reimagine.stages.colorize.unet.stage import ColorizeUNet
from reimagine.stages.colorize.unet.train import Fit, TrainColorize

MINUTES = {"generator": 8.5 * 0.05 / 60, "discriminator": 2.5 * 0.05 / 60, "adversarial": 4.5 * 0.05 / 60}
"""Time of each phase for 9, 3 and 5 steps of the test clock."""


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def train_command(photos: Path, run: Path) -> tuple[int, str, str]:
    words = ["train", "colorize", "--photos", photos, "--into", run, "--size", 32, "--last-size", 32, "--batch", 4]
    words += ["--minutes", MINUTES["generator"], "--discriminator-minutes", MINUTES["discriminator"]]
    return run_cli(*words, "--adversarial-minutes", MINUTES["adversarial"], "--device", "cpu")


def test_training_learns_and_continues_when_it_is_given_more_time(photos, tmp_path, clock):
    def run(minutes: float) -> Path:
        short = {"discriminator_minutes": 0.001, "adversarial_minutes": 0.001}
        return TrainColorize(photos, size=32, last_size=32, batch=4, minutes=minutes, rate=3e-3, **short)(tmp_path)

    run(4.5 * 0.05 / 60)
    first = rows_of(tmp_path)
    weights = run(15.5 * 0.05 / 60)
    rows = rows_of(tmp_path)
    assert [r["phase"] for r in first] == ["generator", "discriminator", "adversarial"]
    assert rows[: len(first)] == first and int(rows[-1]["pictures"]) > int(first[-1]["pictures"])
    assert max(float(r["agreement"]) for r in rows) > 0.5
    assert ColorizeUNet(weights=str(weights)).load("cpu")


@pytest.mark.parametrize(("phase", "step"), [("generator", 6), ("adversarial", 13)])
def test_an_interrupted_training_resumes(photos, tmp_path, clock, monkeypatch, phase, step):
    """It continues from its checkpoint: clock and pictures are not counted anew."""
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", dict.fromkeys(MINUTES, 0.4))
    steps, take = 0, Fit.generator_step

    def interrupted(self, loss, rate):
        nonlocal steps
        steps += 1
        if steps == step:
            raise KeyboardInterrupt
        take(self, loss, rate)

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(Fit, "generator_step", interrupted)
        assert train_command(photos, run)[0] == 130
    before = rows_of(run)
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert before[-1]["phase"] == phase and saved["pictures"] == int(before[-1]["pictures"]) > 0
    code, out, err = train_command(photos, run)
    assert code == 0, err
    rows = rows_of(run)
    assert rows[: len(before)] == before and int(rows[-1]["pictures"]) == 4 * (9 + 3 + 5)
    clock_now = torch.load(run / "checkpoint.pt", weights_only=True)["clock"]
    assert {name: round(seconds / 0.05) for name, seconds in clock_now.items()} == {
        "generator": 9,
        "discriminator": 3,
        "adversarial": 5,
    }
    assert ColorizeUNet(weights=out.strip().splitlines()[-1]).load("cpu")


def test_old_option_names_are_accepted(photos, tmp_path, clock):
    words = ["train", "colorize", "--photos", photos, "--into", tmp_path / "run", "--size", 32, "--batch", 4]
    code, _, err = run_cli(*words, "--minutes", 0.001, "--critic-minutes", 0.001, "--gan-minutes", 0)
    assert code == 0 and "--discriminator-minutes" in err and "--adversarial-minutes" in err
    assert [r["phase"] for r in rows_of(tmp_path / "run")] == ["generator"]


def test_checkpoints_of_earlier_versions_are_read(photos, tmp_path, clock):
    """They name the discriminator a critic, and the adversarial phase gan."""
    options = TrainColorize(photos, size=32, last_size=32, batch=4, minutes=0.001, discriminator_minutes=0.001)
    photographs = [np.full((40, 40, 3), (90, 60, 40), np.uint8)] * 4
    pairs = data.validation_pairs(photographs, 32)
    fit = Fit(options, tmp_path, "cpu", photographs, pairs)
    fit.clock, fit.pictures = {"generator": 9.0, "critic": 2.0, "gan": 1.0}, 40
    renamed = {"ema": "mean", "discriminator": "critic", "discriminator_optimizer": "critic_optimizer"}
    fit.parts = {renamed.get(name, name): part for name, part in fit.parts.items()}
    torch.nn.init.constant_(fit.ema.head.bias, 0.5)
    fit.save()
    again = Fit(options, tmp_path, "cpu", photographs, pairs)
    assert again.clock == {"generator": 9.0, "discriminator": 2.0, "adversarial": 1.0} and again.pictures == 40
    assert again.ema.head.bias.unique().tolist() == [0.5]


def test_simulated_film_differs_from_the_grey_photograph():
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    simulated = [data.old_film(photo, rng) for _ in range(20)]
    plain = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / 255
    assert all(s.dtype == np.float32 and s.min() >= 0 and s.max() <= 1 for s in simulated)
    assert sum(np.abs(s - plain).mean() > 0.02 for s in simulated) >= 5
