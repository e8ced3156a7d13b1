"""A colorizer that learns one film's colours from another."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import make_film, picture, run_cli

import reimagine
from reimagine.errors import MediaError, StageError
from reimagine.media.frames import Shot, frame_from_image
from reimagine.stages.colorize.colorizer import Colorizer
from reimagine.stages.colorize.temporal import data
from reimagine.stages.colorize.temporal.train import TrainColorizeTemporal

Temporal = reimagine.model("colorize", "temporal")


@pytest.fixture
def reference(tmp_path) -> Path:
    """A film in two hues, over three shots."""
    return make_film(tmp_path / "reference.mp4", 36, cuts=(12, 24), size=(96, 64))


def test_the_plain_colorizers_weights_are_a_start(tiny_colour):
    """As long as it has learnt nothing, it is that colorizer."""
    frames = [frame_from_image(n, picture(n, 96, 64, 0)).renumbered(n, Shot(0, 6)) for n in range(6)]
    plain, temporal = (
        reimagine.model("colorize", name)(weights=str(tiny_colour)).load("cpu")(iter(frames))
        for name in ("unet", "temporal")
    )
    for a, b in zip(plain, temporal, strict=True):
        both = [np.stack(f.chroma).astype(float) - 128 for f in (a, b)]
        assert np.corrcoef(both[0].ravel(), both[1].ravel())[0, 1] > 0.9  # one of them holds back in the dark


def test_a_network_sees_the_neighbours_but_not_across_a_cut():
    seen = []

    def ask(greys: np.ndarray) -> np.ndarray:
        seen.append(greys[0])
        return np.zeros((len(greys), 16, 16, 2), np.float32)

    shots = [Shot(0, 3), Shot(3, 5)]
    frames = [
        frame_from_image(n, np.full((64, 64, 3), 40 * n + 10, np.uint8)).renumbered(n, shots[n >= 3]) for n in range(5)
    ]
    list(Colorizer(ask, 64, 1.0, every_frame=True, window=3)(frames))
    tones = [[round(float(g.mean()) * 255) for g in view] for view in seen]
    assert tones == [[10, 10, 50], [10, 50, 90], [50, 90, 90], [130, 130, 170], [130, 170, 170]]


def test_only_frames_that_matter_are_learnt_from(tmp_path, reference):
    found = data.moments(reference)
    assert {m.shot for m in found} == {0, 1, 2} and len(found) < 36 - 2 * 3 + 1
    small = [cv2.resize(m.greys[1], (32, 24), interpolation=cv2.INTER_AREA) * 1.0 for m in found]
    apart = [
        np.abs(a - b).mean()
        for (a, b), (m, n) in zip(pairwise(small), pairwise(found), strict=True)
        if m.shot == n.shot
    ]
    assert min(apart) > 1
    assert {m.shot for m in data.moments(reference, until=0.5)} <= {0, 1}
    card = frame_from_image(0, np.full((64, 96, 3), (90, 20, 20), np.uint8))
    assert not data.worth(card) and data.worth(frame_from_image(0, picture(0, 96, 64, 0)))


def test_a_grey_film_has_no_colours_to_teach(tmp_path, reference):
    grey = tmp_path / "grey.mp4"
    assert run_cli("degrade", reference, "--kind", "faded", "-o", grey, "-q")[0] == 0
    with pytest.raises(MediaError, match="nothing to learn colours from"):
        data.moments(grey)


def test_shots_are_held_out_whole():
    nothing = np.zeros((3, 8, 8), np.uint8), np.zeros((8, 8, 3), np.uint8)
    found = [data.Moment(*nothing, n // 4) for n in range(32)]
    taken, held = data.split(found)
    assert taken and held and not {m.shot for m in taken} & {m.shot for m in held}
    taken, held = data.split(found[:4])
    assert len(taken) + len(held) == 4 and held


def test_learn_a_film_and_colour_another_with_it(tmp_path, reference, tiny_colour):
    train = TrainColorizeTemporal([reference], start=str(tiny_colour), size=32, batch=2, minutes=0.02)
    weights = train(tmp_path / "train")
    assert {p.name for p in (tmp_path / "train").iterdir()} >= {
        "weights.safetensors",
        "weights.toml",
        "log.csv",
        "curves.png",
        "samples.png",
        "checkpoint.pt",
    }
    steps = (tmp_path / "train" / "log.csv").read_text().splitlines()
    assert 0 < float(steps[-1].split(",")[steps[0].split(",").index("share")]) <= 1
    train(tmp_path / "train")  # its time is up: nothing is learnt twice
    assert (tmp_path / "train" / "log.csv").read_text().splitlines() == steps
    other = make_film(tmp_path / "other.mp4", 12, size=(96, 64))
    code, out, err = run_cli(
        "colorize", other, "--model", "temporal", "--weights", weights.parent, "--into", tmp_path / "run", "-q"
    )
    assert code == 0 and Path(out.strip()).exists(), err


def test_reference_is_the_one_command_version(tmp_path, reference, tiny_colour):
    other = make_film(tmp_path / "other.mp4", 12, size=(96, 64))
    words = [
        "colorize",
        other,
        "--reference",
        reference,
        "--minutes",
        "0.02",
        "--weights",
        tiny_colour,
        "--into",
        tmp_path / "run",
        "-q",
    ]
    code, _, err = run_cli(*words)
    assert code == 0, err
    folders = {p.name.split("-")[0] for p in (tmp_path / "run").iterdir() if p.is_dir()}
    assert "01" in folders and "learnt" in folders
    learnt = next((tmp_path / "run").glob("learnt-colorize.temporal-*/log.csv")).read_text()
    assert run_cli(*words, "--saturation", "0.5")[0] == 0  # another question, but nothing to learn
    assert next((tmp_path / "run").glob("learnt-colorize.temporal-*/log.csv")).read_text() == learnt
    with pytest.raises(MediaError, match="no such film"):
        reimagine.run(other, [Temporal(reference=tmp_path / "nothing.mp4")], tmp_path / "x")
    with pytest.raises(StageError, match="--minutes 0 is out of range"):
        reimagine.run(other, [Temporal(reference=reference, minutes=0.0)], tmp_path / "x")


def test_evaluate_colour_of_a_films_second_half(tmp_path, reference, tiny_colour):
    import json

    code, out, _ = run_cli("evaluate", "colour", reference, "--weights", tiny_colour, "--json")
    rows = json.loads(out)
    assert code == 0 and set(rows) == {"as it is", "left grey"} and rows["left grey"]["chroma"] < 0.1
