"""Only files that reimagine has made are replaced or removed, whatever the others are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers import make_film, run_cli

import reimagine
from reimagine import made
from reimagine.errors import RunError
from reimagine.files import write_text_atomically
from reimagine.gallery.page import write_gallery
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run

TINT = reimagine.model("colorize", "tint")
OUTPUTS = ("film.mp4", "report.json", "contact-sheet.png", "run.json", "digests.json", "made.jsonl", "film-ending.png")
"""Files of a run folder that could be the user's."""


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A film of 6 frames."""
    return make_film(tmp_path_factory.mktemp("source") / "film.mp4", 6)


def place(kind: str, path: Path, target: Path) -> bytes:
    """Put a file or a link of the user at a path; its contents."""
    target.write_bytes(b"the user's")
    if kind == "file":
        target.rename(path)
    elif kind == "symlink":
        path.symlink_to(target)
    else:
        os.link(target, path)
    return path.read_bytes()


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("kind", ["file", "symlink", "hard link"])
def test_a_file_of_the_user_is_never_replaced(tmp_path, source, name, kind):
    folder = tmp_path / "run"
    folder.mkdir()
    before = place(kind, folder / name, tmp_path / "target")
    with pytest.raises(RunError, match=rf"{name}: .*(not made by|no record|not a record)"):
        reimagine.run(source, [TINT()], folder)
    assert (folder / name).read_bytes() == before and (folder / name).is_symlink() == (kind == "symlink")


@pytest.mark.parametrize("link", [None, "symlink", "hard link"])
def test_a_default_name_never_falls_on_the_film(tmp_path, source, link):
    own = tmp_path / "film.mp4"
    original = tmp_path / "original" if link else own
    original.write_bytes(source.read_bytes())
    if link:
        own.symlink_to(original) if link == "symlink" else os.link(original, own)
    before = original.read_bytes()
    with pytest.raises(RunError, match=r"film\.mp4: is the film itself"):
        reimagine.run(original, [TINT()], tmp_path)
    assert own.read_bytes() == original.read_bytes() == before
    assert not list(tmp_path.glob("01-*")), "it is refused before any work"


def test_an_output_elsewhere_is_replaced_only_if_the_run_made_it(tmp_path, source):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"the user's")
    with pytest.raises(RunError, match=r"out\.mp4: exists and was not made by reimagine"):
        reimagine.run(source, [TINT()], tmp_path / "run", out)
    assert out.read_bytes() == b"the user's"
    out.unlink()
    reimagine.run(source, [TINT()], tmp_path / "run", out)
    first = out.read_bytes()
    reimagine.run(source, [TINT(hue=200.0)], tmp_path / "run", out)
    assert out.read_bytes() != first
    out.write_bytes(first + b"edited")
    with pytest.raises(RunError, match="was changed since reimagine made it"):
        reimagine.run(source, [TINT()], tmp_path / "run", out)
    assert out.read_bytes() == first + b"edited"


def test_prune_removes_only_what_was_made(tmp_path, source):
    folder = tmp_path / "run"
    reimagine.run(source, [TINT()], folder)
    reimagine.run(source, [TINT(hue=200.0)], folder)
    [listed] = [step.folder for step in Run.open(folder).steps]
    [unused] = [path for path in folder.glob("01-*") if path.name != listed]
    foreign = [
        folder / name / "own.txt" for name in ("01-holidays", "02-colorize.tint-12345678", "learned-a.b-12345678")
    ]
    for path in (*foreign, unused / "own.txt"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("the user's")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "own.txt").write_text("the user's")
    (folder / "03-colorize.tint-12345678").symlink_to(outside)
    code, _, err = run_cli("prune", folder)
    assert code == 0 and f"{unused.name}: kept" in err
    assert [path.name for path in unused.iterdir()] == ["own.txt"]
    assert all(path.exists() for path in foreign) and (outside / "own.txt").exists()
    assert (folder / listed / "picture.nut").exists()


def test_a_page_replaces_only_an_earlier_page(tmp_path, source):
    reimagine.run(source, [], tmp_path / "run")
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("the user's")
    run = Run.open(tmp_path / "run")
    with pytest.raises(RunError, match=r"index\.html: exists and was not made"):
        write_gallery([run], site, NoProgress())
    assert (site / "index.html").read_text() == "the user's"
    (site / "index.html").unlink()
    for _ in range(2):
        assert write_gallery([run], site, NoProgress()).stat().st_size > 1000


def test_a_folder_that_leads_elsewhere_is_not_written_to(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").mkdir()
    made.guard(tmp_path / "run")
    (tmp_path / "run" / "step").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="leads out of"):
        write_text_atomically(tmp_path / "run" / "step" / "a.txt", "text")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_copied_file_is_still_known_and_a_damaged_line_is_left_out(tmp_path):
    made.guard(tmp_path)
    path = tmp_path / "a.txt"
    write_text_atomically(path, "text")
    os.utime(path, (1, 1))
    write_text_atomically(path, "other")
    for line in (b"[1, 2", b'["a", "b", 3, null]', b"\xff\n[[[[", b'{"a": 1}', b"[" * 100000):
        with (tmp_path / made.RECORD).open("ab") as file:
            file.write(line)
        made.guard(tmp_path)
        write_text_atomically(path, "text")


def test_an_empty_record_is_begun_again(tmp_path, source):
    reimagine.run(source, [TINT()], tmp_path / "run")
    (tmp_path / "run" / made.RECORD).write_bytes(b"")
    (tmp_path / "run" / "own.mp4").write_bytes(b"the user's")
    reimagine.run(source, [TINT(hue=200.0)], tmp_path / "run")
    with pytest.raises(RunError, match="was not made by reimagine"):
        reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / "run" / "own.mp4")
    assert (tmp_path / "run" / "own.mp4").read_bytes() == b"the user's"


def test_a_run_folder_of_an_earlier_release_is_recorded(tmp_path, source):
    reimagine.run(source, [TINT()], tmp_path / "run")
    (tmp_path / "run" / made.RECORD).unlink()
    (tmp_path / "run" / "own.mp4").write_bytes(b"the user's")
    reimagine.run(source, [TINT(hue=200.0)], tmp_path / "run")
    assert not made.is_unchanged(tmp_path / "run" / "own.mp4")
