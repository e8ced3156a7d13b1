"""`reimagine shots`, and `--shots` and `--cut-threshold` of the other commands."""

from __future__ import annotations

import json

import pytest
from helpers import make_film, run_cli

import reimagine
from reimagine.media.video.reading import Reading
from reimagine.runs.folder import Run

TINT = reimagine.model("colorize", "tint")


def starts(table) -> list[int]:
    return [int(line.split(",")[1]) for line in table.read_text().splitlines()[1:]]


def test_an_edited_table_makes_new_parts_and_the_first_ones_are_found_again(film, tmp_path):
    run, table = tmp_path / "run", tmp_path / "run" / "shots.csv"
    code, out, _ = run_cli("shots", film, "--into", run, "-q")
    assert code == 0 and out == f"{table}\n" and starts(table) == [0, 20]
    tint = "colorize", film, "--model", "tint", "--into", run, "-q"
    assert run_cli(*tint)[0] == 0
    assert run_cli(*tint, "--shots", table)[0] == 0
    table.write_text(table.read_text() + "3,33,,,,,,,,\n")
    table.write_text(table.read_text().replace(",48,", ",,"))
    assert run_cli(*tint, "--shots", table)[0] == 0
    assert [s.start for s in Run.open(run).shots] == [0, 20, 33]
    assert json.loads((run / "report.json").read_text())["shots"] == 3
    steps = {path.name for path in run.glob("0*")}
    table.rename(tmp_path / "moved.csv")
    assert run_cli(*tint, "--shots", tmp_path / "moved.csv")[0] == 0
    assert {path.name for path in run.glob("0*")} == steps


def test_an_edited_table_is_not_replaced(film, tmp_path):
    shots = "shots", film, "--into", tmp_path / "run", "-q"
    assert run_cli(*shots)[0] == 0 and run_cli(*shots, "--start", "0.5")[0] == 0
    table = tmp_path / "run" / "shots.csv"
    assert starts(table) == [12, 20]
    table.write_text("start_frame\n0\n")
    code, _, err = run_cli(*shots)
    assert code == 1 and "was edited and is not replaced" in err and table.read_text() == "start_frame\n0\n"
    assert run_cli(*shots, "-o", tmp_path / "new" / "other.csv")[0] == 0
    assert "exists and is not replaced" in run_cli(*shots, "-o", tmp_path / "new" / "other.csv")[2]
    assert starts(tmp_path / "new" / "other.csv") == [0, 20]


def test_the_numbers_of_a_table_are_those_of_the_whole_film(film, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("start_frame\n10\n30\n")
    run = Run.open(film, tmp_path / "run", Reading(start=0.75, shots=table))
    assert run.film.first == 18 and [tuple(s)[:2] for s in run.shots] == [(0, 12), (12, 30)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shots", "missing.csv"], "missing.csv: no such table of shots"),
        (["--cut-threshold", "0.5"], "--cut-threshold 0.5 is out of range; give 1 to 100"),
        (["--shots", "bad.csv"], "bad.csv: line 3: frame 99 is not in the film, which has the frames 0 to 47"),
    ],
)
def test_mistakes_are_one_line(options, message, film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("start_frame\n0\n99\n")
    code, _, err = run_cli("colorize", film, "--model", "tint", "-q", *options)
    assert code == 1 and message in err and err.count("\n") == 1


def test_a_run_folder_is_not_opened_again(film, tmp_path):
    reimagine.run(film, [TINT()], tmp_path / "run")
    code, _, err = run_cli("colorize", tmp_path / "run", "--model", "tint", "--cut-threshold", "2", "-q")
    assert code == 1 and "is a run folder, whose film is opened already" in err
    code, _, _ = run_cli("shots", tmp_path / "run", "-q")
    assert code == 0 and starts(tmp_path / "run" / "shots.csv") == [0, 20]


def test_sound_has_no_shots(tmp_path):
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "sound.wav", np.zeros(8000), 8000)
    code, _, err = run_cli("shots", tmp_path / "sound.wav", "--into", tmp_path / "run", "-q")
    assert code == 1 and "has no picture" in err


def test_a_threshold_makes_another_film_in_the_run_folder(tmp_path):
    film = make_film(tmp_path / "film.mp4", 24)
    keys = {Run.open(film, tmp_path / "run", Reading(cut_threshold=t)).key for t in (3.0, 2.0, 4.0)}
    assert len(keys) == 3 and Run.open(film, tmp_path / "run").key in keys
