"""`reimagine evaluate restore`, and its workflow on a model with a known result."""

from __future__ import annotations

import json

import pytest
from helpers import mean_difference, panning_shot, picture, run_cli

from reimagine.evaluation.restoration import damage_kinds, evaluate_film, evaluate_pictures
from reimagine.media.video.writer import write_image

COMMAND = ["evaluate", "restore", "--model", "classic", "--kind", "none", "--kind", "noise", "--json"]


class Identity:
    """A model that changes nothing."""

    def load(self, device):
        return iter


def photographs(folder):
    folder.mkdir()
    for n in range(2):
        write_image(folder / f"{n}.png", picture(n, 96, 64, n))
    return folder


def test_evaluate_on_photographs(tmp_path):
    photos = photographs(tmp_path / "photos")
    rows = json.loads(run_cli(*COMMAND, photos)[1])
    assert set(rows) == {"none", "noise"} and rows["noise"]["psnr_degraded"] < 26 and rows["none"]["psnr"] > 30
    row = json.loads(run_cli(*COMMAND, photos / "1.png")[1])
    assert set(row) == {"none", "noise"} and row["noise"]["psnr_degraded"] < 26


def test_evaluate_on_a_film(film):
    rows = json.loads(run_cli(*COMMAND, film, "--kind", "flicker", "--frames", "12")[1])
    assert rows["flicker"]["flicker"] < rows["flicker"]["flicker_degraded"] and rows["none"]["warp"] >= 0


def test_an_unknown_kind_of_damage_is_refused(tmp_path):
    photos = photographs(tmp_path / "photos")
    assert "did you mean 'noise'" in run_cli("evaluate", "restore", photos, "--kind", "nosie")[2]


def test_a_model_that_changes_nothing_gains_nothing():
    images = [f.image for f in panning_shot(2)]
    rows = evaluate_pictures(Identity(), images, "cpu", mean_difference, ["none", "noise"])
    assert rows["none"]["psnr"] == pytest.approx(60) and rows["none"]["lpips"] == 0
    for row in rows.values():
        assert row["gain"] == 0 and row["changed"] == 0 and row["ssim"] == row["ssim_degraded"]
    assert rows["noise"]["psnr"] < 26


def test_a_film_is_also_measured_for_flicker_and_warping_error():
    frames = panning_shot(6)
    row = evaluate_film(Identity(), lambda: iter(frames), "cpu", mean_difference, ["flicker"])["flicker"]
    assert row["flicker"] == row["flicker_degraded"] > 0 and row["warp"] == row["warp_degraded"] > 0


def test_flicker_and_weave_are_kinds_of_films_only():
    assert set(damage_kinds(True)) - set(damage_kinds(False)) == {"flicker", "weave"}
    assert damage_kinds(False)[0] == "none"
