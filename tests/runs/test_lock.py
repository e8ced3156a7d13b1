"""Two processes never work in one run folder at the same time."""

from __future__ import annotations

import subprocess
import sys

import pytest
from helpers import make_film, run_program

import reimagine
from reimagine.errors import RunError
from reimagine.runs.lock import LOCK, locked

HOLD = """
import sys, time
from pathlib import Path
from reimagine.runs.lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(120)
"""


def test_a_second_process_is_refused_until_the_first_one_ends(tmp_path):
    film, folder = make_film(tmp_path / "film.mp4", 6), tmp_path / "run"
    reimagine.run(film, [], folder)
    command = [sys.executable, "-c", HOLD, str(folder)]
    colorize = ("colorize", film, "--model", "tint", "--into", folder, "-q")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "locked\n"
        for arguments in (colorize, ("prune", folder)):
            done = run_program(*arguments)
            assert done.returncode == 1 and "another process of reimagine works in this run folder" in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
        process.kill()
    assert not list(folder.glob("01-*"))
    assert run_program(*colorize).returncode == 0
    assert run_program("prune", folder).returncode == 0


def test_the_lock_is_released_after_an_error_and_keeps_a_file_of_its_name(tmp_path):
    (tmp_path / LOCK).write_text("the user's")
    with pytest.raises(ValueError, match="fault"), locked(tmp_path):
        with pytest.raises(RunError, match="another process"), locked(tmp_path):
            pass
        raise ValueError("fault")
    with locked(tmp_path):
        pass
    assert (tmp_path / LOCK).read_text() == "the user's"


@pytest.mark.parametrize("damage", ["byte", "end"])
def test_a_film_of_the_same_size_with_other_contents_is_not_taken_for_the_finished_one(tmp_path, damage):
    film = make_film(tmp_path / "film.mp4", 6)
    done = reimagine.run(film, [], tmp_path / "run")
    data = bytearray(done.film.read_bytes())
    data[len(data) // 2 if damage == "byte" else -1] ^= 255
    done.film.write_bytes(data)
    with pytest.raises(RunError, match="was changed since reimagine made it"):
        reimagine.run(film, [], tmp_path / "run")
