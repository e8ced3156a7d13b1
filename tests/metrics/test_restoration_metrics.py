"""Metrics of restoration, on models with a known result."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import panning_shot

from reimagine.metrics import restoration


class Identity:
    """A model that changes nothing."""

    def load(self, device):
        return iter


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def test_psnr():
    grey = np.full((8, 8), 100, np.uint8)
    assert restoration.psnr(grey, grey) == pytest.approx(60)
    assert restoration.psnr(grey, grey + 10) == pytest.approx(20 * np.log10(25.5))


def test_a_model_that_changes_nothing_gains_nothing():
    images = [f.image for f in panning_shot(2)]
    rows = restoration.evaluate_pictures(Identity(), images, "cpu", mean_difference, ["none", "noise"])
    assert rows["none"]["psnr"] == pytest.approx(60) and rows["none"]["lpips"] == 0
    for row in rows.values():
        assert row["gain"] == 0 and row["changed"] == 0 and row["ssim"] == row["ssim_degraded"]
    assert rows["noise"]["psnr"] < 26


def test_a_film_is_also_measured_for_flicker_and_warping_error():
    frames = panning_shot(6)
    row = restoration.evaluate_film(Identity(), lambda: iter(frames), "cpu", mean_difference, ["flicker"])["flicker"]
    assert row["flicker"] == row["flicker_degraded"] > 0 and row["warp"] == row["warp_degraded"] > 0


def test_flicker_and_weave_are_kinds_of_films_only():
    assert set(restoration.damage_kinds(True)) - set(restoration.damage_kinds(False)) == {"flicker", "weave"}
    assert restoration.damage_kinds(False)[0] == "none"
