"""Commands that are given a folder of films."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import make_film, run_cli


def test_each_film_of_a_folder_is_processed_and_failures_are_listed_at_the_end(tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a.mp4", "b.mkv", "b.mp4", "d.mp4"):
        make_film(films / name, 12)
    (films / "c.mp4").write_text("words " * 500)
    (films / "notes.txt").write_text("not a film")
    words = ["colorize", films, "--model", "tint", "--into", tmp_path / "runs", "-q"]
    code, out, error = run_cli(*words)
    finished = [Path(line) for line in out.split()]
    names = ["a", "b.mkv", "b.mp4", "d"]
    assert code == 1 and [path.parent.name for path in finished] == names and all(path.exists() for path in finished)
    first, last = error.strip().splitlines()
    assert first.startswith("c.mp4: not finished: ") and last.endswith("1 of 5 films were not finished: c.mp4")
    stamps = [path.stat().st_mtime_ns for path in finished]
    (films / "c.mp4").unlink()
    code, again, error = run_cli(*words)
    assert code == 0 and again == out and not error
    assert [path.stat().st_mtime_ns for path in finished] == stamps


def write_films(folder: Path, *names: str) -> list[Path]:
    return [make_film(folder / name, 12) for name in names]


@pytest.mark.parametrize("jobs", [1, 2])
def test_several_films_are_processed_and_shown_on_one_page(tmp_path, jobs):
    films = write_films(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    films[1].write_text("words " * 500)
    words = ["colorize", *films, "--model", "tint", "--into", tmp_path / "runs", "--jobs", jobs, "-q"]
    code, out, error = run_cli(*words, "--page", tmp_path / "site")
    *finished, page = map(Path, out.split())
    assert code == 1 and [path.parent.name for path in finished] == ["a", "c"]
    assert error.splitlines()[0].startswith("b.mp4: not finished: ") and "1 of 3 films" in error.splitlines()[1]
    text = page.read_text()
    assert page.parent == tmp_path / "site" and all(f'id="{name}"' in text or f">{name}<" in text for name in "ac")


def test_jobs_give_the_same_films(tmp_path):
    films = write_films(tmp_path, "a.mp4", "b.mp4")
    for jobs in (1, 2):
        assert (
            run_cli("colorize", *films, "--model", "tint", "--into", tmp_path / f"{jobs}", "--jobs", jobs, "-q")[0] == 0
        )
    for name in ("a", "b"):
        assert (tmp_path / "1" / name / "film.mp4").read_bytes() == (tmp_path / "2" / name / "film.mp4").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--jobs", "0"], "--jobs 0 is out of range; give 1 to"),
        (["-o", "out.mp4"], "-o names one film, but these are several"),
        (["sub/a.mp4"], "a.mp4: two films have this name"),
    ],
)
def test_mistakes_about_several_films_are_one_line(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    write_films(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "sub").mkdir()
    write_films(tmp_path / "sub", "a.mp4")
    code, _, error = run_cli("colorize", "a.mp4", "b.mp4", *options, "-q")
    assert code == 1 and message in error and error.count("\n") == 1


def test_dry_run_of_several_films_opens_each_in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    films = write_films(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "r.toml").write_text('[[step]]\nstage = "colorize"\nmodel = "tint"\n')
    code, out, _ = run_cli("run", "r.toml", *films, "--dry-run", "-q")
    assert code == 0 and out.count("colorize") == 2 and (tmp_path / "runs" / "b").is_dir()
