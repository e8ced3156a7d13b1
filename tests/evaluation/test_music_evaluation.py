"""`evaluate notes`: recordings with known notes, clean and damaged."""

from __future__ import annotations

import json

import pytest
from helpers import run_cli

import reimagine
from reimagine.media import Note, Notes
from reimagine.media.audio.sound import write_sound

TUNE = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.4, pitch) for n, pitch in enumerate((60, 64, 67, 72, 67, 64, 60, 55))))


@pytest.fixture
def recording(tmp_path):
    """A tune on sines with its notes beside it."""
    write_sound(tmp_path / "tune.wav", reimagine.model("timbre", "sine")().load("cpu")(TUNE))
    rows = [f"{n.start}\t{n.end}\t{n.pitch}\t{n.velocity}" for n in TUNE]
    (tmp_path / "tune.notes.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path / "tune.wav"


def scores(recording, *words) -> dict[str, float]:
    code, printed, err = run_cli("evaluate", "notes", recording, "--model", "basic-pitch", "--json", *words)
    assert code == 0, err
    return json.loads(printed)["tune"]


def test_damage_lowers_the_scores_and_is_repeatable(recording):
    clean, first, again = scores(recording), *(scores(recording, "--damage", "optical") for _ in range(2))
    assert clean["f1"] > 0.6
    assert {k: v for k, v in first.items() if k != "times_real_time"} == {
        k: v for k, v in again.items() if k != "times_real_time"
    }
    assert first["f1"] <= clean["f1"]


def test_weights_are_chosen(recording, tiny_weights):
    code, printed, err = run_cli(
        "evaluate", "notes", recording, "--model", "onsets-frames",
        "--weights", tiny_weights["transcribe onsets-frames"], "--json",
    )  # fmt: skip
    assert code == 0, err
    assert 0 <= json.loads(printed)["tune"]["f1"] <= 1


def test_an_unknown_kind_of_damage_is_one_line(recording):
    code, _, err = run_cli("evaluate", "notes", recording, "--damage", "hum-drum", "--model", "pyin")
    assert code == 1 and "kind of sound damage" in err
