"""Every column of the tables of `reimagine evaluate` is explained below them."""

from __future__ import annotations

import json

import cv2
import pytest
from helpers import make_film, picture, run_cli

import reimagine
from reimagine.evaluation.legend import COLUMNS
from reimagine.media import Note, Notes
from reimagine.media.audio.sound import write_sound
from reimagine.media.midi.notes import write_notes
from reimagine.metrics import continuation, timbre


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Arguments of each command, small enough for a test."""
    tmp_path = tmp_path_factory.mktemp("inputs")
    photos = tmp_path / "photos"
    photos.mkdir()
    cv2.imwrite(str(photos / "a.png"), picture(0, 80, 60, 1))
    film = make_film(tmp_path / "film.mp4", 72, size=(96, 64))
    done = reimagine.run(film, reimagine.Colorize(model="tint"), tmp_path / "run")
    notes = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, 60 + 2 * n) for n in range(4)))
    write_notes(tmp_path / "tune.mid", notes)
    write_sound(tmp_path / "tune.wav", reimagine.Timbre(model="sine").load("cpu")(notes))
    return {
        "colour": [photos, "--model", "tint", "--details"],
        "restore": [film, "--model", "classic", "--kind", "none", "--frames", 6],
        "warp": [done.film, "--source", film, "--before", film],
        "continuation": [film, "--model", "hold", "--seconds", 1, "--into", tmp_path / "held", "-q"],
        "notes": [tmp_path / "tune.wav"],
        "timbre": ["--model", "sine"],
    }


@pytest.mark.parametrize("command", COLUMNS)
def test_each_column_is_explained(inputs, command, monkeypatch):
    slow = [(timbre, "share_in_tune"), (continuation, "distance_to_nearest"), (continuation, "distance_to_target")]
    for module, name in slow:
        monkeypatch.setattr(module, name, lambda *_: 1.0)
    code, text, error = run_cli("evaluate", command, *inputs[command])
    assert code == 0, error
    head, legend = text.rstrip().rsplit("\n\n", 1)
    columns = {name for line in head.splitlines() if line.startswith(" " * 12) for name in line.split()}
    assert columns and {line.split()[0] for line in legend.splitlines()} == columns
    assert all(len(line) < 130 and len(line.split()) > 3 for line in legend.splitlines())


def test_json_has_no_legend(inputs):
    _, text, _ = run_cli("evaluate", "notes", *inputs["notes"], "--json")
    assert set(json.loads(text)) == {"tune", "mean"}
