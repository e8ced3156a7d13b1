"""Training of a look: sources, interruption, and the use of the result."""

from __future__ import annotations

import csv
from dataclasses import fields
from itertools import count
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from helpers import (
    interrupt_at,
    one_torch_thread,
    random_drawing,
    shapes_image,
    stylized,
    write_photos,
    write_still_film,
)

from reimagine import zoo
from reimagine.errors import MediaError, StageError
from reimagine.media.video.reader import read_image
from reimagine.metrics.stylization import hue_error
from reimagine.stages.cartoon.cartoongan import data, trainer
from reimagine.stages.cartoon.cartoongan.net import CartoonGenerator, generator
from reimagine.stages.cartoon.cartoongan.stage import CartoonGAN
from reimagine.stages.cartoon.cartoongan.train import TrainCartoon


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def art(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("art"), np.random.default_rng(1)
    for n in range(4):
        cv2.imwrite(str(folder / f"{n}.png"), random_drawing(rng))
    return folder


@pytest.fixture(autouse=True)
def small_and_one_second_per_step(monkeypatch):
    """The network and its crops are small, the clock advances by one second per step, every step has a checkpoint."""
    monkeypatch.setattr(trainer, "ARCHITECTURE", {"kind": "light", "widths": (4, 8, 8), "blocks": (1, 1)})
    monkeypatch.setattr(data, "CROP_SIZE", 128)
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=count().__next__))
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0)
    with one_torch_thread():
        yield


def log_of(run) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "log.csv").open()))


def steps_of(run) -> list[int]:
    return [int(row["steps"]) for row in log_of(run)]


def seconds(number: float) -> float:
    return number / 60


def test_an_interrupted_training_continues_from_its_checkpoint(photos, art, tmp_path):
    run = tmp_path / "mine"
    training = TrainCartoon(photos, art=art, minutes=seconds(5), batch=1, initialization_share=0.3, start="")
    with interrupt_at(trainer.CartoonTrainer, "step", 4):
        training(run)
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert saved["steps"] == saved["clock"] == 3
    assert steps_of(run) == [1, 2, 3] and not (run / "weights.safetensors").exists()

    weights = training(run)
    assert steps_of(run) == [1, 2, 3, 4, 5]
    assert zoo.find(str(weights)).facts["look"] == "mine"
    assert stylized(CartoonGAN(look=str(run)), [shapes_image()])[0].std() > 10


def test_the_discriminator_is_trained_after_the_initialization_phase(photos, art, tmp_path):
    TrainCartoon(photos, art=art, minutes=seconds(4), batch=1, initialization_share=0.5, start="")(tmp_path)
    rows = log_of(tmp_path)
    for column in ("style", "discriminator", "adversarial"):
        assert [row[column] != "nan" for row in rows] == [False, False, True, True]


def test_sheets_of_samples_are_written_at_their_interval(photos, art, tmp_path):
    TrainCartoon(photos, art=art, minutes=seconds(4), batch=1, sample_interval=2, start="")(tmp_path)
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == ["000002.webp", "000004.webp"]


def test_a_look_is_trained_on_a_film(photos, tmp_path):
    rng = np.random.default_rng(2)
    film = write_still_film(tmp_path / "film.mp4", [random_drawing(rng) for _ in range(5)], frames=6, rate=2)
    weights = TrainCartoon(photos, frames_from=film, minutes=seconds(1), batch=1, start="")(tmp_path / "run")
    assert zoo.load(str(weights), generator, "cpu")


def test_training_starts_from_the_weights_of_another_look(photos, art, tmp_path):
    """The learning rate of the first step is 0, so a training of one step exports the weights it started from."""
    architecture = trainer.ARCHITECTURE
    zoo.save(tmp_path / "start.safetensors", generator(**architecture), architecture)
    start = str(tmp_path / "start.safetensors")
    weights = TrainCartoon(photos, art=art, minutes=seconds(1), batch=1, start=start)(tmp_path / "run")
    expected, found = (zoo.load(str(path), generator, "cpu").state_dict() for path in (start, weights))
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_teacher_is_distilled_and_its_outputs_are_computed_once(photos, tmp_path):
    zoo.save(tmp_path / "teacher.safetensors", CartoonGenerator(4), {"width": 4})
    pairs = tmp_path / "run" / "pairs"

    def train(minutes: float) -> dict:
        options = {"look": "mine", "teacher": str(tmp_path / "teacher.safetensors"), "batch": 2, "start": ""}
        TrainCartoon(photos, minutes=minutes, **options)(tmp_path / "run")
        return {path: path.stat().st_mtime_ns for path in pairs.iterdir()}

    written = train(seconds(1))
    assert len(written) == 8 and pairs / "00003.mine.webp" in written
    assert train(seconds(2)) == written
    assert steps_of(tmp_path / "run") == [1, 2]


def test_a_look_is_trained_on_with_its_own_simplified_outputs(photos, tmp_path):
    zoo.save(tmp_path / "look.safetensors", CartoonGenerator(4), {"width": 4})
    for name, options in {"as-drawn": {}, "simplified": {"simplify": True, "palette_shift": 0.0}}.items():
        teacher = str(tmp_path / "look.safetensors")
        TrainCartoon(photos, teacher=teacher, start="", minutes=seconds(1), batch=1, **options)(tmp_path / name)
    hues = []
    for name in ("as-drawn", "simplified"):
        photo, target = (read_image(tmp_path / name / "pairs" / f"00000.{kind}.webp") for kind in ("photo", "mine"))
        hues.append(hue_error(photo, target, np.ones(photo.shape[:2], bool)))
    assert steps_of(tmp_path / "simplified") == [1]
    assert hues[1] < 0.5 * hues[0]  # a random generator's colours are wrong, its simplified outputs' are not


def test_without_a_teacher_there_is_nothing_to_simplify(photos, art, tmp_path):
    with pytest.raises(StageError, match="--simplify needs --teacher"):
        TrainCartoon(photos, art=art, simplify=True)(tmp_path)


@pytest.mark.parametrize("sources", [{}, {"art": "a", "teacher": "b"}])
def test_there_must_be_one_source_of_the_look(photos, tmp_path, sources):
    with pytest.raises(StageError, match="one of --art, --frames-from and --teacher"):
        TrainCartoon(photos, **sources)(tmp_path)


def test_the_training_of_another_look_is_not_continued(photos, art, tmp_path):
    TrainCartoon(photos, look="crane", art=art, minutes=0, start="")(tmp_path)
    with pytest.raises(StageError, match=r"'crane'.*--into"):
        TrainCartoon(photos, look="potter", art=art)(tmp_path)


def test_pictures_without_drawings_and_folders_without_films_are_refused(photos, tmp_path):
    (tmp_path / "art").mkdir()
    cv2.imwrite(str(tmp_path / "art" / "white.png"), np.full((300, 300, 3), 255, np.uint8))
    with pytest.raises(MediaError, match="too few pictures to train a look"):
        TrainCartoon(photos, art=tmp_path / "art", start="")(tmp_path / "run")
    with pytest.raises(MediaError, match="no films"):
        TrainCartoon(photos, frames_from=tmp_path / "art", start="")(tmp_path / "run")


def test_old_option_names_are_present_options():
    present = {field.name for field in fields(TrainCartoon)}
    assert set(TrainCartoon.renamed_options.values()) <= present
    assert not set(TrainCartoon.renamed_options) & present
