"""Metrics and evaluation of continuations: each metric finds a failure that another one misses."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest
from helpers import make_film, picture

import reimagine
from reimagine.errors import MediaError
from reimagine.evaluation.continuation import HELD_OUT, evaluate_continuation
from reimagine.gallery.continuations import PANEL_WIDTH, TITLE_HEIGHT, write_comparison
from reimagine.metrics.continuation import collapse_frame, compare
from reimagine.progress import NoProgress

NOISE = np.random.default_rng(0).normal(0, 25, (64, 96, 1))
FILM, ENDING = (
    [
        np.clip(picture(n, 96, 64, 0) + np.roll(NOISE, 2 * n, 1), 0, 255).astype(np.uint8)
        for n in range(start, start + 48)
    ]
    for start in (0, 48)
)


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def numbers_of(frames) -> dict[str, float]:
    return compare(frames, FILM, 12, mean_difference)


def test_the_films_own_ending_is_like_the_film():
    ending = numbers_of(ENDING)
    assert ending["motion"] == pytest.approx(1, abs=0.1) and ending["sharpness"] == pytest.approx(1, abs=0.1)
    assert ending["palette"] < 0.1 and np.isnan(ending["collapse"])


def test_a_still_is_sharp_but_does_not_move():
    still = numbers_of([FILM[-1]] * 48)
    assert still["motion"] < 0.1 and still["sharpness"] > 0.9 and still["collapse"] == 0


def test_a_blurred_ending_has_little_sharpness():
    blurred = numbers_of([cv2.GaussianBlur(f, (0, 0), 4) for f in ENDING])
    assert blurred["sharpness"] < 0.5 and blurred["gradients"] < 0.9 and blurred["collapse"] == 0


def test_another_scene_has_other_colours_and_features():
    ending, other = numbers_of(ENDING), numbers_of([picture(n, 96, 64, 1) for n in range(48)])
    assert all(other[name] > 3 * ending[name] for name in ("palette", "features", "nearest"))


def test_the_frame_of_the_collapse_is_found():
    assert collapse_frame([*ENDING[:30], *[ENDING[29]] * 30], FILM, 10) in range(25, 33)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", 60)


def test_hold_is_compared_with_the_held_out_ending(film, tmp_path):
    models = {"hold": reimagine.model("continue", "hold")()}
    result = evaluate_continuation(models, film, 2.0, 1.0, tmp_path, "cpu", NoProgress(), mean_difference)
    own, hold, longer = (result.rows[title] for title in (f"{HELD_OUT}, 1 s", "hold, 1 s", "hold, 2 s"))
    assert hold["motion"] < 0.1 < 0.7 < own["motion"] < 1.4
    assert own["truth"] < 0.01 < hold["truth"] and "truth" not in longer
    assert longer["collapse"] == 0 and f"{HELD_OUT}, 2 s" not in result.rows
    write_comparison(result, tmp_path)
    with av.open(str(tmp_path / "comparison.mp4")) as box:
        frames = [f.to_ndarray(format="rgb24") for f in box.decode(video=0)]
    assert frames[0].shape[1] == 2 * PANEL_WIDTH and len(frames) == 36 + 48  # the frames before the end, and 2 s
    below_title = frames[-1][TITLE_HEIGHT + 20 :]
    assert below_title[:, :PANEL_WIDTH].mean() < 20 < below_title[:, PANEL_WIDTH:].mean()  # the shorter one is black


def test_a_film_that_is_too_short_to_hold_out_so_much_is_refused(film, tmp_path):
    with pytest.raises(MediaError, match="give another --held"):
        evaluate_continuation({}, film, 2.0, 2.4, tmp_path, "cpu", NoProgress())
