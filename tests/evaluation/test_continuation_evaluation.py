"""Numbers for what comes after the end: each tells a failure that another one misses."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest
from helpers import make_film, picture

import reimagine
from reimagine.metrics.continuation import collapse_second, compare

GRAVEL = np.random.default_rng(0).normal(0, 25, (64, 96, 1))
FILM, GOOD = (
    [
        np.clip(picture(n, 96, 64, 0) + np.roll(GRAVEL, 2 * n, 1), 0, 255).astype(np.uint8)
        for n in range(start, start + 48)
    ]
    for start in (0, 48)
)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def test_a_film_that_goes_on_is_like_itself():
    told = compare(GOOD, FILM, 12, apart)
    assert told["motion"] == pytest.approx(1, abs=0.1) and told["sharpness"] == pytest.approx(1, abs=0.1)
    assert told["palette"] < 0.1 and np.isnan(told["collapse"])


def test_a_still_a_fog_and_another_film_are_told():
    still = compare([FILM[-1]] * 48, FILM, 12, apart)
    fog = compare([cv2.GaussianBlur(f, (0, 0), 4) for f in GOOD], FILM, 12, apart)
    other = compare([picture(n, 96, 64, 1) for n in range(48)], FILM, 12, apart)
    assert still["motion"] < 0.1 and still["sharpness"] > 0.9 and still["collapse"] == 0
    assert fog["sharpness"] < 0.5 and fog["gradients"] < 0.9 and fog["collapse"] == 0
    good = compare(GOOD, FILM, 12, apart)
    assert other["palette"] > 3 * good["palette"] and other["features"] > 3 * good["features"]
    assert other["nearest"] > 3 * good["nearest"]


def test_collapse_is_dated():
    assert collapse_second([*GOOD[:30], *[GOOD[29]] * 30], FILM, 10) in range(25, 33)


def test_the_last_frame_held_is_found_out(tmp_path):
    from reimagine.errors import MediaError
    from reimagine.evaluation.workflows import continuation
    from reimagine.gallery.continuations import write_comparison
    from reimagine.progress import NoProgress

    film, hold = make_film(tmp_path / "film.mp4", 60), {"hold": reimagine.model("continue", "hold")()}
    told = continuation(hold, film, 2.0, 1.0, tmp_path / "out", "cpu", NoProgress(), apart)
    assert told.rows["hold, 1 s"]["motion"] < 0.1 < 0.7 < told.rows["what came, 1 s"]["motion"] < 1.4
    assert {"truth"} <= told.rows["hold, 1 s"].keys() - told.rows["hold, 2 s"].keys()
    assert told.rows["what came, 1 s"]["truth"] < 0.01 < told.rows["hold, 1 s"]["truth"]
    assert told.rows["hold, 2 s"]["collapse"] == 0 and "what came, 2 s" not in told.rows
    write_comparison(told, tmp_path / "out")
    with av.open(str(tmp_path / "out" / "comparison.mp4")) as box:
        shown = [f.to_ndarray(format="rgb24") for f in box.decode(video=0)]
    assert shown[0].shape[1] == 2 * 426 and len(shown) == 36 + 48  # what was known of it, and 2 s
    assert shown[-1][60:, :426].mean() < 20 < shown[-1][60:, 426:].mean()  # what came ended a second ago
    with pytest.raises(MediaError, match="give another --held"):
        continuation(hold, film, 2.0, 2.4, tmp_path / "out", "cpu", NoProgress())
