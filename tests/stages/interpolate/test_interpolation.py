"""Frames between two frames: what every model of `interpolate` promises, and what the flow gains."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import cv2
import numpy as np
import pytest
from helpers import mean_psnr, panning_shot, picture

from reimagine import stages
from reimagine.media import Frame
from reimagine.media.video.frames import frame_from_image
from reimagine.stages.contract import Counts

MODELS = list(stages.models_of("interpolate"))


def build(name: str, weights):
    """The model with tiny random weights, if it has a network."""
    cls = stages.model_class("interpolate", name)
    has_weights = "weights" in {field.name for field in dataclasses.fields(cls)}
    return cls(weights=str(weights[f"interpolate {name}"])) if has_weights else cls()


def average(a: Frame, b: Frame) -> Frame:
    return a.with_image(cv2.addWeighted(a.image, 0.5, b.image, 0.5, 0))


@pytest.mark.parametrize("size", [(96, 64), (61, 47)])
@pytest.mark.parametrize("name", MODELS)
def test_a_picture_of_the_same_size_for_each_time(name, size, tiny_weights):
    ends = [frame_from_image(n, picture(n, *size, 0)) for n in (0, 4)]
    between = list(build(name, tiny_weights).load("cpu")(*ends, [0.25, 0.5, 0.75], Counts()))
    assert len(between) == 3
    assert all(f.image.shape == (size[1], size[0], 3) and f.image.std() > 5 for f in between)


@pytest.mark.parametrize("name", MODELS)
def test_frames_do_not_depend_on_others(name, tiny_weights):
    """Neither on the other times of a call, nor on frames that the loaded model was given before."""
    frames, work = panning_shot(4, 96, 64), build(name, tiny_weights).load("cpu")
    together = [f.image for f in work(frames[0], frames[1], [0.25, 0.5])]
    list(work(frames[2], frames[3], [0.5]))
    [alone] = work(frames[0], frames[1], [0.5])
    assert np.array_equal(together[1], alone.image)


@pytest.mark.parametrize("name", MODELS)
def test_the_rate_is_twice_the_film_s_unless_it_is_given(name):
    cls = stages.model_class("interpolate", name)
    assert cls().output_rate(Fraction(25)) == 50
    assert cls(to=23.976).output_rate(Fraction(18)) == Fraction(24000, 1001)
    assert cls(slow_motion=4).output_rate(Fraction(25)) == 25


def test_a_pan_is_followed_with_the_depth_of_the_film():
    """At a quarter, the half and three quarters of a motion of eight pixels; the picture has 10 bits."""
    frames = panning_shot(9)
    work = stages.model_class("interpolate", "flow")().load("cpu")
    between = list(work(frames[0], frames[8], [0.25, 0.5, 0.75]))
    targets = [frames[n] for n in (2, 4, 6)]
    assert mean_psnr(between, targets, 16) > mean_psnr([average(frames[0], frames[8])] * 3, targets, 16) + 10
    image = np.dstack([np.linspace(0, 65535, 96, dtype=np.uint16)[None].repeat(64, 0)] * 3)
    deep = [frame_from_image(n, image, "yuv420p10le") for n in range(2)]
    [middle] = work(*deep, [0.5])
    assert middle.depth == 10 and np.abs(middle.planes[0].astype(int) - deep[0].planes[0]).max() <= 1


def test_what_a_moving_object_uncovers_is_taken_from_the_frame_that_shows_it():
    """A bright square moves over a texture; beside it, the background is not mixed with the square."""
    background = panning_shot(1)[0].image

    def frame(number: int) -> Frame:
        image = background.copy()
        image[40:90, 20 + 6 * number : 70 + 6 * number] = 250
        return frame_from_image(number, image)

    work = stages.model_class("interpolate", "flow")().load("cpu")
    [between] = work(frame(0), frame(4), [0.5])
    edges = (slice(44, 86), slice(20, 106))
    error = np.abs(between.grey[edges].astype(int) - frame(2).grey[edges]).mean()
    assert error < np.abs(average(frame(0), frame(4)).grey[edges].astype(int) - frame(2).grey[edges]).mean() / 4
