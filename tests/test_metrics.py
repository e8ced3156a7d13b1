"""Numbers that are known beforehand."""
from __future__ import annotations

import numpy as np
import pytest
from conftest import picture

from reimagine.metrics.colour import Comparison, colourfulness
from reimagine.metrics.evaluate import greyed


def test_grey_has_no_colour():
    assert colourfulness(np.full((8, 8, 3), 90, np.uint8)) == 0
    vivid = np.zeros((8, 8, 3), np.uint8)
    vivid[:4, :, 0] = vivid[4:, :, 2] = 255
    assert colourfulness(vivid) > 100


def test_agreement_is_won_neither_by_fading_nor_by_shouting():
    rng = np.random.default_rng(0)
    true = rng.integers(60, 190, (32, 32, 3)).astype(np.uint8)
    grey = greyed(true).astype(float)

    def agreement(gain: float) -> float:
        both = Comparison()
        both.add(np.clip(grey + (true - grey) * gain, 0, 255).astype(np.uint8), true)
        return both.numbers()["agreement"]

    assert agreement(1.0) == pytest.approx(1, abs=0.01)
    assert agreement(0.4) == pytest.approx(1, abs=0.03)
    assert agreement(-0.5) < -0.9


def test_a_perfect_picture():
    both = Comparison()
    both.add(picture(0, 40, 30, 1), picture(0, 40, 30, 1))
    numbers = both.numbers()
    assert numbers["ciede2000"] == 0 and numbers["rmse_ab"] == 0 and numbers["chroma"] == 1
