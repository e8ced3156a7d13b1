"""MIDI files of other programs: tempo maps, divisions, formats, and notes that never end."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import mido
import pytest
from helpers import run_cli

from reimagine.errors import MediaError
from reimagine.media import Note, Notes
from reimagine.media.midi.notes import read_notes, write_notes

Times = list[tuple[int, float, float]]
"""Pitch, start and end in seconds of each note, in order of time."""


def on(ticks: int, pitch: int = 60, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", note=pitch, velocity=80, channel=channel, time=ticks)


def off(ticks: int, pitch: int = 60, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=pitch, channel=channel, time=ticks)


def control(ticks: int, number: int) -> mido.Message:
    return mido.Message("control_change", control=number, value=0, time=ticks)


def tempo(ticks: int, per_minute: float) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(per_minute), time=ticks)


def end(ticks: int) -> mido.MetaMessage:
    return mido.MetaMessage("end_of_track", time=ticks)


def write_midi(path: Path, *tracks: list, format: int = 1, division: int = 480) -> Path:
    """A MIDI file whose tracks are messages with the ticks since the message before."""
    file = mido.MidiFile(type=format, ticks_per_beat=division)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    file.save(str(path))
    return path


def times_of(path: Path) -> Times:
    """The notes of a file; a warning of Python fails the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return [(n.pitch, round(n.start, 3), round(n.end, 3)) for n in read_notes(path)]


TEMPO_MAPS: dict[str, tuple[list[list], Times]] = {
    "none": ([[on(480), off(480)]], [(60, 0.5, 1.0)]),
    "at the start": ([[tempo(0, 60), on(480), off(480)]], [(60, 1.0, 2.0)]),
    "on another track": ([[on(480), off(480)], [tempo(0, 60)]], [(60, 1.0, 2.0)]),
    "on two tracks": ([[tempo(0, 60), on(480), off(960)], [tempo(960, 240)]], [(60, 1.0, 2.25)]),
    "on the notes' track after the first note": ([[on(0), off(480), tempo(0, 60), on(480), off(480)]],
                                                 [(60, 0.0, 0.5), (60, 1.5, 2.5)]),
    "within a note": ([[on(0), tempo(480, 60), off(480)]], [(60, 0.0, 1.5)]),
    "two at one tick: the last holds": ([[tempo(0, 240), tempo(0, 60), on(480), off(480)]], [(60, 1.0, 2.0)]),
    "slower and slower": ([[tempo(0, 120), tempo(960, 60), tempo(960, 30), on(480), off(480)]], [(60, 5.0, 7.0)]),
    "after the last note": ([[on(480), off(480), tempo(9600, 30), end(480)]], [(60, 0.5, 1.0)]),
}  # fmt: skip


@pytest.mark.parametrize("format", [0, 1])
@pytest.mark.parametrize("name", TEMPO_MAPS)
def test_notes_follow_every_tempo_change(tmp_path, name, format):
    tracks, expected = TEMPO_MAPS[name]
    if format == 0:
        tracks = [list(mido.merge_tracks(mido.MidiTrack(track) for track in tracks))]
    assert times_of(write_midi(tmp_path / "a.mid", *tracks, format=format)) == expected


UNENDED: dict[str, tuple[list, Times]] = {
    "until the end of the track": ([on(0), end(960)], [(60, 0.0, 1.0)]),
    "until the next note of the pitch": ([on(0), on(480), end(480)], [(60, 0.0, 0.5), (60, 0.5, 1.0)]),
    "only the last is ended": ([on(0), on(480), off(480), end(480)], [(60, 0.0, 0.5), (60, 0.5, 1.0)]),
    "another pitch goes on": ([on(0), on(480, 64), on(480), end(480)],
                              [(60, 0.0, 1.0), (64, 0.5, 1.5), (60, 1.0, 1.5)]),
    "another channel goes on": ([on(0), on(480, channel=1), off(480, channel=1), end(480)],
                                [(60, 0.0, 1.5), (60, 0.5, 1.0)]),
    "all notes off": ([on(0), on(0, 64), control(480, 123), end(480)], [(60, 0.0, 0.5), (64, 0.0, 0.5)]),
    "all sound off": ([on(0), control(480, 120), end(480)], [(60, 0.0, 0.5)]),
    "two at once": ([on(0), on(0), off(480), end(480)], [(60, 0.0, 0.5), (60, 0.0, 0.5)]),
    "at the end of the track: no length": ([on(0), off(480), on(480), end(0)], [(60, 0.0, 0.5)]),
    "note-offs before all notes": ([off(0), on(480), off(480), on(480), end(480)], [(60, 0.5, 1.0), (60, 1.5, 2.0)]),
    "a note-off before its note-on at one tick: no length": ([off(480), on(0), end(480)], []),
    "a note-off too many": ([off(0), on(480), off(480), off(480)], [(60, 0.5, 1.0)]),
}  # fmt: skip


@pytest.mark.parametrize("name", UNENDED)
def test_notes_that_never_end(tmp_path, name):
    messages, expected = UNENDED[name]
    assert times_of(write_midi(tmp_path / "a.mid", messages)) == expected


@pytest.mark.parametrize(
    ("rate", "ticks", "expected"),
    [(24, 20, (1.0, 2.0)), (25, 40, (0.48, 0.96)), (30, 80, (0.2, 0.4)), (29, 80, (0.2002, 0.4004))],
)
def test_a_smpte_division_gives_ticks_a_fixed_duration(tmp_path, rate, ticks, expected):
    """Tempi have no effect; 29 stands for 30000/1001 frames per second."""
    division = (256 - rate << 8 | ticks) - 65536
    path = write_midi(tmp_path / "a.mid", [tempo(0, 30), on(480), off(480)], division=division)
    (note,) = read_notes(path)
    assert (note.start, note.end) == pytest.approx(expected, abs=1e-9)
    assert read_notes(path).tempo == 120.0


@pytest.mark.parametrize("minutes", [80, 100, 600])
def test_long_music_is_read_back(tmp_path, minutes):
    """The ticks of 87 minutes exceed the limit of some MIDI libraries."""
    notes = Notes((Note(0.5, 1.0, 60), Note(60.0 * minutes, 60.0 * minutes + 1, 64)))
    write_notes(tmp_path / "a.mid", notes)
    assert times_of(tmp_path / "a.mid") == [(60, 0.5, 1.0), (64, 60.0 * minutes, 60.0 * minutes + 1)]


def test_music_of_days_is_refused_in_one_line(tmp_path):
    """The times are right, but the sound would not fit into memory."""
    (tmp_path / "a.mid").write_bytes(RAW["largest delta time"][0])
    code, _, error = run_cli("music", tmp_path / "a.mid", "--into", tmp_path / "run", "-q")
    assert code == 1 and "77.7 hours" in error and error.count("\n") == 1


def test_a_single_track_of_format_2_is_read(tmp_path):
    assert times_of(write_midi(tmp_path / "a.mid", [on(480), off(480)], format=2)) == [(60, 0.5, 1.0)]


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack(">I", len(data)) + data


def header(format: int, tracks: int, division: int) -> bytes:
    return chunk(b"MThd", struct.pack(">HHH", format, tracks, division))


ONE_NOTE = chunk(b"MTrk", bytes.fromhex("00903c50 8360 803c00 00ff2f00"))
"""A note of 480 ticks that begins at once."""
RUNNING_STATUS = chunk(b"MTrk", bytes.fromhex("00903c50 8360 3c00 00 4050 8360 4000 00ff2f00"))
"""Two notes whose messages share one status byte; note-ons of velocity 0 end them."""
LATE_NOTE = chunk(b"MTrk", bytes.fromhex("ffffff7f 903c50 8360 803c00 00ff2f00"))
"""A note after the largest delta time that MIDI has."""
NO_END = chunk(b"MTrk", bytes.fromhex("00903c50 8360 803c00"))
"""A track without an end-of-track event."""
NO_TEMPO = chunk(b"MTrk", bytes.fromhex("00ff5103000000 00903c50 8360 803c00 00ff2f00"))
"""A tempo of 0 microseconds per quarter note."""

RAW: dict[str, tuple[bytes, Times]] = {
    "one note": (header(0, 1, 480) + ONE_NOTE, [(60, 0.0, 0.5)]),
    "running status": (header(0, 1, 480) + RUNNING_STATUS, [(60, 0.0, 0.5), (64, 0.5, 1.0)]),
    "largest delta time": (header(0, 1, 480) + LATE_NOTE, [(60, 279620.266, 279620.766)]),
    "no end of the track": (header(0, 1, 480) + NO_END, [(60, 0.0, 0.5)]),
    "a fine division": (header(0, 1, 32767) + ONE_NOTE, [(60, 0.0, 0.007)]),
    "no notes": (header(0, 1, 480) + chunk(b"MTrk", bytes.fromhex("00ff2f00")), []),
}
REFUSED: dict[str, tuple[bytes, str]] = {
    "format 2": (header(2, 2, 480) + ONE_NOTE + ONE_NOTE, "2 independent pieces"),
    "no ticks": (header(0, 1, 0) + ONE_NOTE, "0 ticks per quarter note"),
    "no tempo": (header(0, 1, 480) + NO_TEMPO, "0 microseconds"),
    "unknown frame rate": (header(0, 1, 0x9C28) + ONE_NOTE, "SMPTE division of 100 frames"),
    "broken off": (header(0, 1, 480) + ONE_NOTE[:-6], "breaks off"),
    "a RIFF file": (b"RIFF" + header(0, 1, 480) + ONE_NOTE, "not a MIDI file"),
}


@pytest.mark.parametrize("name", RAW)
def test_files_by_their_bytes(tmp_path, name):
    data, expected = RAW[name]
    (tmp_path / "a.mid").write_bytes(data)
    assert times_of(tmp_path / "a.mid") == expected


@pytest.mark.parametrize("name", REFUSED)
def test_files_without_one_meaning_are_refused_in_one_line(tmp_path, name):
    data, message = REFUSED[name]
    (tmp_path / "a.mid").write_bytes(data)
    with pytest.raises(MediaError, match=message) as error:
        read_notes(tmp_path / "a.mid")
    assert "\n" not in str(error.value)


def test_the_tempo_of_a_file_with_several_is_the_one_that_holds_longest(tmp_path):
    """The bars of the second tempo begin at 1.5 s, after three quarter notes of 0.5 s."""
    messages = [tempo(0, 120), tempo(3 * 480, 90), on(0), off(480 * 40), tempo(0, 200), on(0), off(480)]
    notes = read_notes(write_midi(tmp_path / "a.mid", messages))
    assert notes.tempo == pytest.approx(90, abs=1e-3) and notes.beat == pytest.approx(1.5)
    write_notes(tmp_path / "b.mid", notes)
    again = read_notes(tmp_path / "b.mid")
    assert [n.start for n in again] == pytest.approx([n.start for n in notes], abs=1e-3)


def test_bends_keep_their_times_where_the_tempo_changes_within_a_note(tmp_path):
    """The wheel moves after 0.5 s at 120, then after 1 s at 60 quarter notes per minute."""
    wheel = [mido.Message("pitchwheel", pitch=pitch, time=480) for pitch in (4096, -4096)]
    messages = [on(0), wheel[0], tempo(0, 60), wheel[1], off(240)]
    (note,) = read_notes(write_midi(tmp_path / "a.mid", messages))
    assert note.end == pytest.approx(2.0) and len(note.bends) == 200
    assert note.bends[:50] == (0.0,) * 50 and set(note.bends[51:149]) == {1.0} and set(note.bends[151:]) == {-1.0}


def test_bends_across_the_first_beat_are_read_back(tmp_path):
    bends = tuple(k / 40 for k in range(40))
    write_notes(tmp_path / "a.mid", Notes((Note(0.1, 0.9, 60, 80, bends),), 97.0, 0.3))
    (note,) = read_notes(tmp_path / "a.mid")
    assert note.bends == pytest.approx(bends, abs=1e-3)
