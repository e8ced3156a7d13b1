"""Notes in MIDI and CSV files: times, tempo, and pitch bends."""

from __future__ import annotations

import mido
import numpy as np
import pretty_midi
import pytest

from reimagine.errors import MediaError
from reimagine.media import Note, Notes
from reimagine.media.midi.notes import read_notes, write_notes, write_notes_csv

RESOLUTION = 1 / 4096
"""Resolution of pitch bends in MIDI, in semitones."""


def reread(path, notes: Notes) -> Notes:
    """Notes written to a MIDI file and read back."""
    write_notes(path, notes)
    return read_notes(path)


def foreign_file(path, *messages: tuple[int, mido.Message]) -> Notes:
    """Notes read from a MIDI file of one track, made of (ticks since the message before, message)."""
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(mido.MidiTrack([message.copy(time=ticks) for ticks, message in messages]))
    file.save(str(path))
    return read_notes(path)


def assert_same_bends(found: Notes, expected: Notes, tolerance: float = RESOLUTION) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, sorted(expected), strict=True):
        assert (a.pitch, len(a.bends)) == (b.pitch, len(b.bends))
        assert np.abs(np.subtract(a.bends, b.bends)).max(initial=0) <= tolerance


def test_bars_begin_on_beats(tmp_path):
    notes = Notes((Note(0.1, 0.4, 60, 80), Note(0.37, 1.0, 64, 90), Note(1.57, 2.0, 67, 70)), 100.0, 0.37)
    back = reread(tmp_path / "a.mid", notes)
    assert abs(back.tempo - 100) < 0.01 and abs(back.beat - 0.37) < 0.002
    for a, b in zip(notes, back, strict=True):
        assert abs(a.start - b.start) < 2e-3 and abs(a.end - b.end) < 2e-3
        assert (a.pitch, a.velocity) == (b.pitch, b.velocity)
    assert notes.tick(0.37) == 600 and notes.tick(0.37 + 2.4) == 600 + 4 * 960


@pytest.mark.parametrize("tempo", [60.0, 115.0, 230.0])
@pytest.mark.parametrize("share", [0.1, 0.26, 0.5, 0.93, 2.7])
def test_the_first_bar_has_nearly_the_tempo_of_the_music(tmp_path, tempo, share):
    """A first beat at 0.1 to 2.7 beats: a short first bar, not a whole one of 459 quarter notes a minute."""
    beat = share * 60 / tempo
    notes = Notes((Note(beat, beat + 1, 60), Note(0.01, 0.1, 62)), tempo, beat)
    back = reread(tmp_path / "a.mid", notes)
    found = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    assert found.get_tempo_changes()[1] == pytest.approx(tempo, rel=0.26)
    assert found.get_downbeats()[1] == pytest.approx(beat, abs=2e-3)
    assert (back.tempo, back.beat) == (pytest.approx(tempo, rel=1e-4), pytest.approx(beat, abs=2e-3))


def test_the_first_beat_of_files_of_earlier_versions_is_read(tmp_path):
    messages = [
        (0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(480))),
        (4 * 480, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(100))),
        (0, mido.Message("note_on", note=60)),
        (480, mido.Message("note_off", note=60)),
    ]
    notes = foreign_file(tmp_path / "a.mid", *messages)
    assert (notes.tempo, notes.beat) == (pytest.approx(100), pytest.approx(0.5))


def test_the_pitch_wheel_returns_to_zero_after_a_note(tmp_path):
    bent = Note(0.0, 1.0, 60, 80, (0.0, 0.5, -0.5))
    write_notes(tmp_path / "a.mid", Notes((bent, Note(0.2, 0.9, 65, 80))))
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    bends = [b for track in midi.instruments for b in track.pitch_bends]
    assert [b.pitch for b in sorted(bends, key=lambda b: b.time)] == [0, 2048, -2048, 0]
    assert len(midi.instruments) == 2


@pytest.mark.parametrize(("tempo", "beat"), [(120.0, 0.0), (93.7, 0.41)])
def test_bends_are_read_back(tmp_path, tempo, beat):
    """A chord of bent notes, notes that follow each other at once, one without bends, and one with steady bends."""
    rng = np.random.default_rng(0)

    def bends(count: int) -> tuple[float, ...]:
        return tuple(rng.uniform(-2, 2, count))

    chord = [Note(1.0, 2.0 + n / 7, 60 + n, 80, bends(87 + n)) for n in range(6)]
    melody = [Note(3 + n / 4, 3.25 + n / 4, 60 + 14 * (n % 2), 70, bends(20)) for n in range(20)]
    steady = [Note(0.1, 0.8, 50, 60, (0.0,) * 30), Note(0.2, 0.9, 52, 60, (1.25,))]
    notes = Notes((*steady, *chord, Note(1.5, 1.8, 72), *melody), tempo, beat)
    back = reread(tmp_path / "a.mid", notes)
    assert_same_bends(back, notes)
    assert back.tempo == pytest.approx(tempo, abs=0.01) and back.beat == pytest.approx(beat, abs=2e-3)
    assert all(abs(a.start - b.start) < 2e-3 for a, b in zip(back, notes, strict=True))
    again = reread(tmp_path / "b.mid", back)
    assert [n.bends for n in again] == [n.bends for n in back]


def test_bends_of_more_than_two_semitones_are_read_back(tmp_path):
    notes = Notes((Note(0.0, 1.0, 60, 80, (0.0, 3.5, 8.25, -7.0)), Note(0.5, 1.5, 62, 80, (0.0, 0.125))))
    assert_same_bends(reread(tmp_path / "a.mid", notes), notes, 9 / 8192)


def test_more_bends_than_ticks_are_read_back(tmp_path):
    notes = Notes((Note(0.0, 0.01, 60, 80, tuple(np.linspace(-1, 1, 50))),))
    assert_same_bends(reread(tmp_path / "a.mid", notes), notes)


def test_fourteen_bent_notes_at_once_do_not_affect_each_other(tmp_path):
    notes = Notes(tuple(Note(0.0, 1.0, 40 + 14 * (n % 2) + n, 80, (n / 10, -n / 10)) for n in range(14)))
    assert_same_bends(reread(tmp_path / "a.mid", notes), notes)


def test_a_note_that_ends_does_not_reset_the_bend_of_another(tmp_path):
    """More notes than channels: two share one, and the wheel stays where the note that still sounds needs it."""
    notes = Notes(tuple(Note(n / 100, 2.0 + (n == 14), 40 + n, 80, (1.0,)) for n in range(15)))
    back = reread(tmp_path / "a.mid", notes)
    last = next(n for n in back if n.pitch == 54)
    assert last.end == pytest.approx(3.0, abs=2e-3) and set(last.bends) == {1.0}


def test_pitch_wheel_messages_at_any_time_are_sampled_at_equal_steps(tmp_path):
    """480 ticks are half a second; the wheel's range is 12 semitones."""
    message = mido.Message
    settings = [(0, message("control_change", control=c, value=v)) for c, v in ((101, 0), (100, 0), (6, 12), (38, 0))]
    notes = foreign_file(
        tmp_path / "a.mid",
        *settings,
        (0, message("note_on", note=60, velocity=80)),
        (120, message("pitchwheel", pitch=4096)),
        (24, message("pitchwheel", pitch=-4096)),
        (336, message("note_off", note=60)),
        (0, message("note_on", note=62, velocity=80)),
        (480, message("note_off", note=62)),
        (0, message("pitchwheel", pitch=0)),
        (0, message("note_on", note=64, velocity=80)),
        (480, message("note_off", note=64)),
    )
    bent, constant, plain = notes
    assert len(bent.bends) == 50 and constant.bends == (-6.0,) and plain.bends == ()
    assert bent.bends == (0.0,) * 13 + (6.0,) * 2 + (-6.0,) * 35


def test_a_wheel_at_rest_is_no_bend(tmp_path):
    message = mido.Message
    notes = foreign_file(
        tmp_path / "a.mid",
        (0, message("pitchwheel", pitch=0)),
        (10, message("note_on", note=60, velocity=80)),
        (480, message("note_off", note=60)),
    )
    assert [n.bends for n in notes] == [()]


def test_bends_are_a_column_of_the_csv_file(tmp_path):
    notes = Notes((Note(0.0, 1.0, 60, 80, (0.0, 1 / 3, -0.5)), Note(0.5, 1.5, 62, 90)))
    write_notes_csv(tmp_path / "notes.csv", notes)
    header, *rows = (tmp_path / "notes.csv").read_text().splitlines()
    assert header == "start,end,pitch,velocity,bends,voice"
    assert rows == ["0.000,1.000,60,80,0 0.3333 -0.5,", "0.500,1.500,62,90,,"]


def test_repeated_notes_keep_their_bends(tmp_path):
    notes = Notes((Note(0.0, 1.0, 60, 80, (0.1, 0.2, 0.3, 0.4)),), length=3.5).repeated(1.5)
    assert [(n.start, n.end) for n in notes] == [(0.0, 1.0), (1.5, 2.5), (3.0, 3.5)]
    assert [n.bends for n in notes] == [(0.1, 0.2, 0.3, 0.4), (0.1, 0.2, 0.3, 0.4), (0.1, 0.2)]


def test_drums_and_notes_without_length_are_left_out(tmp_path):
    midi = pretty_midi.PrettyMIDI()
    for drum, notes in ((True, [(0, 1)]), (False, [(0, 1), (2, 2)])):
        track = pretty_midi.Instrument(0, is_drum=drum)
        track.notes = [pretty_midi.Note(90, 60, a, b) for a, b in notes]
        midi.instruments.append(track)
    midi.write(str(tmp_path / "a.mid"))
    assert len(read_notes(tmp_path / "a.mid")) == 1


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.mid").write_text("words")
    with pytest.raises(MediaError, match="not a MIDI file"):
        read_notes(tmp_path / "a.mid")
