"""`reimagine info`: what a film is."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from helpers import picture, run_cli, run_program

from reimagine.media.video.writer import write_image


def facts_of(path) -> dict:
    code, out, error = run_cli("info", path, "--json", "-q")
    assert code == 0, error
    return json.loads(out)


def test_the_facts_of_a_film(film):
    facts = facts_of(film)
    assert (facts["frames"], facts["width"], facts["height"], facts["frames_per_second"]) == (48, 96, 64, 24.0)
    assert facts["shots"] == [0, 20] and facts["sound_tracks"] == 1 and not facts["interlaced"]


@pytest.mark.parametrize(
    ("scale", "offset", "expected"),
    [(1.0, 0.0, "colour"), (0.0, 0.0, "black and white"), (0.0, 20.0, "tinted")],
)
def test_colours_are_told_apart(tmp_path, scale, offset, expected):
    """Red beside blue; the same without colours; and with one hue."""
    image = picture(0, 96, 64, 1)
    image[:, :48, 0] //= 2
    image[:, 48:, 2] //= 2
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 1:] = 128 + scale * (lab[..., 1:] - 128) + offset
    write_image(tmp_path / "a.png", cv2.cvtColor(lab.clip(0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB))
    assert facts_of(tmp_path / "a.png")["colours"] == expected


def test_a_film_alone_shows_its_facts_and_what_can_be_done(tmp_path, film):
    done = run_program(film)
    assert done.returncode == 0 and "48 frames" in done.stdout and f"reimagine restore {film}" in done.stdout
    assert not list(tmp_path.glob("runs"))


def test_a_file_that_is_no_film_is_one_line(tmp_path):
    (tmp_path / "a.mp4").write_text("words " * 500)
    code, _, error = run_cli("info", tmp_path / "a.mp4", "-q")
    assert code == 1 and error.count("\n") == 1
