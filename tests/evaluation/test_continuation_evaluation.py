"""Evaluation of continuations on a film whose end is held out."""

from __future__ import annotations

import av
import pytest
from helpers import make_film, mean_difference

import reimagine
from reimagine.errors import MediaError
from reimagine.evaluation.continuation import HELD_OUT, evaluate_continuation
from reimagine.gallery.continuations import write_comparison
from reimagine.gallery.side_by_side import PANEL_WIDTH, TITLE_HEIGHT
from reimagine.progress import NoProgress


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
