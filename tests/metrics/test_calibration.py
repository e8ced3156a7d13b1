"""Calibration of colours: chroma where the prediction is unsure, hues of dark regions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers import make_film, run_cli, write_photos

from reimagine.metrics.calibration import Calibration


def lab(lightness: float, hue: float, chroma: float, side: int = 40) -> np.ndarray:
    """One colour in CIELAB, (side, side, 3) float32; hue in degrees."""
    angle = np.radians(hue)
    colour = lightness, chroma * np.cos(angle), chroma * np.sin(angle)
    return np.tile(np.array(colour, np.float32), (side, side, 1))


def measured(*pairs: tuple[np.ndarray, np.ndarray]) -> Calibration:
    calibration = Calibration()
    for predicted, target in pairs:
        calibration.add(predicted, target)
    return calibration


def test_identical_pictures_are_calibrated():
    image = np.concatenate([lab(20, 10, 30), lab(25, 200, 8), lab(70, 100, 3)])
    numbers = measured((image, image)).numbers()
    assert numbers == pytest.approx({"unsure_chroma": 1, "dark_hue_error": 0, "dark_red": 1, "dark_hues": 0}, abs=1e-4)


@pytest.mark.parametrize(
    ("predicted", "target", "error"), [(10, 40, 30), (350, 20, 30), (-170, 170, 20), (0, 180, 180), (90, 90, 0)]
)
def test_the_hue_error_of_dark_pixels_is_an_angle(predicted, target, error):
    pair = lab(30, predicted, 20), lab(30, target, 20)
    light = lab(60, predicted + 90, 20), lab(60, target, 20)
    assert measured(pair, light).numbers()["dark_hue_error"] == pytest.approx(error, abs=0.01)


@pytest.mark.parametrize(
    ("lightness", "hue", "chroma", "red"),
    [
        (20, 0, 20, 1),
        (20, -19, 20, 1),
        (20, 39, 20, 1),
        (20, 42, 20, 0),
        (20, -22, 20, 0),
        (20, 0, 11, 0),
        (40, 0, 20, 0),
        (20, 180, 20, 0),
    ],
)
def test_red_is_counted_as_a_multiple_of_the_targets(lightness, hue, chroma, red):
    """Half of the target's dark pixels are red; the other half has no colour."""
    target = np.concatenate([lab(20, 10, 20), lab(lightness, 0, 0)])
    predicted = np.concatenate([lab(20, 10, 20), lab(lightness, hue, chroma)])
    assert measured((predicted, target)).numbers()["dark_red"] == 1 + red


def test_chroma_is_binned_by_the_predicted_one():
    """A pale prediction of a strong colour with an error of 60 degrees, and a sure one that is right."""
    rows = measured((lab(60, 60, 4), lab(60, 0, 20)), (lab(60, 0, 30), lab(60, 0, 30))).by_chroma()
    assert list(rows) == ["0 to 5", "20 to 40"]
    assert rows["0 to 5"] == pytest.approx({"share": 0.5, "predicted": 4, "target": 20, "along": 10}, abs=1e-3)
    assert rows["20 to 40"] == pytest.approx({"share": 0.5, "predicted": 30, "target": 30, "along": 30}, abs=1e-3)
    assert measured((lab(60, 60, 4), lab(60, 0, 20))).numbers()["unsure_chroma"] == pytest.approx(0.2)


def test_hues_are_those_of_dark_regions_of_low_texture():
    checks = np.indices((40, 40)).sum(0) % 2 * 20
    textured, light = (lab(10, 200, 20), lab(60, 250, 20))
    textured[..., 0] += checks
    plain = lab(20, 270 + 15, 20)
    calibration = measured(*((lab(20, 15, 20), target) for target in (textured, light, plain)))
    rows = calibration.by_hue()
    assert rows["0 to 30"] == {"predicted": 1, "target": 0} and rows["270 to 300"] == {"predicted": 0, "target": 1}
    assert sum(row["target"] for row in rows.values()) == 1 and calibration.numbers()["dark_hues"] == 1
    assert measured((lab(20, 15, 2), plain)).by_hue()["no hue"] == {"predicted": 1, "target": 0}


def test_measures_without_pixels_are_left_out():
    numbers = measured((lab(60, 0, 0), lab(60, 0, 20))).numbers()
    assert numbers == {"unsure_chroma": 0}
    assert Calibration().numbers() == {}


@pytest.mark.parametrize("kind", ["photographs", "film"])
def test_evaluate_colour_prints_the_calibration(tmp_path, tiny_colour, kind):
    source = write_photos(tmp_path, 2) if kind == "photographs" else make_film(tmp_path / "film.mp4", 24)
    common = "evaluate", "colour", source, "--weights", tiny_colour, "--device", "cpu"
    code, output, error = run_cli(*common, "--details", "--json")
    assert code == 0, error
    found = json.loads(output)
    title = "coloured" if kind == "photographs" else "as it is"
    assert found[title]["unsure_chroma"] > found["left grey"]["unsure_chroma"] >= 0
    bins = found[f"{title}, by predicted chroma"]
    assert sum(row["share"] for row in bins.values()) == pytest.approx(1)
    assert len(found["left grey, hues of dark plain regions"]) == 13
    code, output, _ = run_cli(*common)
    assert code == 0 and "unsure_chroma" in output and "by predicted chroma" not in output
