"""Pitch bends: the timbres follow them without clicks, and they survive octave folding, disk and fluidsynth."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import reimagine
from reimagine.errors import StageError
from reimagine.media import Note, Notes, Sound
from reimagine.media.midi.notes import read_notes, write_notes
from reimagine.stages.timbre.pitch_bend import resample_at
from reimagine.stages.timbre.player import fold_octaves

GLIDE = Note(0.0, 2.0, 69, 100, tuple(n / 199 for n in range(200)))
"""A4, rising by a semitone over two seconds."""
MODELS = [("sine", {}), ("harmonic", {"instruments": "flute", "room": 0.0})]


def frequency(sound: Sound, second: float, expected: float, window: float = 0.2) -> float:
    """Hz of the spectral peak near `expected` in a window centred on `second`."""
    first = int((second - window / 2) * sound.rate)
    piece = sound.mono()[first : first + int(window * sound.rate)]
    size = 1 << 20
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), size))
    low, high = (int(expected * ratio * size / sound.rate) for ratio in (0.9, 1.1))
    return (low + spectrum[low:high].argmax()) * sound.rate / size


def cents_off(sound: Sound, second: float, semitones: float) -> float:
    """Distance in cents from A4 plus `semitones` at this second."""
    expected = 440 * 2 ** (semitones / 12)
    return abs(1200 * np.log2(frequency(sound, second, expected) / expected))


def check_glide(sound: Sound) -> None:
    for second in (0.2, 0.5, 1.0, 1.5, 1.8):
        assert cents_off(sound, second, second / 2) < 20


@pytest.mark.parametrize(("name", "options"), MODELS)
def test_the_pitch_follows_the_bends(name, options):
    check_glide(reimagine.model("timbre", name)(**options).load("cpu")(Notes((GLIDE,))))


@pytest.mark.parametrize(("name", "options"), MODELS)
def test_bends_make_no_clicks(name, options):
    """Zigzag bends change the spectrum only near the fundamental's harmonics: no broad-band energy at 18 to 20 kHz."""
    zigzag = tuple(0.5 * (-1) ** n for n in range(40))
    work = reimagine.model("timbre", name)(**options).load("cpu")
    energy = []
    for bends in ((), zigzag):
        wave = work(Notes((Note(0.0, 2.0, 69, 100, bends),))).mono()[4800:-24000]
        spectrum = np.square(np.abs(np.fft.rfft(wave * np.hanning(len(wave)))))
        hertz = np.fft.rfftfreq(len(wave), 1 / 48000)
        energy.append(spectrum[(hertz > 18000) & (hertz < 20000)].sum() / spectrum.sum())
    assert energy[1] < 2 * energy[0] + 1e-9


@pytest.mark.parametrize(("name", "options"), MODELS)
def test_bends_of_zero_change_nothing(name, options):
    work = reimagine.model("timbre", name)(**options).load("cpu")
    straight, zero = (work(Notes((Note(0.0, 1.0, 69, 100, bends),))).samples for bends in ((), (0.0, 0.0)))
    assert np.array_equal(straight, zero)


def test_the_bent_partials_keep_the_envelope():
    """Level over time of a bent note is that of the straight one, within 1 dB."""
    work = reimagine.model("timbre", "harmonic")(instruments="violin", room=0.0).load("cpu")
    levels = []
    for bends in ((), (0.0, 2.0)):
        wave = work(Notes((Note(0.0, 2.0, 57, 100, bends), Note(3.0, 4.0, 69, 127)))).mono()[: 2 * 48000]
        levels.append(10 * np.log10(np.square(wave).reshape(-1, 9600).mean(1)))
    assert np.abs(levels[0] - levels[1]).max() < 1


def test_gansynth_follows_the_bends():
    from reimagine.stages.timbre.gansynth.synthesis import play_wave

    wave = np.sin(2 * np.pi * 440 * np.arange(4 * 48000) / 48000).astype(np.float32)
    check_glide(Sound(play_wave(wave, GLIDE, 48000)[None], 48000))


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="fluidsynth is not installed")
def test_soundfonts_follow_the_bends():
    try:
        work = reimagine.model("timbre", "soundfont")(program=73).load("cpu")
    except StageError as error:
        pytest.skip(str(error))
    check_glide(work(Notes((GLIDE,))))


def test_resampling_is_accurate():
    positions = np.cumsum(np.random.default_rng(0).uniform(0.8, 1.2, 4000))
    for hertz in (100, 3000, 15000):
        wave = np.sin(2 * np.pi * hertz * np.arange(6000) / 48000)
        expected = np.sin(2 * np.pi * hertz * positions / 48000)
        assert np.abs(resample_at(wave, positions) - expected)[20:].max() < 1e-3


def test_octave_folding_keeps_the_bends():
    assert fold_octaves(Note(0, 1, 100, 90, (0.0, 0.5)), 24, 84) == Note(0, 1, 76, 90, (0.0, 0.5))


@pytest.mark.parametrize(("name", "options"), MODELS)
def test_bends_reach_a_timbre_through_a_midi_file(name, options, tmp_path):
    write_notes(tmp_path / "notes.mid", Notes((GLIDE,)))
    notes = read_notes(tmp_path / "notes.mid")
    assert len(notes.notes[0].bends) == len(GLIDE.bends)
    check_glide(reimagine.model("timbre", name)(**options).load("cpu")(notes))


def test_transcribed_bends_reach_a_timbre_through_a_midi_file(tmp_path):
    """`transcribe --bends` of a vibrato of half a semitone up and down; the notes on disk have the same bends."""
    vibrato = tuple(0.5 * np.sin(2 * np.pi * 2 * n / 200) for n in range(200))
    sound = reimagine.model("timbre", "sine")().load("cpu")(Notes((Note(0.0, 2.0, 69, 100, vibrato),)))
    notes = reimagine.model("transcribe", "basic-pitch")(bends=True).load("cpu")(sound)
    bends = [note.bends for note in notes]
    assert any(max(b) > 0.3 and min(b) < -0.3 for b in bends)
    write_notes(tmp_path / "notes.mid", notes)
    for note, expected in zip(read_notes(tmp_path / "notes.mid"), bends, strict=True):
        assert np.allclose(note.bends, expected, atol=1e-3)
