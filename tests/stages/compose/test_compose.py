"""Composed melodies: variety, seeds, answers."""

from __future__ import annotations

import numpy as np
import pytest

import reimagine
from reimagine.errors import RecipeError
from reimagine.media import Note, Notes

PITCHES = (60, 64, 67, 72, 71, 67, 62, 60)
TUNE = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, p, 90) for n, p in enumerate(PITCHES)), 120.0)


def test_a_melody_has_many_pitches_and_depends_on_the_seed():
    def compose(seed: int) -> Notes:
        return reimagine.model("compose")(seed=seed, bars=16).load("cpu")(Notes((), 100.0))

    first, again, other = compose(1), compose(1), compose(2)
    assert list(first) == list(again) != list(other)
    for notes in (first, other):
        assert len(notes) >= 24 and len({n.pitch for n in notes}) >= 5
        assert notes.seconds <= 16 * 4 * 60 / 100 + 0.01 and notes.tempo == 100.0
        intervals = np.abs(np.diff([n.pitch for n in notes]))
        assert np.median(intervals) <= 5


def test_an_answer_keeps_the_input_and_follows_it():
    notes = reimagine.model("compose")(answer=True, bars=4).load("cpu")(TUNE)
    assert notes.notes[: len(TUNE)] == TUNE.notes and len(notes) > len(TUNE) + 4
    assert min(n.start for n in notes.notes[len(TUNE) :]) >= TUNE.seconds - 0.1


def test_fewer_bars_than_one_are_refused_before_the_work():
    with pytest.raises(RecipeError, match="--bars 0 is out of range; give 1 to 10000"):
        reimagine.model("compose")(bars=0)
