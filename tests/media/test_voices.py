"""Voices: their division, MIDI tracks with pitch bends, an instrument for each, and export as sound files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from helpers import run_cli

import reimagine
from reimagine.errors import StageError
from reimagine.media import Note, Notes
from reimagine.media.audio.sound import read_sound
from reimagine.media.midi.notes import VOICES, read_notes, write_notes
from reimagine.media.midi.voices import with_voices
from reimagine.stages.timbre.instruments import instrument_schedules

VIBRATO = (0.0, 0.2, 0.3, 0.2, 0.0, -0.2)


def waltz(bars: int = 6, bends: tuple[float, ...] = ()) -> Notes:
    """A bass note on the first beat, chords on the others, and a melody; each note has its voice."""
    notes = []
    for bar in range(bars):
        start = 1.8 * bar
        notes.append(Note(start, start + 0.55, 43, 80, (), "bass"))
        notes += [Note(start + t, start + t + 0.5, p, 60, (), "middle") for t in (0.6, 1.2) for p in (59, 62)]
        notes += [
            Note(start + 0.6 * n, start + 0.6 * n + 0.55, 74 + (bar + n) % 6, 90, bends, "melody") for n in range(3)
        ]
    return Notes(tuple(sorted(notes)), 100.0)


def without_voices(notes: Notes) -> Notes:
    return replace(notes, notes=tuple(replace(n, voice="") for n in notes))


def test_melody_bass_and_chords_are_divided():
    assert with_voices(without_voices(waltz())).notes == waltz().notes


@pytest.mark.parametrize("pitches", [(60, 62, 64), (40, 43, 47), (84, 30, 60)])
def test_a_single_line_is_the_melody(pitches):
    line = Notes(tuple(Note(n / 2, n / 2 + 0.4, p) for n, p in enumerate(pitches)))
    assert {n.voice for n in with_voices(line)} == {"melody"}


@pytest.mark.parametrize("seed", range(5))
def test_every_note_gets_one_voice_and_changes_nothing_else(seed):
    rng = np.random.default_rng(seed)
    played = sorted(Note(t, t + rng.uniform(0.01, 2), int(rng.integers(21, 109))) for t in rng.uniform(0, 20, 200))
    voiced = with_voices(Notes(tuple(played)))
    assert without_voices(voiced).notes == tuple(played) and {n.voice for n in voiced} <= set(VOICES)
    assert with_voices(voiced) is voiced


@pytest.mark.parametrize("bends", [(), VIBRATO])
def test_a_midi_file_has_a_track_for_each_voice(tmp_path, bends):
    write_notes(tmp_path / "a.mid", waltz(bends=bends))
    tracks = {track.name: track for track in pretty_midi.PrettyMIDI(str(tmp_path / "a.mid")).instruments}
    assert list(tracks) == list(VOICES)
    assert {n.pitch for n in tracks["bass"].notes} == {43} and {n.pitch for n in tracks["middle"].notes} == {59, 62}
    back = read_notes(tmp_path / "a.mid")
    assert [(n.pitch, n.voice) for n in back] == [(n.pitch, n.voice) for n in waltz()]
    for note in back:
        assert note.bends == pytest.approx(bends if note.voice == "melody" else (), abs=1e-3)


def test_instruments_of_voices_are_parsed():
    latents = {name: np.full(2, float(n)) for n, name in enumerate(("cello", "flute", "violin", "organ"))}

    def instruments(text: str, second: float = 0.0) -> dict[str, float]:
        schedules = instrument_schedules(text, latents, lambda: np.zeros(2), 10.0)
        return {voice: float(schedule.at(second)[0]) for voice, schedule in schedules.items()}

    assert instruments("violin") == {"": 2}
    assert instruments("bass=cello,melody=violin") == {"bass": 0, "melody": 2, "": 2}
    assert instruments("organ, Bass = cello") == {"": 3, "bass": 0}
    assert instruments("melody=flute@0,violin@5,bass=cello", 6.0) == {"melody": 2, "bass": 0, "": 2}
    with pytest.raises(StageError, match="unknown voice 'base'; did you mean 'bass'"):
        instruments("base=cello")
    with pytest.raises(StageError, match="did you mean 'flute'"):
        instruments("bass=flite")


def test_each_voice_is_played_by_its_instrument():
    """The bass changes with its own instrument only."""
    notes, model = waltz(2), reimagine.model("timbre")

    def play(text: str, part: Notes) -> np.ndarray:
        sound = model(instruments=text, room=0.0).load("cpu")(part).samples
        return sound / np.abs(sound).max()

    bass = notes.of_voice("bass")
    assert np.allclose(play("bass=cello,melody=flute", bass), play("cello", bass), atol=1e-5)
    assert not np.allclose(play("bass=cello,melody=flute", notes), play("flute", notes), atol=1e-2)


def test_unknown_voices_are_refused_before_the_work(tmp_path):
    write_notes(tmp_path / "a.mid", waltz(1))
    options = ("--instruments", "top=flute", "--into", tmp_path / "run", "-q")
    code, _, errors = run_cli("music", tmp_path / "a.mid", *options)
    assert code == 1 and "unknown voice 'top'" in errors and not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "timbre", [("--instruments", "flute@0%,bass=cello,melody=violin@0,flute@50%"), ("--timbre", "sine")]
)
def test_exported_voices_add_up_to_the_music(tmp_path, timbre):
    write_notes(tmp_path / "a.mid", without_voices(waltz(3)))
    options = ("--into", tmp_path / "run", *timbre, "--export-voices", tmp_path / "v", "-q")
    code, printed, _ = run_cli("music", tmp_path / "a.mid", *options)
    assert code == 0 and Path(printed.strip()).exists()
    assert {p.name for p in (tmp_path / "v").iterdir()} == {"melody.wav", "middle.wav", "bass.wav"}
    whole = read_sound(next((tmp_path / "run").glob("*timbre*/sound.wav"))).samples
    total = sum(read_sound(path).samples for path in (tmp_path / "v").iterdir())
    assert total.shape == whole.shape and np.sqrt(np.square(total - whole).mean()) < 0.02 * np.abs(whole).max()
