"""A command that fails or is killed at any point where it writes can be run again, with the same result."""

from __future__ import annotations

import importlib
import itertools
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import KILLED, Outcome, run_forked
from helpers import make_film

from reimagine.media import Note, Notes
from reimagine.media.audio.sound import read_sound
from reimagine.media.midi.notes import write_notes

EVERY = 31
"""Faults are put at every n-th point; the commands have points in common, and begin at different ones."""
USED = "reimagine.cli", "reimagine.api", "reimagine.stages.timbre.sine", "reimagine.stages.colorize.tint"
"""Modules that are imported before the processes are forked: each would import them anew."""
COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "picture": lambda folder: ["colorize", folder / "film.mp4", "--model", "tint"],
    "sound": lambda folder: ["music", folder / "a.mid", "--timbre", "sine"],
    "continuation": lambda folder: ["continue", folder / "film.mp4", "--model", "hold", "--seconds", "0.2"],
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    """A folder with a film, a MIDI file and melodies."""
    for name in USED:
        importlib.import_module(name)
    folder = tmp_path_factory.mktemp("inputs")
    make_film(folder / "film.mp4", 6)
    notes = [Note(0.25 * k, 0.25 * k + 0.24, 60 + 2 * (k % 5)) for k in range(80)]
    write_notes(folder / "a.mid", Notes(tuple(notes[:4])))
    write_notes(folder / "melody.mid", Notes(tuple(notes)))
    with tarfile.open(folder / "melodies.tar", "w") as archive:
        archive.add(folder / "melody.mid", "melody.mid")
    return folder


def result(run: Path) -> bytes:
    """The finished film of a run folder, or the samples of its sound: WAV files hold the time of writing."""
    film = run / "film.mp4"
    return film.read_bytes() if film.exists() else read_sound(run / "film.wav").samples.tobytes()


def leftovers(folder: Path) -> list[str]:
    """Names of the temporary files below a folder."""
    return [path.name for path in folder.rglob(".reimagine-*")]


def check(outcome: Outcome, kill: bool) -> None:
    """Check that a process with a fault ended as one should. A file that could not be flushed is no failure."""
    if kill:
        assert (outcome.code, outcome.errors) == (KILLED, "")
    elif outcome.code:
        assert outcome.code == 1 and outcome.errors.count("\n") == 1 and "No space left on device" in outcome.errors


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kill", [False, True], ids=["full disk", "killed"])
def test_the_same_command_goes_on_after_a_fault_at_any_point(inputs, tmp_path, name, kill):
    command = [*COMMANDS[name](inputs), "--device", "cpu", "-q", "--into"]
    good = run_forked([*command, tmp_path / "good"], tmp_path / "errors", kill=kill)
    assert (good.code, good.errors) == (0, "") and good.points > 30
    for fault in range(1 + list(COMMANDS).index(name), good.points + 1, EVERY):
        run = tmp_path / f"run{fault}"
        failed = run_forked([*command, run], tmp_path / "errors", fault, kill)
        check(failed, kill)
        assert kill or not leftovers(tmp_path), failed
        again = run_forked([*command, run], tmp_path / "errors")
        assert (again.code, again.errors) == (0, ""), failed
        assert result(run) == result(tmp_path / "good") and not leftovers(run), failed


@pytest.mark.parametrize("kill", [False, True], ids=["full disk", "killed"])
def test_a_training_goes_on_after_a_fault_at_any_point(inputs, tmp_path, kill):
    sizes = "--latent", 4, "--width", 8, "--batch", 4, "--minutes", 0.001
    command = ["train", "compose", "--melodies", inputs / "melodies.tar", *sizes, "--device", "cpu", "--into"]
    for fault in itertools.count(1 + kill, 2):
        run = tmp_path / f"run{fault}"
        failed = run_forked([*command, run], tmp_path / "errors", fault, kill)
        if failed.points < fault:
            assert fault > 10
            break
        check(failed, kill)
        again = run_forked([*command, run], tmp_path / "errors")
        assert again.code == 0, (failed, again)
        assert (run / "weights.safetensors").stat().st_size and not leftovers(run)
