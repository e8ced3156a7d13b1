"""Training of the upscaling network: log, resumption, usable weights."""

from __future__ import annotations

import csv
import dataclasses
import shutil

import pytest
import torch
from helpers import one_torch_thread, picture

import reimagine
from reimagine.errors import MediaError
from reimagine.media.video.frames import frame_from_image
from reimagine.media.video.writer import write_image
from reimagine.stages.upscale.edsr import data, training
from reimagine.stages.upscale.edsr.train import TrainUpscale


@pytest.fixture(scope="module", autouse=True)
def small_and_fast():
    """Small validation pictures, and one thread, which is faster for training steps this small."""
    with pytest.MonkeyPatch.context() as patch, one_torch_thread():
        patch.setattr(data, "VALIDATION_SIZE", 48)
        yield


@pytest.fixture(scope="module")
def train(tmp_path_factory) -> TrainUpscale:
    """A training of a few steps, on six generated photographs."""
    photos = tmp_path_factory.mktemp("photos")
    for n in range(6):
        write_image(photos / f"{n}.png", picture(3 * n, 96, 80, n % 3))
    return TrainUpscale(photos, width=8, blocks=1, size=32, batch=2, minutes=0.02)


@pytest.fixture(scope="module")
def finished(train, tmp_path_factory):
    run = tmp_path_factory.mktemp("training") / "run"
    assert train(run) == run / "weights.safetensors"
    return run


def log_of(run) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def checkpoint_of(run) -> dict:
    return torch.load(run / "checkpoint.pt", weights_only=True)


def test_the_weights_enlarge(finished):
    assert (finished / "samples.png").exists() and "validation degraded" in log_of(finished)[-1]
    frame = frame_from_image(0, picture(0, 96, 64, 1))
    [enlarged] = reimagine.model("upscale")(weights=str(finished)).load("cpu")([frame])
    assert enlarged.image.shape == (128, 192, 3) and enlarged.grey.std() > 5


def test_an_interrupted_training_continues_from_its_checkpoint(train, tmp_path, monkeypatch):
    run, save = tmp_path / "run", training.save_and_log

    def save_and_stop(*arguments, **numbers) -> None:
        save(*arguments, **numbers)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_and_log", save_and_stop)
        patch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
        with pytest.raises(KeyboardInterrupt):
            train(run)
    stopped, rows = checkpoint_of(run), log_of(run)
    train(run)
    after = checkpoint_of(run)
    assert after["steps"] > stopped["steps"] >= 1 and after["clock"] > stopped["clock"]
    assert log_of(run)[: len(rows)] == rows


def test_a_complete_training_takes_no_step(train, finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    dataclasses.replace(train, minutes=0.001)(run)
    before, after = checkpoint_of(finished), checkpoint_of(run)
    assert after["steps"] == before["steps"]
    assert all(torch.equal(before["ema"][key], after["ema"][key]) for key in before["ema"])


def test_photographs_that_are_too_small_are_refused(train, tmp_path):
    with pytest.raises(MediaError, match="0 photographs have a short side of 256 pixels"):
        dataclasses.replace(train, size=256)(tmp_path / "run")
