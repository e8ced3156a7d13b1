"""The identity of a film: moved, changed, and two films for one run folder."""

from __future__ import annotations

import os

import pytest
from helpers import make_film, write_photos

import reimagine
from reimagine.errors import RunError
from reimagine.media import digests
from reimagine.media.video.film import Film, fingerprint
from reimagine.media.video.film_file import read_film_file
from reimagine.runs.folder import Run

TINT = reimagine.model("colorize", "tint")


def facts_of(folder) -> Film:
    """The properties of the film of a run folder."""
    [path] = folder.glob("00-open-*/film.json")
    return read_film_file(path, "")


def test_every_byte_of_a_file_counts(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(9_000_000))
    before = fingerprint(path)
    for place in (1, 100_000, 4_567_891, 8_999_999):
        data = bytearray(9_000_000)
        data[place] = 1
        path.write_bytes(data)
        assert fingerprint(path) != before


def test_an_unchanged_file_is_read_once(tmp_path, monkeypatch):
    path = tmp_path / "film.bin"
    path.write_bytes(b"film")
    os.utime(path, (1000, 1000))
    first = fingerprint(path)
    digests.save_digests(tmp_path / "digests.json", [path])
    digests._known.clear()
    digests.load_digests(tmp_path / "digests.json")
    monkeypatch.setattr("hashlib.file_digest", lambda *args: pytest.fail("the file was read again"))
    assert fingerprint(path) == first


def test_a_moved_film_continues_in_its_run_folder(tmp_path):
    first = make_film(tmp_path / "first.mp4", 6)
    Run.open(first, tmp_path / "run")
    moved = first.rename(tmp_path / "moved.mp4")
    with pytest.raises(RunError, match="does not exist any more; if it was moved, give its new path"):
        Run.open(tmp_path / "run")
    run = Run.open(moved, tmp_path / "run")
    assert run.film.source == str(moved) == facts_of(tmp_path / "run").source
    assert reimagine.run(moved, [TINT()], tmp_path / "run").report["frames"] == 6
    assert Run.open(tmp_path / "run").film.source == str(moved)


def test_a_moved_folder_of_images_continues_in_its_run_folder(tmp_path):
    folder = tmp_path / "first"
    folder.mkdir()
    write_photos(folder, 3, 40)
    Run.open(folder, tmp_path / "run")
    moved = folder.rename(tmp_path / "moved")
    film = Run.open(moved, tmp_path / "run").film
    assert film.stills == tuple(str(moved / f"{n}.png") for n in range(3))


def test_a_changed_film_is_refused(tmp_path):
    path = make_film(tmp_path / "film.mp4", 6)
    Run.open(path, tmp_path / "run")
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(RunError, match=r"film\.mp4 was changed since"):
        Run.open(path, tmp_path / "run")
    with pytest.raises(RunError, match=r"its film .*film\.mp4 was changed since"):
        Run.open(tmp_path / "run")


def test_another_film_is_refused_in_one_line(tmp_path):
    Run.open(make_film(tmp_path / "film.mp4", 6), tmp_path / "run")
    other = make_film(tmp_path / "film.mkv", 8)
    with pytest.raises(RunError, match=r"run folder of another film \(.*film\.mp4\); give film\.mkv another --into"):
        Run.open(other, tmp_path / "run")


def test_a_run_folder_of_an_older_release_is_opened_again(tmp_path):
    path = make_film(tmp_path / "film.mp4", 6)
    Run.open(path, tmp_path / "run")
    [facts] = (tmp_path / "run").glob("00-open-*/film.json")
    facts.write_text(facts.read_text().replace("sha256:", ""))
    facts.parent.rename(facts.parent.with_name("00-open-00000000"))
    assert Run.open(path, tmp_path / "run").film.frames == 6
