"""Commands that are given a folder of films."""

from __future__ import annotations

from pathlib import Path

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
    assert first.startswith("c.mp4: not finished: ") and last.endswith("1 of 5 were not finished: c.mp4")
    stamps = [path.stat().st_mtime_ns for path in finished]
    (films / "c.mp4").unlink()
    code, again, error = run_cli(*words)
    assert code == 0 and again == out and not error
    assert [path.stat().st_mtime_ns for path in finished] == stamps
