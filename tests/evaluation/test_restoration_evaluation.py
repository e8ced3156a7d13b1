"""`reimagine evaluate restore`."""

from __future__ import annotations

import json

from helpers import picture, run_cli

from reimagine.media.writer import write_image

COMMAND = ["evaluate", "restore", "--model", "classic", "--kind", "none", "--kind", "noise", "--json"]


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
