"""Metrics of notes, melodies and timbres, on inputs whose scores are known."""

from __future__ import annotations

import numpy as np

from reimagine.media import Note, Notes, Sound
from reimagine.metrics import melody
from reimagine.metrics.notes import note_scores
from reimagine.metrics.timbre import scale, share_in_tune, spectral_distance


def test_a_copied_melody_is_found_in_every_transposition():
    tune = np.array([60, 62, 64, 65, 67, 65, 64, 62, 60, 72])
    assert melody.longest_common_run(tune[2:8] + 5, [np.array([50, 50]), tune]) == 5
    assert melody.longest_common_run(np.array([60, 61, 63, 60]), [np.array([60, 67, 60])]) == 0


def test_melody_statistics():
    statistics = melody.melody_statistics(np.array([60, 60, 62, 64, 76]))
    names = ("different", "repeats", "leaps", "in_scale")
    assert tuple(statistics[name] for name in names) == (4, 0.25, 0.25, 1)


def test_notes_are_scored_by_onset_pitch_and_end():
    reference = Notes((Note(0, 1, 60), Note(1, 2, 62), Note(2, 3, 64), Note(3, 4, 65)))
    estimated = Notes((Note(0.02, 1, 60), Note(1, 1.3, 62), Note(2.2, 3, 64), Note(3, 4, 66)))
    scores = note_scores(estimated, reference)
    assert (scores["precision"], scores["recall"], scores["f1"], scores["f1_offsets"]) == (0.5, 0.5, 0.5, 0.25)


def sines(notes: Notes, cents: float) -> Sound:
    """The notes as sines, detuned."""
    samples = np.zeros(int((notes.seconds + 1) * 22050), np.float32)
    for note in notes:
        time = np.arange(int((note.end - note.start) * 22050)) / 22050
        hertz = 440 * 2 ** ((note.pitch + cents / 100 - 69) / 12)
        first = int(note.start * 22050)
        samples[first : first + len(time)] = 0.3 * np.sin(2 * np.pi * hertz * time)
    return Sound(samples[None], 22050)


def test_notes_are_in_tune_within_half_a_semitone():
    notes = scale(60, 63)
    assert share_in_tune(sines(notes, 20), notes) == 1 and share_in_tune(sines(notes, 80), notes) == 0


def test_the_spectral_distance_ignores_loudness():
    sound, notes = sines(scale(60, 61), 0), scale(60, 61)
    assert spectral_distance(sound, Sound(0.1 * sound.samples, sound.rate)) < 0.1
    assert spectral_distance(sound, sines(notes, 700)) > 5
