"""The colorizer that is trained on the colours of another film."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers import make_film, picture, run_cli

import reimagine
from reimagine.errors import MediaError, StageError
from reimagine.media.video.frames import Shot, frame_from_image

Temporal = reimagine.model("colorize", "temporal")


@pytest.fixture
def reference(tmp_path) -> Path:
    """A film in colour with three shots."""
    return make_film(tmp_path / "reference.mp4", 36, cuts=(12, 24), size=(96, 64))


def test_it_starts_from_the_weights_of_the_plain_colorizer(tiny_colour):
    """Before any training both predict the same colours."""
    frames = [frame_from_image(n, picture(n, 96, 64, 0)).renumbered(n, Shot(0, 6)) for n in range(6)]
    plain, temporal = (
        reimagine.model("colorize", name)(weights=str(tiny_colour)).load("cpu")(iter(frames))
        for name in ("unet", "temporal")
    )
    for a, b in zip(plain, temporal, strict=True):
        both = [np.stack(f.chroma).astype(float) - 128 for f in (a, b)]
        assert (
            np.corrcoef(both[0].ravel(), both[1].ravel())[0, 1] > 0.9
        )  # only the plain one attenuates black and white


def test_colorize_with_a_reference_film(tmp_path, reference, tiny_colour, monkeypatch):
    monkeypatch.setattr("reimagine.stages.colorize.temporal.validation.MOST_PAIRS", 2)
    other = make_film(tmp_path / "other.mp4", 12, size=(96, 64))
    words = ["colorize", other, "--reference", reference, "--minutes", "0.001", "--weights", tiny_colour]
    words += ["--into", tmp_path / "run", "-q"]
    code, _, err = run_cli(*words)
    assert code == 0, err
    (log,) = (tmp_path / "run").glob("*colorize.temporal-*/log.csv")
    rows = log.read_text()
    assert run_cli(*words, "--saturation", "0.5")[0] == 0
    assert log.read_text() == rows  # another step, but the same training
    with pytest.raises(MediaError, match="no such film"):
        reimagine.run(other, [Temporal(reference=tmp_path / "nothing.mp4")], tmp_path / "x")
    with pytest.raises(StageError, match="--minutes 0 is out of range"):
        reimagine.run(other, [Temporal(reference=reference, minutes=0.0)], tmp_path / "x")


def test_learning_time_is_estimated_only_with_a_reference(reference):
    assert Temporal(reference=reference, minutes=3.0).learning_seconds() == 180
    assert Temporal(minutes=3.0).learning_seconds() == 0


def test_evaluate_colour_compares_the_second_half_of_a_film(reference, tiny_colour):
    code, out, _ = run_cli("evaluate", "colour", reference, "--weights", tiny_colour, "--json")
    rows = json.loads(out)
    assert code == 0 and set(rows) == {"as it is", "left grey"} and rows["left grey"]["chroma"] < 0.1
