"""The stabilizers reduce flicker and preserve colour and sharpness."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from helpers import make_film, picture

import reimagine
from reimagine.errors import RecipeError, StageError
from reimagine.media.video.frames import Frame, Shot, frame_from_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.metrics.warp import TemporalConsistency
from reimagine.stages.stabilize.convlstm.stage import StabilizeConvLSTM
from reimagine.stages.stabilize.flow import Flow

MODELS = [Flow, StabilizeConvLSTM]


def flickering(count: int = 40, luma: bool = False) -> list[Frame]:
    """A moving scene whose chroma, or whole picture, changes at random from frame to frame."""
    rng = np.random.default_rng(0)
    frames = []
    for n in range(count):
        source = frame_from_image(n, picture(n, 160, 120, 0)).renumbered(n, Shot(0, count))
        if luma:
            gain = 1 + 0.12 * rng.standard_normal()
            processed = source.with_image(np.clip(source.image * gain, 0, 255).astype(np.uint8))
        else:
            processed = source.with_chroma(
                *(np.clip(c + rng.normal(0, 10) + 25, 0, 255).astype(np.uint8) for c in source.chroma)
            )
        frames.append(replace(processed, source=source))
    return frames


def measure(frames: list[Frame], output: list[Frame]) -> dict[str, dict[str, float]]:
    consistency = TemporalConsistency()
    states = [
        {"source": frame.source.image, "before": frame.image, "after": stabilized.image}
        for frame, stabilized in zip(frames, output, strict=True)
    ]
    for current, following in pairwise(states):
        consistency.add(current, following)
    return consistency.numbers()


@pytest.mark.parametrize("luma", [False, True])
def test_flow_removes_flicker_and_preserves_colour_and_sharpness(luma):
    frames = flickering(luma=luma)
    rows = measure(frames, list(Flow().load("cpu")(iter(frames))))
    assert rows["after"]["excess"] < 0.25 * rows["before"]["excess"]
    assert rows["after"]["colourfulness"] > 0.9 * rows["before"]["colourfulness"]
    assert rows["after"]["sharpness"] > 0.9 * rows["before"]["sharpness"]


def test_the_shipped_network_reduces_flicker_and_preserves_colour():
    frames = flickering(24)
    rows = measure(frames, list(StabilizeConvLSTM().load("cpu")(iter(frames))))
    assert rows["after"]["excess"] < 0.6 * rows["before"]["excess"]
    assert rows["after"]["colourfulness"] > 0.85 * rows["before"]["colourfulness"]


@pytest.mark.parametrize("model", MODELS)
def test_auto_changes_only_the_chroma_of_a_coloured_film(model):
    frames = flickering(12)
    output = list(model().load("cpu")(iter(frames)))
    assert all(np.array_equal(a.luma, b.luma) for a, b in zip(frames, output, strict=True))
    assert any(not np.array_equal(a.chroma[0], b.chroma[0]) for a, b in zip(frames, output, strict=True))


@pytest.mark.parametrize("model", MODELS)
def test_all_changes_the_luma_too(model):
    frames = flickering(12, luma=True)
    output = list(model(planes="all").load("cpu")(iter(frames)))
    assert any(not np.array_equal(a.luma, b.luma) for a, b in zip(frames, output, strict=True))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Flow(planes="luma"), "--planes luma is unknown; give one of auto, chroma, all"),
        (StabilizeConvLSTM(planes="luma"), "--planes luma is unknown"),
    ],
)
def test_values_out_of_range_are_refused_before_any_work(model, message):
    for refuse in (model.check, lambda: model.load("cpu")):
        with pytest.raises(StageError, match=message):
            refuse()


def test_a_half_life_of_no_frames_is_refused():
    with pytest.raises(RecipeError, match="--half-life 0 is out of range; give more than 0"):
        Flow(half_life=0.0)


def test_in_a_run_the_source_is_the_film_itself(tmp_path):
    film = make_film(tmp_path / "film.mp4", 30, size=(160, 120), cuts=(14,))
    steps = [reimagine.model("cartoon")(), reimagine.model("stabilize")()]
    errors = reimagine.run(film, steps, tmp_path / "run").report["warp_error"]
    assert set(errors) == {"source", "before", "after"} and errors["after"] < errors["before"]


def test_after_restore_the_restored_film_is_the_source_and_its_luma_is_preserved(tmp_path):
    film = make_film(tmp_path / "film.mp4", 20, size=(160, 120))
    steps = [reimagine.model("restore", "classic")(), reimagine.model("colorize", "tint")()]
    before = reimagine.run(film, steps, tmp_path / "run").film
    steps += [reimagine.model("stabilize")()]
    after = reimagine.run(film, steps, tmp_path / "run", tmp_path / "out.mp4").film
    pairs = zip(read_film(open_film(before)), read_film(open_film(after)), strict=True)
    assert all(np.abs(a.luma.astype(int) - b.luma).mean() < 0.5 for a, b in pairs)
