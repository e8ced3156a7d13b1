"""Sound and notes on disk: what is written is read, at any rate, and MIDI has bars."""

from __future__ import annotations

import numpy as np
import pytest

from reimagine.errors import MediaError
from reimagine.media import Note, Notes, Sound
from reimagine.media.notes import read_notes, write_notes
from reimagine.media.sound import read_sound, write_sound


def wave(seconds: float = 3.0, rate: int = 48000) -> Sound:
    time = np.arange(int(seconds * rate)) / rate
    return Sound(np.stack([0.4 * np.sin(2764 * time), 0.2 * np.sin(1382 * time)]).astype(np.float32), rate)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".mp3", ".m4a"])
def test_every_kind_of_sound_file_comes_back(tmp_path, ending):
    path = tmp_path / f"sound{ending}"
    write_sound(path, wave())
    back = read_sound(path)
    assert back.rate == 48000 and back.channels == 2 and abs(back.seconds - 3) < 0.1
    assert abs(np.abs(back.samples[:, 20000:-20000]).max() - 0.4) < 0.05


def test_a_sound_is_turned_on_the_way_in(tmp_path):
    write_sound(tmp_path / "sound.wav", wave())
    made = read_sound(tmp_path / "sound.wav", 0.0, None, 22050, 1)
    whole = Sound(read_sound(tmp_path / "sound.wav").mono()[None], 48000).at_rate(22050)
    assert made.rate == 22050 and made.channels == 1 and abs(made.length - whole.length) <= 2
    middle = slice(2000, 60000)
    assert np.abs(made.samples[0, middle] - whole.samples[0, middle]).max() < 1e-3
    piece = read_sound(tmp_path / "sound.wav", 1.0, 0.5, 22050, 1)
    assert np.allclose(piece.samples, made.samples[:, 22050 : 22050 + 11025])


def test_bars_begin_on_beats(tmp_path):
    notes = Notes((Note(0.1, 0.4, 60, 80), Note(0.37, 1.0, 64, 90), Note(1.57, 2.0, 67, 70)), 100.0, 0.37)
    write_notes(tmp_path / "a.mid", notes)
    back = read_notes(tmp_path / "a.mid")
    assert abs(back.tempo - 100) < 0.01 and abs(back.beat - 0.37) < 0.002
    for a, b in zip(notes, back, strict=True):
        assert abs(a.start - b.start) < 2e-3 and abs(a.end - b.end) < 2e-3
        assert (a.pitch, a.velocity) == (b.pitch, b.velocity)
    assert notes.tick(0.37) == 4 * 960 and notes.tick(0.37 + 2.4) == 8 * 960


def test_bends_are_kept_and_end(tmp_path):
    import pretty_midi

    bent = Note(0.0, 1.0, 60, 80, (0.0, 0.5, -0.5))
    write_notes(tmp_path / "a.mid", Notes((bent, Note(0.2, 0.9, 65, 80))))
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    bends = [b for track in midi.instruments for b in track.pitch_bends]
    assert [b.pitch for b in sorted(bends, key=lambda b: b.time)] == [0, 2048, -2048, 0]
    assert len(midi.instruments) == 2


def test_drums_and_notes_without_length_are_left_out(tmp_path):
    import pretty_midi

    midi = pretty_midi.PrettyMIDI()
    for drum, notes in ((True, [(0, 1)]), (False, [(0, 1), (2, 2)])):
        track = pretty_midi.Instrument(0, is_drum=drum)
        track.notes = [pretty_midi.Note(90, 60, a, b) for a, b in notes]
        midi.instruments.append(track)
    midi.write(str(tmp_path / "a.mid"))
    assert len(read_notes(tmp_path / "a.mid")) == 1


def test_other_files_are_no_midi(tmp_path):
    (tmp_path / "a.mid").write_text("words")
    with pytest.raises(MediaError, match="not a MIDI file"):
        read_notes(tmp_path / "a.mid")
