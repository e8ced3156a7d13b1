"""Files are complete or unchanged, and leftovers of killed processes are removed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import reimagine
from reimagine.errors import MediaError
from reimagine.files import atomic_file, copy_atomically, remove_leftovers, write_text_atomically
from reimagine.media.audio.sound import silence, write_sound
from reimagine.media.midi.notes import Note, Notes, write_notes, write_notes_csv
from reimagine.media.video.writer import write_image

WRITERS = {
    "a.txt": lambda path: write_text_atomically(path, "é"),
    "a.png": lambda path: write_image(path, np.zeros((4, 4, 3), np.uint8)),
    "a.wav": lambda path: write_sound(path, silence(0.1)),
    "a.m4a": lambda path: write_sound(path, silence(0.1)),
    "a.mid": lambda path: write_notes(path, Notes((Note(0.0, 1.0, 60),))),
    "a.csv": lambda path: write_notes_csv(path, Notes((Note(0.0, 1.0, 60),))),
    "copy.bin": lambda path: copy_atomically(Path(__file__), path),
}
WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from reimagine.files import atomic_file
with atomic_file(Path(sys.argv[1])) as temporary:
    temporary.write_text("incomplete")
    print(temporary, flush=True)
    time.sleep(60)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", WRITERS)
def test_a_failed_write_leaves_the_earlier_file_and_nothing_else(tmp_path, name, monkeypatch):
    path = tmp_path / name
    WRITERS[name](path)
    before = path.read_bytes()
    assert before and names(tmp_path) == [name]

    def disk_full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises((OSError, MediaError), match="No space"):
        WRITERS[name](path)
    assert path.read_bytes() == before and names(tmp_path) == [name]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("function", ["fsync", "rename"])
def test_a_failed_write_names_the_file_and_not_the_temporary_one(tmp_path, function, number, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(number, "reason", str(tmp_path / ".reimagine-1-00000000-1.txt"))

    monkeypatch.setattr(*((os, "fsync") if function == "fsync" else (Path, "replace")), fail)
    with pytest.raises(OSError, match=r"a\.txt") as raised:
        write_text_atomically(tmp_path / "a.txt", "text")
    assert raised.value.filename == str(tmp_path / "a.txt") and raised.value.errno == number
    assert not names(tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_an_interrupted_write_leaves_no_file(tmp_path, error):
    with pytest.raises(error), atomic_file(tmp_path / "a.txt") as temporary:
        temporary.write_text("incomplete")
        raise error
    assert not names(tmp_path)


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(MediaError, match=r"a\.png: cannot") as raised, atomic_file(path) as temporary:
        raise MediaError(f"{temporary}: cannot be written")
    assert "reimagine-" not in str(raised.value).replace(str(tmp_path), "")


def test_two_writers_of_one_file_have_different_temporary_files(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_file(path) as first, atomic_file(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first" and names(tmp_path) == ["a.txt"]


def test_only_temporary_files_of_ended_processes_are_removed(tmp_path):
    own = tmp_path / ".reimagine-notes.txt"
    own.write_text("the user's")
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(tmp_path / "a.txt")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        temporary = Path(process.stdout.readline().strip())
        remove_leftovers(tmp_path)
        assert temporary.exists()
        process.kill()
        process.wait()
    assert temporary.exists()
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [own.name]


def test_the_next_run_removes_what_a_killed_one_left(tmp_path, film):
    folder = tmp_path / "run"
    tint = reimagine.model("colorize", "tint")()
    reimagine.run(film, [tint], folder)
    [step] = folder.glob("01-*")
    (step / "step.json").unlink()
    for place in (folder, step):
        with atomic_file(place / "x.json") as temporary:
            left = temporary.name.replace(str(os.getpid()), str(2**22 + 1))  # above the highest number of a process
            (place / left).write_text("incomplete")
            temporary.write_text("{}")
        (place / "x.json").unlink()
    assert list(folder.rglob(".reimagine-[0-9]*"))
    reimagine.run(film, [tint], folder)
    assert not list(folder.rglob(".reimagine-[0-9]*"))
