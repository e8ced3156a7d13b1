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
