"""Transcription: notes of synthesized music, agreement with the basic-pitch package, filtering and tempo."""

from __future__ import annotations

import numpy as np
import pytest

import reimagine
from reimagine import stages
from reimagine.errors import RecipeError, StageError
from reimagine.media import Note, Notes, Sound
from reimagine.metrics.notes import note_scores
from reimagine.stages.transcribe import basic_pitch
from reimagine.stages.transcribe.basic_pitch_package import load_package
from reimagine.stages.transcribe.note_filter import PRESETS, NoteFilter, filter_notes
from reimagine.stages.transcribe.tempo import estimate_tempo

PITCHES = (60, 64, 67, 72, 71, 67, 62, 60)
TUNE = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, p, 90) for n, p in enumerate(PITCHES)))


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """The tune on sines, at the network's rate."""
    return reimagine.model("timbre", "sine")().load("cpu")(TUNE).at_rate(22050).mono()


@pytest.fixture(scope="module")
def package():
    return load_package()


def sound_of(samples: np.ndarray) -> Sound:
    """Samples (n,) as a sound in mono."""
    return Sound(samples[None], basic_pitch.RATE)


@pytest.mark.parametrize("name", ["onsets-frames", "basic-pitch"])
def test_chords_are_transcribed(name):
    chords = [[48, 55, 64], [50, 57, 65], [52, 60, 67], [53, 57, 60, 65], [43, 59, 62, 67], [48, 60, 64, 67]]
    played = Notes(tuple(Note(0.3 + n, 1.2 + n, p, 90) for n, chord in enumerate(chords) for p in chord))
    sound = reimagine.model("timbre")(instruments="acoustic-grand-piano").load("cpu")(played)
    scores = note_scores(reimagine.model("transcribe", name)().load("cpu")(sound), played)
    assert scores["f1"] > 0.75


def test_decoding_in_segments_gives_the_notes_of_the_package(samples, package, monkeypatch):
    """Compared with the package's decoding of the whole sound at once."""
    gap = np.zeros(30000, np.float32)
    activations = basic_pitch.predict(package.session, sound_of(np.concatenate([samples, gap] * 3)), True)
    output = {"note": activations.notes.copy(), "onset": activations.onsets.copy(), "contour": activations.contours}
    _, events = package.decoder.model_output_to_notes(output, 0.5, 0.3, min_note_len=11)
    expected = sorted((round(s, 4), round(e, 4), p) for s, e, p, _, _ in events)
    for frames, count in ((10**6, 1), (300, 3)):
        monkeypatch.setattr(basic_pitch, "SEGMENT_FRAMES", frames)
        assert len(list(basic_pitch.segments(activations.notes, 0.3))) == count
        notes = list(basic_pitch.decode(package.decoder, activations, PRESETS["published"]))
        assert sorted((round(n.start, 4), round(n.end, 4), n.pitch) for n in notes) == expected
        assert all(n.bends for n in notes)


def test_music_without_a_silence_is_divided_where_it_is_quietest(monkeypatch):
    monkeypatch.setattr(basic_pitch, "SEGMENT_FRAMES", 100)
    monkeypatch.setattr(basic_pitch, "LONGEST_SEGMENT", 200)
    notes = np.full((950, 88), 0.5, np.float32)
    notes[150], notes[333] = 0.4, 0.45
    found = list(basic_pitch.segments(notes, 0.3))
    assert [start for start, _ in found[:3]] == [0, 150, 333]
    assert [stop for _, stop in found[:-1]] == [start for start, _ in found[1:]] and found[-1][1] == 950
    assert all(0 < stop - start <= 200 for start, stop in found)


def test_batches_of_windows_give_the_activations_of_single_windows(samples, package):
    padded = np.concatenate([np.zeros(3840, np.float32), samples])
    rows = []
    for start in range(0, len(padded), 43844 - 7680):
        window = padded[start : start + 43844]
        window = np.pad(window, (0, 43844 - len(window)))[None, :, None]
        output = package.session.run(["StatefulPartitionedCall:1"], {"serving_default_input_2:0": window})
        rows.append(output[0][0, 15:-15])
    expected = np.concatenate(rows)[: int(len(samples) * 86 / 22050)]
    assert np.abs(basic_pitch.predict(package.session, sound_of(samples), False).notes - expected).max() < 1e-5


def test_the_filter_removes_overtones_excess_voices_and_speech():
    low, ghost, other = Note(0, 1, 48, 90), Note(0.01, 0.9, 60, 40), Note(0.01, 0.9, 61, 40)
    assert filter_notes([low, ghost, other], NoteFilter(ghost_ratio=0.6)) == [low, other]
    chord = [Note(0, 1, 40 + 5 * n, 50 + n) for n in range(8)]
    assert {n.pitch for n in filter_notes(chord, NoteFilter(voices=3))} == {65, 70, 75}
    short = [Note(0.5 * n, 0.5 * n + 0.08, 50 + n % 7, 60) for n in range(20)]
    sustained = [Note(20 + n, 20.9 + n, 60 + n, 60) for n in range(8)]
    assert filter_notes([*short, *sustained], NoteFilter(music_only=True)) == sustained


def test_tempo_and_first_beat_are_estimated():
    rate, period = 86.0, 86.0 * 60 / 100
    strength = np.full(3000, 0.01)
    strength[(20 + np.arange(0, 2900, period)).astype(int)] = 1
    tempo, beat = estimate_tempo(strength, rate)
    assert abs(tempo - 100) < 4 and abs(beat - 20 / rate) < 0.04


@pytest.mark.parametrize("name", stages.models_of("transcribe"))
def test_noise_has_hardly_any_notes(name):
    if name == "transkun":
        pytest.importorskip("transkun", reason="the optional package transkun is not installed")
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 22050 * 4)).astype(np.float32)
    assert len(reimagine.model("transcribe", name)().load("cpu")(Sound(noise, 22050))) <= 2


def test_options_that_cannot_work_are_refused_before_the_work():
    with pytest.raises(RecipeError, match="did you mean 'film'"):
        reimagine.model("transcribe", "basic-pitch")(thresholds="films").check()
    with pytest.raises(StageError, match="lowest first"):
        reimagine.model("transcribe", "pyin")(lowest=80, highest=60).check()
