"""Training of the restoration network: phases, resumption, usable weights."""

from __future__ import annotations

import csv
import dataclasses
import shutil

import pytest
import torch
from helpers import panning_shot, picture

import reimagine
from reimagine.media.video.writer import write_image
from reimagine.stages.restore.unet_gan import data, training
from reimagine.stages.restore.unet_gan.train import TrainRestore


@pytest.fixture(scope="module", autouse=True)
def small_and_fast():
    """Few and small validation pictures, and one thread, which is faster for training steps this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "VALIDATION_KINDS", ("none", "noise"))
        patch.setattr(data, "VALIDATION_SIZE", 48)
        patch.setattr(training, "DETECTOR_BATCH", 4)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def train(tmp_path_factory) -> TrainRestore:
    """A training of a few steps, on six generated photographs."""
    photos = tmp_path_factory.mktemp("photos")
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


@pytest.fixture(scope="module")
def finished(train, tmp_path_factory):
    """The folder of a training whose phases are complete."""
    run = tmp_path_factory.mktemp("training") / "run"
    assert train(run) == run / "weights.safetensors"
    return run


def log_of(run) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def checkpoint_of(run) -> dict:
    return torch.load(run / "checkpoint.pt", weights_only=True)


def restores(weights) -> bool:
    """Whether the weights load and give pictures that are not flat."""
    model = reimagine.model("restore")(weights=str(weights))
    return all(f.grey.std() > 5 for f in model.load("cpu")(panning_shot(2)))


def test_all_phases_run_and_the_weights_restore(finished):
    assert [row["phase"] for row in log_of(finished)] == list(training.PHASES)
    assert (finished / "samples.png").exists() and restores(finished / "weights.safetensors")


def test_a_finished_training_continues_with_more_minutes(train, finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    before = checkpoint_of(finished)
    dataclasses.replace(train, minutes=before["clock"]["generator"] / 60 + 0.005)(run)
    after = checkpoint_of(run)
    assert after["steps"] > before["steps"] and after["clock"]["generator"] > before["clock"]["generator"]


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
    assert stopped["clock"]["generator"] > 0 and stopped["clock"]["discriminator"] == 0
    weights = train(run)
    finished = checkpoint_of(run)
    for phase in ("detector", "hard"):  # complete before the stop, and not repeated
        assert finished["clock"][phase] == stopped["clock"][phase]
    assert finished["clock"]["generator"] >= stopped["clock"]["generator"]
    assert finished["clock"]["discriminator"] > 0 and finished["clock"]["adversarial"] > 0
    assert finished["steps"] > stopped["steps"] >= 3
    assert log_of(run)[: len(rows)] == rows and int(log_of(run)[-1]["steps"]) == finished["steps"]
    assert restores(weights)


def test_a_complete_training_takes_no_step(train, finished, tmp_path):
    """Networks and clocks come from the checkpoint and are saved again as they were."""
    run = shutil.copytree(finished, tmp_path / "run")
    train(run)
    before, after = checkpoint_of(finished), checkpoint_of(run)
    assert after["steps"] == before["steps"] and after["clock"] == before["clock"]
    for network in ("net", "ema", "discriminator"):
        assert all(torch.equal(before[network][key], after[network][key]) for key in before[network])
