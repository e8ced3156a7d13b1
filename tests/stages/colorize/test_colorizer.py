"""Inference of the colorizing networks: state, neighbours, test-time augmentation, options."""

from __future__ import annotations

import random

import numpy as np
import pytest
from helpers import picture

import reimagine
from reimagine.errors import RecipeError, StageError
from reimagine.media.video.frames import Frame, Shot, frame_from_image
from reimagine.stages.colorize.colorizer import PREDICTED, SIZE_HALVED, Colorizer
from reimagine.stages.contract import Counts


def still(number: int) -> Frame:
    """A still of its own shot; each number shows another scene."""
    return frame_from_image(number, picture(number, 96, 64, number % 4)).renumbered(number, Shot(number, number + 1))


def grey_frames(count: int, cut: int | None = None) -> list[Frame]:
    """Frames of one tone each, 20 levels brighter than the one before."""
    shots = [Shot(0, cut or count), Shot(cut or count, count)]
    return [
        frame_from_image(n, np.full((64, 64, 3), 20 * n + 10, np.uint8)).renumbered(n, shots[n >= (cut or count)])
        for n in range(count)
    ]


def left_right(greys: np.ndarray) -> np.ndarray:
    """A network that predicts more red towards the right, whatever its input."""
    ab = np.zeros((len(greys), 16, 16, 2), np.float32)
    ab[..., 0] = np.arange(16) * 2
    return ab


def test_stills_are_independent_also_after_out_of_memory(tiny_colour, monkeypatch):
    """Stills in any order, twice, with one call out of memory between, give what each gives alone."""
    from reimagine.stages.colorize.unet.net import ColorUNet

    model = reimagine.model("colorize", "unet")(weights=str(tiny_colour), size=128)
    limit, forward = 1000, ColorUNet.forward

    def limited(self, grey):
        if grey.shape[-2] > limit:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return forward(self, grey)

    monkeypatch.setattr(ColorUNet, "forward", limited)

    def colorize(loaded, number: int) -> tuple[tuple, Counts]:
        counts = Counts()
        (result,) = loaded([still(number)], counts)
        return result.chroma, counts

    alone = [colorize(model.load("cpu"), number) for number in range(4)]
    shared, order = model.load("cpu"), [*range(4)] * 2
    random.Random(1).shuffle(order)
    for position, number in enumerate(order):
        if position == 3:
            limit = 100
            reduced, counts = colorize(shared, number)
            assert counts == {PREDICTED: 1, SIZE_HALVED: 1} and not np.array_equal(reduced, alone[number][0])
            limit = 1000
        chroma, counts = colorize(shared, number)
        assert np.array_equal(chroma, alone[number][0]) and counts == alone[number][1] == {PREDICTED: 1}


def test_the_size_stays_halved_within_a_call():
    sizes = []

    def network(greys: np.ndarray) -> np.ndarray:
        sizes.append(greys.shape[-1])
        if greys.shape[-1] > 64:
            raise MemoryError
        return np.zeros((len(greys), 16, 16, 2), np.float32)

    counts = Counts()
    assert len(list(Colorizer(network, 128, every_frame=True)(grey_frames(3), counts))) == 3
    assert sizes == [128, 64, 64, 64] and counts == {PREDICTED: 3, SIZE_HALVED: 1}


def test_other_errors_are_not_taken_for_out_of_memory():
    def network(greys: np.ndarray) -> np.ndarray:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        list(Colorizer(network, 128)(grey_frames(1)))


def test_the_input_contains_neighbouring_frames_but_none_across_a_cut():
    windows = []

    def network(greys: np.ndarray) -> np.ndarray:
        windows.append([round(float(g.mean()) * 255) for g in greys[0]])
        return np.zeros((len(greys), 16, 16, 2), np.float32)

    list(Colorizer(network, 64, every_frame=True, window=3)(grey_frames(5, cut=3)))
    assert windows == [[10, 10, 30], [10, 30, 50], [30, 50, 50], [70, 70, 90], [70, 90, 90]]


def test_the_input_contains_the_neighbours_of_keyframes():
    """The same windows with propagation, which predicts frames later than it receives them."""
    windows = []

    def network(greys: np.ndarray) -> np.ndarray:
        windows.append(tuple(round(float(g.mean()) * 255) for g in greys[0]))
        return np.zeros((len(greys), 16, 16, 2), np.float32)

    results = list(Colorizer(network, 64, window=3)(grey_frames(8)))
    expected = {(max(tone - 20, 10), tone, min(tone + 20, 150)) for tone in range(10, 151)}
    assert len(results) == 8 and windows[0] == (10, 10, 30) and set(windows) <= expected


def test_flip_augmentation_makes_predictions_symmetric():
    """A frame and its mirror image are predicted and averaged, so a left-right bias of the network cancels."""
    (result,) = Colorizer(left_right, 64)([still(0)])
    red = result.chroma[1].astype(int)
    assert np.abs(red - red[:, ::-1]).max() <= 8 and red.mean() > 135


def test_a_shot_that_shows_an_earlier_scene_takes_its_colours():
    """The network predicts red for the earlier shot and no colour for the later one."""

    def colorized(frames: list[Frame], predictions: list[float]) -> np.ndarray:
        values = iter(predictions)

        def network(greys: np.ndarray) -> np.ndarray:
            return np.full((len(greys), 16, 24, 2), next(values), np.float32)

        return np.array([f.chroma[1].mean() for f in Colorizer(network, 64)(frames)])

    earlier, shot = still(0), Shot(10, 13, similar_frame=0)
    later = [frame_from_image(10 + n, picture(0, 96, 64, 0)).renumbered(10 + n, shot) for n in range(3)]
    alone = colorized(later, [0.0] * 10)
    reused = colorized([earlier, *later], [20.0, *[0.0] * 10])
    assert np.abs(alone - 128).max() < 1 and min(reused[1:]) > 130


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("unet", {"size": 32}, "--size 32 is out of range"),
        ("temporal", {"size": 2000}, "--size 2000 is out of range"),
        ("deoldify", {"render_factor": 2}, "--render-factor 2 is out of range"),
    ],
)
def test_options_out_of_range_are_refused(name, options, message):
    with pytest.raises(RecipeError, match=message):
        reimagine.model("colorize", name)(**options)


@pytest.mark.parametrize("name", ["unet", "temporal", "deoldify", "ddcolor"])
def test_a_folder_without_reference_stills_is_refused(name, tmp_path):
    model = reimagine.model("colorize", name)
    with pytest.raises(StageError, match="no such folder; --export-references makes one"):
        model(references=tmp_path / "nowhere").check()
    with pytest.raises(StageError, match=r"no ref_nnnnnn\.png"):
        model(references=tmp_path).check()
