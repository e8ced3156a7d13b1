"""Music end to end: the film keeps its picture, and its sound where no music was found."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from helpers import make_film, packets_of, run_program

import reimagine
from reimagine.errors import StageError
from reimagine.media import Note, Notes, Sound
from reimagine.media.audio.sound import read_sound, write_sound
from reimagine.media.midi import limits
from reimagine.media.midi.notes import read_notes, write_notes

CHAIN = ("transcribe", "timbre", "mix")


def chain() -> list:
    return [reimagine.model(stage)() for stage in CHAIN]


def test_the_picture_is_copied_and_plots_are_written(tmp_path):
    source = make_film(tmp_path / "film.mp4", 96, sounds=1)
    done = reimagine.run(source, chain(), tmp_path / "run")
    assert packets_of(done.film, "video") == packets_of(source, "video")
    assert abs(done.report["audio_minus_video_seconds"]) < 0.03
    names = {p.name for p in (tmp_path / "run").rglob("*")}
    assert {"notes.mid", "notes.csv", "piano-roll.png", "rainbowgram.png", "sound.wav"} <= names


def test_without_notes_the_error_says_so(tmp_path):
    source = make_film(tmp_path / "film.mp4", 24)
    silent = tmp_path / "silent.wav"
    write_sound(silent, Sound(np.zeros((1, 96000), np.float32), 48000))
    with pytest.raises(StageError, match="no notes were found"):
        reimagine.run(silent, chain(), tmp_path / "run")
    with pytest.raises(StageError, match="no sound track"):
        reimagine.run(source, chain(), tmp_path / "other")


def test_sound_and_midi_files_are_processed(tmp_path):
    notes = Notes(tuple(Note(0.4 * n, 0.4 * n + 0.35, 60 + n) for n in range(6)))
    write_notes(tmp_path / "tune.mid", notes)
    done = reimagine.run(tmp_path / "tune.mid", chain(), tmp_path / "a", tmp_path / "tune.m4a")
    assert abs(read_sound(done.film).seconds - notes.seconds - 2) < 0.1
    again = reimagine.run(done.film, chain(), tmp_path / "b")
    notes = read_notes(next((tmp_path / "b").glob("*/notes.mid")))
    assert again.film.suffix == ".wav" and {n.pitch for n in notes} >= {60, 62, 64}


def test_a_composed_melody_is_as_long_as_the_film(tmp_path):
    source = make_film(tmp_path / "film.mp4", 24 * 9)
    steps = [reimagine.model(s)() for s in ("compose", "timbre", "mix")]
    done = reimagine.run(source, steps, tmp_path / "run")
    notes = read_notes(next((tmp_path / "run").glob("*/notes.mid")))
    assert 6 < notes.seconds <= 9.1 and len(notes) > 8
    with av.open(str(done.film)) as box:
        assert box.streams.audio and packets_of(done.film, "video") == packets_of(source, "video")


def test_a_silent_film_gets_music(tmp_path):
    source = make_film(tmp_path / "silent.mp4", 72)
    done = run_program("music", source, "--compose", "--instruments", "flute", "--into", tmp_path / "run", "-q")
    assert done.returncode == 0, done.stderr
    sound = read_sound(Path(done.stdout.strip()))
    assert np.abs(sound.samples).max() > 0.05 and abs(sound.seconds - 3) < 0.1


def test_notes_are_delivered_as_midi(tmp_path):
    source = make_film(tmp_path / "film.mp4", 72, sounds=1)
    done = run_program("transcribe", source, "--into", tmp_path / "run", "-o", tmp_path / "tune.mid", "-q")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "tune.mid" and len(read_notes(tmp_path / "tune.mid")) >= 3


def test_compose_needs_nothing_and_gives_midi(tmp_path):
    done = run_program("compose", "--bars", 4, "--into", tmp_path / "run", "-q")
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip())
    assert path.name == "film.mid" and len(read_notes(path)) > 4


def test_evaluate_notes_prints_json(tmp_path):
    notes = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, 60 + 2 * n) for n in range(6)))
    write_notes(tmp_path / "tune.mid", notes)
    write_sound(tmp_path / "tune.wav", reimagine.model("timbre", "sine")().load("cpu")(notes))
    done = run_program("evaluate", "notes", tmp_path / "tune.wav", "--json")
    report = json.loads(done.stdout)
    assert report["mean"]["recall"] > 0.8 and set(report) == {"tune", "mean"}


def test_after_continue_the_tune_begins_again(tmp_path, film):
    continuation = reimagine.model("continue", "hold")(seconds=2.0)
    done = reimagine.run(film, [continuation, *chain()], tmp_path / "run")
    wave = read_sound(done.film).mono()
    peaks = [np.abs(part).max() for part in np.array_split(wave, 8)]
    assert abs(done.report["audio_minus_video_seconds"]) < 0.1 and min(peaks[:7]) > 0.02


def test_notes_are_repeated_until_their_length():
    tune = Notes((Note(0.0, 0.5, 60), Note(1.0, 1.9, 64)), length=5.0).repeated(2.0)
    assert [(n.start, n.end) for n in tune] == [(0, 0.5), (1, 1.9), (2, 2.5), (3, 3.9), (4, 4.5)]


def test_very_long_notes_end_early(tmp_path, monkeypatch):
    """The memory of a note grows with its length."""
    monkeypatch.setattr("reimagine.execution.sound.LONGEST_NOTE", 0.5)
    write_notes(tmp_path / "a.mid", Notes((Note(0.0, 4.0, 60), Note(3.5, 4.0, 64))))
    done = reimagine.run(tmp_path / "a.mid", [reimagine.model("timbre", "sine")()], tmp_path / "run")
    wave = np.abs(read_sound(done.film).mono())
    assert wave[:20000].max() > 0.1 and wave[48000 : 3 * 48000].max() < 0.01 and wave[170000:].max() > 0.1


def test_notes_too_large_for_a_midi_file_lose_their_bends_and_can_be_read(tmp_path, monkeypatch):
    bends = tuple(0.3 * np.sin(np.arange(400)))
    write_notes(tmp_path / "a.mid", Notes(tuple(Note(n, n + 0.9, 60 + n, 80, bends) for n in range(8))))
    monkeypatch.setattr(limits, "MAX_MIDI_BYTES", (tmp_path / "a.mid").stat().st_size)
    monkeypatch.setattr("reimagine.execution.sound.MAX_MIDI_BYTES", 500)
    done = reimagine.run(tmp_path / "a.mid", [reimagine.model("transcribe")()], tmp_path / "run")
    [written] = (tmp_path / "run").glob("01-*/notes.mid")
    assert len(read_notes(written)) == 8 and not any(note.bends for note in read_notes(written))
    assert "notes without their pitch bends" in json.dumps(done.report)
