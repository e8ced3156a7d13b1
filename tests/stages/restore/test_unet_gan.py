"""`restore --model unet-gan` with tiny random weights: tones, strength, strips, the kind of a film."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from helpers import panning_shot

import reimagine
from reimagine.degradation import degrade
from reimagine.media.video.clip import Clip
from reimagine.media.video.frames import Frame, Shot
from reimagine.progress import NoProgress
from reimagine.stages.restore.unet_gan.stage import RestoreUNetGAN


@pytest.fixture
def model(tiny_weights):
    """Builds the model with tiny random weights."""

    def build(**options) -> RestoreUNetGAN:
        return reimagine.model("restore")(weights=str(tiny_weights["restore unet-gan"]), **options)

    return build


def test_a_negative_becomes_a_positive(model):
    frames = panning_shot(4)
    negative = list(degrade(frames, "negative", 1))

    def correlations(**options) -> list[float]:
        restored = model(**options).load("cpu")(negative)
        return [np.corrcoef(a.grey.ravel(), b.grey.ravel())[0, 1] for a, b in zip(restored, frames, strict=True)]

    assert min(correlations(kind="negative")) > 0.8
    assert min(correlations(kind="negative", black_point=0.05, white_point=0.9)) > 0.8
    assert max(correlations(kind="print")) < -0.8


def test_the_contrast_of_a_faded_print_is_restored_and_a_fresh_print_is_left(model):
    frames = [dataclasses.replace(frame, shot=None) for frame in panning_shot(4)]
    faded = list(degrade(frames, "faded", 1))

    def extremes(images: list[Frame]) -> tuple[int, int]:
        return min(int(f.grey.min()) for f in images), max(int(f.grey.max()) for f in images)

    def restored(images: list[Frame], **options) -> tuple[int, int]:
        return extremes(list(model(strength=0.0, **options).load("cpu")(images)))

    assert restored(faded)[0] < 16 and restored(faded)[1] > 240
    part_of_a_film = [frame.renumbered(frame.index, Shot(0, 4)) for frame in faded]
    assert restored(part_of_a_film)[1] < 240 < restored(part_of_a_film, kind="faded")[1]
    assert restored(faded, kind="print") == extremes(faded)
    assert restored(frames) == extremes(frames)


def test_strength_scales_the_correction(model):
    frames = panning_shot(3)

    def change(strength: float) -> float:
        restore = model(kind="print", strength=strength, single_frame=True).load("cpu")
        return float(np.abs(next(iter(restore(frames))).grey.astype(int) - frames[0].grey).mean())

    changes = [change(strength) for strength in (0.0, 0.5, 1.0)]
    assert changes[0] == 0 and 0 < changes[1] < changes[2]


def test_a_tall_picture_in_strips_gives_the_same_as_whole(model):
    restorer = model(kind="print").load("cpu")
    tall = np.random.default_rng(0).random((900, 64), np.float32)
    for whole, strips in zip(restorer.predict_strip(tall), restorer.predict(tall), strict=True):
        assert np.abs(whole - strips).max() < 0.02


class Messages(NoProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, line: str) -> None:
        self.lines.append(line)


def prepared(model: RestoreUNetGAN, frames: list[Frame], folder) -> tuple[RestoreUNetGAN, list[str]]:
    """The model prepared for a film of these frames, and the messages to the user."""
    clip = Clip(lambda start, stop: iter(frames[start:stop]), len(frames), [Shot(0, len(frames))], Fraction(24))
    progress = Messages()
    return model.prepare(clip, folder, "cpu", progress), progress.lines


def test_prepare_decides_the_kind_and_the_tones_of_the_whole_film(model, tmp_path):
    frames = panning_shot(12)
    faded, lines = prepared(model(), list(degrade(frames, "faded", 1)), tmp_path)
    assert faded.kind == "faded" and 0 < faded.black_point < faded.white_point < 0.8
    assert "--kind print" in lines[-1]
    negative = list(degrade(frames, "negative", 1))
    inverted, lines = prepared(model(kind="negative", black_point=0.2), negative, tmp_path)
    assert inverted.black_point == 0.2 < inverted.white_point and "the film is a negative" in lines[-1]
    assert prepared(model(kind="print"), frames, tmp_path) == (model(kind="print"), [])
    assert not list(tmp_path.iterdir())
