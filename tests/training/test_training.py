"""A training makes weights one can use, goes on where it stood, and learns."""

from __future__ import annotations

import csv

import cv2
import numpy as np
import pytest
from torch import nn

from reimagine.errors import MediaError, WeightsError
from reimagine.stages.colorize.unet import data
from reimagine.stages.colorize.unet.stage import ColorizeUNet
from reimagine.stages.colorize.unet.train import TrainColorize
from reimagine.training.photos import read_photos
from reimagine.training.state import load_checkpoint, save_checkpoint


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A world where dark is blue and light is orange."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for n in range(24):
        tone = cv2.GaussianBlur(rng.random((80, 96), np.float32), (0, 0), 6)
        tone = (tone - tone.min()) / np.ptp(tone)
        image = np.dstack([60 + 190 * tone, 70 + 90 * tone, 190 - 130 * tone])
        cv2.imwrite(str(folder / f"{n:02d}.png"), image[..., ::-1])
    return folder


def test_it_learns_resumes_and_can_be_used(photos, tmp_path):
    def train(minutes: float):
        return TrainColorize(
            photos, size=32, last_size=32, batch=4, minutes=minutes, critic_minutes=0.01, gan_minutes=0.01, rate=3e-3
        )(tmp_path)

    train(0.15)
    first = list(csv.DictReader((tmp_path / "log.csv").open()))
    weights = train(0.3)
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert [r["phase"] for r in first] == ["generator", "critic", "gan"]
    assert rows[: len(first)] == first and int(rows[-1]["pictures"]) > int(first[-1]["pictures"])
    assert max(float(r["agreement"]) for r in rows) > 0.5
    assert ColorizeUNet(weights=str(weights)).load("cpu")


def test_old_film_is_not_a_grey_photo():
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    made = [data.old_film(photo, rng) for _ in range(20)]
    plain = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / 255
    assert all(m.dtype == np.float32 and m.min() >= 0 and m.max() <= 1 for m in made)
    assert sum(np.abs(m - plain).mean() > 0.02 for m in made) >= 5


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    save_checkpoint(tmp_path / "checkpoint.pt", {"net": nn.Linear(2, 2)})
    with pytest.raises(WeightsError, match="training of another network"):
        load_checkpoint(tmp_path / "checkpoint.pt", {"net": nn.Linear(3, 2)})


def test_no_photographs(tmp_path):
    with pytest.raises(MediaError, match="no photographs"):
        read_photos(tmp_path)
