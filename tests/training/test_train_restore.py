"""Training of the restoration network: phases, resumption, usable weights."""

from __future__ import annotations

import csv
import dataclasses

import pytest
import torch
from helpers import panning_shot, picture

import reimagine
from reimagine.media.writer import write_image
from reimagine.stages.restore.unet_gan import training
from reimagine.stages.restore.unet_gan.train import TrainRestore


@pytest.fixture
def train(tmp_path) -> TrainRestore:
    """A training of a moment, on six generated photographs."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for n in range(6):
        write_image(photos / f"{n}.png", picture(3 * n, 96, 80, n % 3))
    return TrainRestore(
        photos,
        size=32,
        last_size=48,
        batch=4,
        minutes=0.01,
        detector_minutes=0.005,
        hard_minutes=0.005,
        discriminator_minutes=0.005,
        adversarial_minutes=0.005,
    )


def log_of(run) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def checkpoint_of(run) -> dict:
    return torch.load(run / "checkpoint.pt", weights_only=True)


def restores(weights) -> bool:
    """Whether the weights load and give pictures that are not flat."""
    model = reimagine.model("restore")(weights=str(weights))
    return all(f.grey.std() > 5 for f in model.load("cpu")(panning_shot(2)))


def test_all_phases_run_and_the_weights_restore(train, tmp_path):
    weights = train(tmp_path / "run")
    assert [row["phase"] for row in log_of(tmp_path / "run")] == list(training.PHASES)
    assert (tmp_path / "run" / "samples.png").exists() and restores(weights)


def test_a_finished_training_continues_with_more_minutes(train, tmp_path):
    train(tmp_path / "run")
    steps = checkpoint_of(tmp_path / "run")["steps"]
    dataclasses.replace(train, minutes=0.02)(tmp_path / "run")
    assert checkpoint_of(tmp_path / "run")["steps"] > steps


def test_an_interrupted_training_continues_from_its_checkpoint(train, tmp_path, monkeypatch):
    """The training is stopped in the middle of the generator phase, and the same command is run again."""
    run, save = tmp_path / "run", training.save_checkpoint

    def save_and_stop(path, parts) -> None:
        save(path, parts)
        if parts["clock"]["generator"] > 0:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_checkpoint", save_and_stop)
        patch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
        with pytest.raises(KeyboardInterrupt):
            train(run)
    stopped, rows = checkpoint_of(run), log_of(run)
    assert 0 < stopped["clock"]["generator"] < 60 * train.minutes and stopped["clock"]["adversarial"] == 0
    weights = train(run)
    finished = checkpoint_of(run)
    for phase in ("detector", "hard"):  # complete before the stop, and not repeated
        assert finished["clock"][phase] == stopped["clock"][phase]
    for phase in ("generator", "discriminator", "adversarial"):
        assert finished["clock"][phase] > stopped["clock"][phase]
    assert finished["steps"] > stopped["steps"] >= 3
    assert log_of(run)[: len(rows)] == rows and int(log_of(run)[-1]["steps"]) == finished["steps"]
    assert restores(weights)


def test_the_networks_of_a_checkpoint_are_restored(train, tmp_path):
    """A training whose phases are complete takes no step, so that the averaged weights stay as they are."""
    train(tmp_path / "run")
    before = checkpoint_of(tmp_path / "run")
    train(tmp_path / "run")
    after = checkpoint_of(tmp_path / "run")
    assert after["steps"] == before["steps"] and after["clock"] == before["clock"]
    for network in ("net", "ema", "discriminator"):
        assert all(torch.equal(before[network][key], after[network][key]) for key in before[network])
