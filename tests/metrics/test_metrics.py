"""Metrics on inputs whose results are known."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import picture

from reimagine.evaluation.common import to_grey
from reimagine.metrics.colour import Comparison, colourfulness


def test_colourfulness_is_zero_for_grey_and_high_for_saturated_colours():
    assert colourfulness(np.full((8, 8, 3), 90, np.uint8)) == 0
    vivid = np.zeros((8, 8, 3), np.uint8)
    vivid[:4, :, 0] = vivid[4:, :, 2] = 255
    assert colourfulness(vivid) > 100


def test_agreement_does_not_depend_on_saturation_but_on_hue():
    rng = np.random.default_rng(0)
    target = rng.integers(60, 190, (32, 32, 3)).astype(np.uint8)
    grey = to_grey(target).astype(float)

    def agreement(gain: float) -> float:
        comparison = Comparison()
        comparison.add(np.clip(grey + (target - grey) * gain, 0, 255).astype(np.uint8), target)
        return comparison.numbers()["agreement"]

    assert agreement(1.0) == pytest.approx(1, abs=0.01)
    assert agreement(0.4) == pytest.approx(1, abs=0.03)
    assert agreement(-0.5) < -0.9


def test_identical_pictures_have_no_colour_error():
    comparison = Comparison()
    comparison.add(picture(0, 40, 30, 1), picture(0, 40, 30, 1))
    numbers = comparison.numbers()
    assert numbers["ciede2000"] == 0 and numbers["rmse_ab"] == 0 and numbers["chroma"] == 1


def test_a_copied_melody_is_found_in_every_transposition():
    from reimagine.metrics import melody

    tune = np.array([60, 62, 64, 65, 67, 65, 64, 62, 60, 72])
    assert melody.longest_shared(tune[2:8] + 5, [np.array([50, 50]), tune]) == 5
    assert melody.longest_shared(np.array([60, 61, 63, 60]), [np.array([60, 67, 60])]) == 0
    facts = melody.facts(np.array([60, 60, 62, 64, 76]))
    assert (facts["different"], facts["repeats"], facts["leaps"], facts["in_a_scale"]) == (4, 0.25, 0.25, 1)


def test_notes_are_scored_by_onset_pitch_and_end():
    from reimagine.media import Note, Notes
    from reimagine.metrics.notes import note_scores

    target = Notes((Note(0, 1, 60), Note(1, 2, 62), Note(2, 3, 64), Note(3, 4, 65)))
    predicted = Notes((Note(0.02, 1, 60), Note(1, 1.3, 62), Note(2.2, 3, 64), Note(3, 4, 66)))
    scores = note_scores(predicted, target)
    assert (scores["precision"], scores["recall"], scores["f1"], scores["f1_offsets"]) == (0.5, 0.5, 0.5, 0.25)
