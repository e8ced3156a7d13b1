"""Training of the ConvLSTM stabilizer: interruption, the use of the result, and its training data."""

from __future__ import annotations

import csv
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import interrupt_at, make_film, one_torch_thread, picture, stylized, write_photos

from reimagine import stages
from reimagine.errors import MediaError
from reimagine.media.motion import warp_backward
from reimagine.stages.stabilize.convlstm import data, trainer
from reimagine.stages.stabilize.convlstm.motion import animate_photos
from reimagine.stages.stabilize.convlstm.stage import StabilizeConvLSTM
from reimagine.stages.stabilize.convlstm.train import FRAME_BY_FRAME, TrainStabilize

SMALL = {"model": "tint", "width": 4, "size": 64, "batch": 2, "clips": 3, "per_shot": 1}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    make_film(folder / "film.mp4", 60, size=(320, 208), cuts=(30,))
    return folder


@pytest.fixture(autouse=True)
def one_second_per_step(monkeypatch):
    """The clock of the training advances by one second per step, and there is a checkpoint after every step."""
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=count().__next__))
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0)
    with one_torch_thread():
        yield


def steps_of(run) -> list[int]:
    return [int(row["steps"]) for row in csv.DictReader((run / "log.csv").open())]


def test_an_interrupted_training_continues_from_its_checkpoint(films, photos, tmp_path):
    training = TrainStabilize(films, photos, minutes=5 / 60, **SMALL)
    with interrupt_at(trainer.ConsistencyTrainer, "step", 4):
        training(tmp_path)
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert saved["steps"] == saved["clock"] == 3
    assert steps_of(tmp_path) == [1, 2, 3] and not (tmp_path / "weights.safetensors").exists()

    weights = training(tmp_path)
    assert steps_of(tmp_path) == [1, 2, 3, 4, 5]
    images = [picture(n, 96, 64, 0) for n in range(3)]
    output = stylized(StabilizeConvLSTM(planes="all", weights=str(weights)), images)
    assert all(image.std() > 5 for image in output)


def test_the_log_has_a_column_per_loss(films, photos, tmp_path):
    TrainStabilize(films, photos, minutes=1 / 60, **SMALL)(tmp_path)
    row = next(csv.DictReader((tmp_path / "log.csv").open()))
    assert list(row) == ["minutes", "steps", "perceptual", "short_term", "long_term"]
    assert all(float(row[name]) > 0 for name in ("perceptual", "short_term", "long_term"))


def test_too_few_clips_are_refused(films, photos, tmp_path):
    with pytest.raises(MediaError, match="5 clips, at least 9 are needed"):
        TrainStabilize(films, photos, **SMALL | {"batch": 9})(tmp_path)


def test_the_flow_of_an_animated_photograph_aligns_its_frames():
    rng = np.random.default_rng(0)
    photos = [np.repeat(picture(0, 160, 160, scene)[..., :1], 3, 2) for scene in (0, 1)]
    images, flow_between = animate_photos(*photos, 5, 96, rng)
    inside = (slice(20, -20), slice(20, -20))

    def difference(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.median(np.abs(a.astype(float) - b)[inside]))

    warped = warp_backward(images[0], flow_between(4, 0))
    assert difference(images[4], warped) < 0.3 * difference(images[4], images[0])


def test_a_flipped_crop_has_a_flipped_flow():
    """The horizontal flow of a clip that moves to the right is positive, or negative after a flip."""
    shape = (data.CLIP_LENGTH, 64, 64)
    flow = np.zeros((*shape, 2), np.float16)
    flow[..., 0] = 3
    image = np.zeros((*shape, 3), np.uint8)
    image[:, :, :32] = 255
    clip = data.TrainingClip(image, image, flow, flow)
    for seed in range(8):
        source, _, previous_flow, _ = data.random_crop(clip, 64, np.random.default_rng(seed))
        flipped = source[0, 0, 0, 0] < source[0, 0, 0, -1]
        assert (previous_flow[:, 0] == (-3 if flipped else 3)).all() and (previous_flow[:, 1] == 0).all()


@pytest.mark.parametrize("name", FRAME_BY_FRAME)
def test_the_options_that_disable_propagation_exist(name):
    assert stages.model_class("colorize", name)(**FRAME_BY_FRAME[name])
