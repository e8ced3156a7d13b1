"""Flicker goes, colour and sharpness stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import make_film, picture

import reimagine
from reimagine.errors import StageError
from reimagine.media.frames import Frame, Shot, frame_from_image
from reimagine.media.reader import open_film, read_film
from reimagine.metrics.warp import TemporalConsistency, masked_flow, sharpness, warp_error


def flickering(count: int = 40, luma: bool = False) -> list[Frame]:
    """A moving scene whose colours (or whole picture) waver from frame to frame."""
    rng = np.random.default_rng(0)
    frames = []
    for n in range(count):
        source = frame_from_image(n, picture(n, 160, 120, 0)).renumbered(n, Shot(0, count))
        if luma:
            gain = 1 + 0.12 * rng.standard_normal()
            made = source.with_image(np.clip(source.image * gain, 0, 255).astype(np.uint8))
        else:
            made = source.with_chroma(
                *(np.clip(c + rng.normal(0, 10) + 25, 0, 255).astype(np.uint8) for c in source.chroma)
            )
        frames.append(replace(made, source=source))
    return frames


def measured(frames: list[Frame], made: list[Frame]) -> dict[str, dict[str, float]]:
    steadiness = TemporalConsistency()
    for a, b in zip(range(len(frames) - 1), range(1, len(frames)), strict=True):
        steadiness.add(
            *({"source": frames[n].source.image, "before": frames[n].image, "result": made[n].image} for n in (a, b))
        )
    return steadiness.numbers()


@pytest.mark.parametrize("luma", [False, True])
def test_flow_takes_flicker_out_and_leaves_colour_and_lines(luma):
    frames = flickering(luma=luma)
    made = list(reimagine.model("stabilize", "flow")().load("cpu")(iter(frames)))
    rows = measured(frames, made)
    assert rows["result"]["excess"] < 0.25 * rows["before"]["excess"]
    assert rows["result"]["colourfulness"] > 0.9 * rows["before"]["colourfulness"]
    assert rows["result"]["sharpness"] > 0.9 * rows["before"]["sharpness"]


def test_the_shipped_network_takes_flicker_out():
    frames = flickering(24)
    made = list(reimagine.model("stabilize", "convlstm")().load("cpu")(iter(frames)))
    rows = measured(frames, made)
    assert rows["result"]["excess"] < 0.6 * rows["before"]["excess"]
    assert rows["result"]["colourfulness"] > 0.85 * rows["before"]["colourfulness"]


@pytest.mark.parametrize("name", ["flow", "convlstm"])
def test_the_luma_of_a_coloured_film_stays(name):
    frames = flickering(12)
    made = list(reimagine.model("stabilize", name)().load("cpu")(iter(frames)))
    assert all(np.array_equal(a.luma, b.luma) for a, b in zip(frames, made, strict=True))
    assert any(not np.array_equal(a.chroma[0], b.chroma[0]) for a, b in zip(frames, made, strict=True))


def test_unknown_planes():
    with pytest.raises(StageError, match="--planes luma is none of auto, chroma, all"):
        list(reimagine.model("stabilize", "flow")(planes="luma").load("cpu")(iter(flickering(3))))


def test_in_a_run_the_film_itself_is_the_guide(tmp_path):
    film = make_film(tmp_path / "film.mp4", 30, size=(160, 120), cuts=(14,))
    steps = [reimagine.model("cartoon")(), reimagine.model("stabilize")()]
    done = reimagine.run(film, steps, tmp_path / "run")
    errors = done.report["warp_error"]
    assert set(errors) == {"source", "before", "after"} and errors["after"] < errors["before"]


def test_what_was_restored_is_the_film_to_it(tmp_path):
    film = make_film(tmp_path / "film.mp4", 20, size=(160, 120))
    steps = [reimagine.model("restore", "classic")(), reimagine.model("colorize", "tint")()]
    before = reimagine.run(film, steps, tmp_path / "run").film
    steps += [reimagine.model("stabilize")()]
    after = reimagine.run(film, steps, tmp_path / "run", tmp_path / "out.mp4").film
    pairs = zip(read_film(open_film(before)), read_film(open_film(after)), strict=True)
    assert all(np.abs(a.luma.astype(int) - b.luma).mean() < 0.5 for a, b in pairs)


def test_the_error_of_what_only_moves_is_small_and_of_what_flickers_is_not():
    a, b = picture(0, 160, 120, 0), picture(1, 160, 120, 0)
    by = masked_flow(a, b)
    assert by.mask.mean() > 0.5
    assert warp_error(a, b, by) < 0.1 * warp_error(a, np.clip(b * 0.8, 0, 255).astype(np.uint8), by)
    assert 0 < masked_flow(a, b, lai_compat=True).mask.mean() <= 1


def test_blur_is_not_steadiness():
    import cv2

    image = picture(0, 160, 120, 0)
    assert sharpness(cv2.GaussianBlur(image, (0, 0), 4)) < 0.7 * sharpness(image)
