"""Sound and MIDI files that state absurd numbers are refused in one line; a long film's own notes are read."""

from __future__ import annotations

import struct
import sys

import pytest
from helpers import run_cli

from reimagine.errors import MediaError
from reimagine.media import Note, Notes
from reimagine.media.audio.sound import read_sound
from reimagine.media.midi.notes import read_notes, write_notes
from reimagine.media.midi.voices import with_voices
from reimagine.media.video.reader import open_film


def wav(rate: int = 48000, channels: int = 1, size: int | None = None, bits: int = 16, samples: int = 4800) -> bytes:
    data = bytes(samples * 2)
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels & 0xFFFF, rate, rate * block & 0xFFFFFFFF, block & 0xFFFF, bits)
    stated = len(data) if size is None else size
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", stated) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) & 0xFFFFFFFF) + b"WAVE" + chunks


REFUSED = {
    "rate 0": wav(0),
    "rate 1": wav(1),
    "rate 2^31 - 1": wav(2**31 - 1),
    "rate 2^32 - 1": wav(2**32 - 1),
    "no channels": wav(channels=0),
    "65,535 channels": wav(channels=65535),
    "100 channels": wav(channels=100),
    "no samples": wav(samples=0),
    "header only": wav()[:30],
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_sound_that_no_recording_has(data, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    code, out, err = run_cli("music", path, "--transcribe", "pyin", "--timbre", "sine", "--into", tmp_path / "r", "-q")
    assert (code, out, err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("bits", [0, 1, 7, 33, 65535])
def test_other_depths_of_samples_are_read_or_refused(bits, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(bits=bits))
    try:
        assert read_sound(path).length >= 0
    except MediaError as error:
        assert "\n" not in str(error)


def test_a_stated_length_beyond_the_file_takes_no_memory(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(size=2**32 - 2))
    assert read_sound(path).length == 4800
    assert open_film(path).seconds < 24 * 3600


def test_a_sound_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    from reimagine.media.audio import limits

    path = tmp_path / "a.wav"
    path.write_bytes(wav(samples=48000))
    monkeypatch.setattr(limits, "MAX_SECONDS", 0.5)
    for read in (read_sound, open_film):
        with pytest.raises(MediaError, match="states a duration of"):
            read(path)


def midi(events: bytes, division: int = 480) -> bytes:
    track = events + b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, division)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track


ON, OFF = b"\x00\x90\x3c\x40", b"\x01\x80\x3c\x00"
FILES = {
    "a million notes": midi((ON + OFF) * 1_000_000),
    "400,000 notes": midi(ON + b"\x00\x3c\x40" * 400_000),
    "a delta time of a million bytes": midi(b"\xff" * 1_000_000 + ON),
    "a delta time of 4,000 bytes": midi(b"\xff" * 4000 + b"\x01" + ON[1:]),
    "bends of days": midi(
        b"\x00\xe0\x00\x50" + b"".join(b"\x00\x90" + bytes([n, 64]) for n in range(30)) + b"\xa0" * 3 + OFF
    ),
    "all notes off": midi((ON + b"\x00\xb0\x7b\x00") * 30_000),
    "a text of 2^28 bytes": midi(b"\x00\xff\x01\xff\xff\xff\x7f"),
    "a track of 2^32 bytes": midi(ON)[:18] + b"\xff" * 4 + midi(ON)[22:],
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_midi_beyond_the_limits_is_refused(data, tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(data)
    with pytest.raises(MediaError) as error:
        read_notes(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def lines_run(function, *arguments) -> int:
    """The number of lines of Python that a call runs, passes through loops counted each: the same on every machine."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return count


def test_work_for_notes_at_one_time_grows_with_their_number(tmp_path):
    paths = tmp_path / "a.mid", tmp_path / "b.mid"
    for path, count in zip(paths, (400, 1600), strict=True):
        path.write_bytes(midi(ON + b"\x00\x3c\x40" * count + OFF))
    assert len(read_notes(paths[1])) == 1601
    assert lines_run(read_notes, paths[1]) < 5 * lines_run(read_notes, paths[0])


def test_many_notes_at_one_time_are_read(tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(midi(ON + b"\x00\x3c\x40" * 30_000 + OFF))
    assert len(with_voices(read_notes(path))) == 30_001


@pytest.mark.parametrize("hours", [1.5, 3, 12])
def test_the_notes_of_a_long_film_are_read_back(hours, tmp_path):
    seconds = int(hours * 3600)
    notes = Notes(tuple(Note(float(n), n + 0.5, 60 + n % 12) for n in range(0, seconds, 10)), 120.0)
    write_notes(tmp_path / "notes.mid", notes)
    again = read_notes(tmp_path / "notes.mid")
    assert len(again) == len(notes) and again.seconds == pytest.approx(notes.seconds, abs=0.01)
