"""What commands say at the end, and about models that they choose; units of progress bars."""

from __future__ import annotations

import json

import pytest
import typer
from helpers import make_film, run_cli

from reimagine.cli.terminal import Bar


def test_the_last_message_names_film_run_folder_and_page(film, tmp_path):
    run, site = tmp_path / "run", tmp_path / "page"
    code, out, error = run_cli("colorize", film, "--model", "tint", "--into", run, "--page", site)
    assert code == 0 and out.split() == [str(run / "film.mp4"), str(site / "index.html")]
    assert error.splitlines()[-1] == f"film: {run / 'film.mp4'}; run folder: {run}; page: {site / 'index.html'}"
    code, _, error = run_cli("colorize", film, "--model", "tint", "--into", run, "-q")
    assert code == 0 and not error


def test_the_last_message_about_several_films_names_their_run_folders(tmp_path):
    films = [make_film(tmp_path / name, 12) for name in ("a.mp4", "b.mp4")]
    _, _, error = run_cli("colorize", *films, "--model", "tint", "--into", tmp_path / "runs", "--json")
    last = json.loads(error.splitlines()[-1])["note"]
    assert last.startswith("finished films: 2") and all(str(tmp_path / "runs" / name) in last for name in "ab")


def test_open_writes_a_page_and_opens_it(film, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(typer, "launch", opened.append)
    _, out, _ = run_cli("colorize", film, "--model", "tint", "--into", tmp_path / "run", "--open", "-q")
    page = str(tmp_path / "run" / "site" / "index.html")
    assert out.splitlines()[-1] == page and opened == [page]
    run_cli("gallery", tmp_path / "run", "-o", tmp_path / "other", "--open", "-q")
    assert opened[1:] == [str(tmp_path / "other" / "index.html")]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("restore", "--deflicker", "1"), "restore: the model is classic, because unet-gan has no --deflicker"),
        (("transcribe", "--lowest", "60"), "transcribe: the model is pyin, because onsets-frames has no --lowest"),
    ],
)
def test_a_model_that_options_select_is_named(film, tmp_path, words, line):
    command, *options = words
    _, _, error = run_cli(command, film, *options, "--into", tmp_path / "run", "--dry-run")
    assert line in error.splitlines()
    named = line.split()[4].strip(",")
    _, _, error = run_cli(command, film, *options, "--model", named, "--into", tmp_path / "run", "--dry-run")
    assert line not in error


@pytest.mark.parametrize(
    ("unit", "total", "done", "amount"),
    [
        ("fps", 48, 12, "12/48 frames"),
        ("s", 30, 30, "30/30 s"),
        ("instruments", 92, 2, "2/92 instruments"),
        ("fps", 0, 7, "7 frames"),
        ("fps", 0, 0, ""),
    ],
)
def test_bars_name_their_unit(unit, total, done, amount):
    with Bar() as bar:
        bar.begin("task", total, unit)
        bar.advance(done)
        [task] = bar.bar.tasks
        assert task.fields["amount"] == amount and ("fps" in task.fields["rate"]) == (unit == "fps")


def test_results_are_not_overwritten_by_bars(capsys):
    """The bars end before a line is printed, and begin again with the next task."""
    with Bar() as bar:
        bar.begin("first", 0)
        bar.result("film.mp4")
        assert not bar.bar.live.is_started and not bar.bar.tasks
        bar.begin("second", 3)
        assert bar.bar.live.is_started and len(bar.bar.tasks) == 1
    assert capsys.readouterr().out == "film.mp4\n"
