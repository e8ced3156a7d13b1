"""Optical flow, warping, keyframe propagation and frame interpolation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import texture

from reimagine.media.motion import (
    KEYFRAME_INTERVAL,
    FrameInterpolator,
    KeyframePropagator,
    forward_backward_error,
    optical_flow,
    propagation_luma,
    reduced_flow,
    resize_flow,
    warp_backward,
    working_size,
)
from reimagine.media.video.frames import Frame, Shot, frame_from_image, frame_windows


def moving(count: int, seed: int = 0, start: int = 0) -> list[Frame]:
    """Frames of one shot: a texture that moves two pixels to the left per frame."""
    world = texture(seed, 400)
    shot = Shot(start, start + count)
    images = [world[:120, 2 * n : 2 * n + 160] for n in range(count)]
    return [frame_from_image(start + n, np.dstack([i] * 3)).renumbered(start + n, shot) for n, i in enumerate(images)]


# -- flow ----------------------------------------------------------------------------------


def test_flow_finds_the_motion_and_the_occlusion():
    a, b = (f.grey for f in moving(4)[::3])
    forward, backward = optical_flow(a, b), optical_flow(b, a)
    assert np.abs(np.median(forward[10:-10, 20:-20], (0, 1)) - (-6, 0)).max() < 0.3
    assert np.abs(warp_backward(b, forward).astype(int) - a)[10:-10, 20:-20].mean() < 3
    assert np.median(forward_backward_error(forward, backward)) < 0.1
    covered = b.copy()
    covered[40:80, 60:100] = texture(9)[:40, :40]
    occluded = forward_backward_error(optical_flow(a, covered), optical_flow(covered, a)) > 1
    assert occluded[45:75, 72:100].mean() > 2 * occluded[:, 20:50].mean()


@pytest.mark.parametrize("preset", ["fast", "medium"])
@pytest.mark.parametrize("size", [(9, 100), (16, 200), (20, 80), (31, 640), (12, 12), (200, 9)])
def test_flow_of_a_narrow_image_has_its_size(size, preset):
    h, w = size
    image = texture(0, 700)
    flow = optical_flow(image[:h, :w], image[:h, 1 : w + 1], preset)
    assert flow.shape == (h, w, 2) and np.abs(flow).max() < w


def test_flow_at_a_reduced_size_is_in_pixels_of_the_full_size():
    a, b = (f.image for f in moving(4)[::3])
    flow = reduced_flow(a, b, 60)
    assert flow.shape == (120, 160, 2)
    assert np.abs(np.median(flow[10:-10, 20:-20], (0, 1)) - (-6, 0)).max() < 0.5


def test_a_resized_flow_is_scaled_along_each_axis():
    flow = np.ones((10, 20, 2), np.float32)
    assert np.array_equal(resize_flow(flow, (40, 30)), np.broadcast_to(np.float32([2, 3]), (30, 40, 2)))
    assert np.array_equal(resize_flow(flow, (40, 30), uniform=True), np.full((30, 40, 2), 2, np.float32))


@pytest.mark.parametrize(
    ("size", "settings", "expected"),
    [
        ((1920, 1080), (240,), (427, 240)),
        ((96, 64), (240,), (96, 64)),
        ((640, 480), (180, 4), (240, 180)),
        ((90, 62), (240, 4), (88, 64)),
        ((4000, 20), (10, 1, 16), (2000, 16)),
    ],
)
def test_working_size_has_the_short_side_the_multiple_and_the_minimum(size, settings, expected):
    assert working_size(*size, *settings) == expected


# -- keyframe propagation ------------------------------------------------------------------


def test_values_move_with_the_picture():
    """Values are computed at keyframes only, and depend on the position in the *world*, not in the frame."""
    frames = moving(40)

    def values_at(frame: Frame, luma: np.ndarray) -> np.ndarray:
        h, w = luma.shape
        world = np.arange(w)[None, :] * (160 / w) + 2 * frame.index
        return np.repeat(np.sin(world / 25)[..., None], h, 0).astype(np.float32)

    keyframes = []

    def compute(frame, luma, window):
        keyframes.append(frame.index)
        return values_at(frame, luma)

    results = list(KeyframePropagator(compute)(iter(frames)))
    assert [f.index for f, _, _ in results] == list(range(40))
    assert {0, KEYFRAME_INTERVAL, 2 * KEYFRAME_INTERVAL} <= set(keyframes) and len(keyframes) <= 6
    for frame, luma, values in results:
        assert np.abs(values - values_at(frame, luma))[:, 4:-4].mean() < 0.08


def test_values_that_flicker_are_averaged():
    """Each frame has another value; the results of neighbouring frames must be similar."""
    rng = np.random.default_rng(0)
    frames = moving(48)

    def compute(frame, luma, window):
        return np.full((*luma.shape, 1), rng.normal(), np.float32)

    for every_frame, limit in ((False, 0.3), (True, 0.15)):
        means = [float(v.mean()) for _, _, v in KeyframePropagator(compute, every_frame)(iter(frames))]
        assert np.abs(np.diff(means)).max() < limit and np.std(means) > 0


def test_values_are_computed_for_a_region_that_no_keyframe_shows():
    """A white bar crosses the picture between two keyframes; its values differ from those of the background."""
    frames = moving(17)
    for frame in frames[5:12]:
        frame.luma[:, 40:120] = 235

    def compute(frame, luma, window):
        return (luma > 200).astype(np.float32)[..., None]

    for frame, luma, values in KeyframePropagator(compute)(iter(frames)):
        white = cv2.erode((luma > 200).astype(np.uint8), np.ones((5, 5))) > 0
        assert not white.any() or values[white].mean() > 0.8, frame.index
        assert values[luma < 180].mean() < 0.2


def test_values_do_not_cross_a_cut():
    frames = [*moving(20, 0), *moving(20, 1, start=20)]

    def compute(frame, luma, window):
        return np.full((*luma.shape, 1), 1.0 if frame.index < 20 else -1.0, np.float32)

    for frame, _, values in KeyframePropagator(compute)(iter(frames)):
        assert (values > 0).all() if frame.index < 20 else (values < 0).all()


def test_a_cut_that_was_not_detected_gets_a_keyframe():
    a, b = moving(8, 0), moving(8, 5)
    frames = [f.renumbered(n, Shot(0, 16)) for n, f in enumerate([*a, *b])]
    keyframes: list[int] = []

    def compute(frame, luma, window):
        keyframes.append(frame.index)
        return np.zeros((*luma.shape, 1), np.float32)

    assert len(list(KeyframePropagator(compute)(iter(frames)))) == 16
    assert any(7 <= n <= 10 for n in keyframes)


def test_one_propagator_serves_many_films():
    """No state of one film is kept for the next."""

    def compute(frame, luma, window):
        return np.full((*luma.shape, 1), float(frame.luma.mean()), np.float32)

    propagator = KeyframePropagator(compute)
    films = [moving(20, 0), moving(20, 1)]
    alone = [[v for _, _, v in KeyframePropagator(compute)(iter(film))] for film in films]
    for film, expected in zip(films, alone, strict=True):
        assert all(np.array_equal(a, b) for (_, _, a), b in zip(propagator(iter(film)), expected, strict=True))


def test_the_values_of_a_keyframe_can_depend_on_its_neighbours():
    frames = [*moving(6, 0), *moving(2, 1, start=6)]
    windows = {}

    def compute(frame, luma, window):
        windows[frame.index] = [f.index for f in window]
        return np.zeros((*luma.shape, 1), np.float32)

    assert len(list(KeyframePropagator(compute, every_frame=True, window=3)(iter(frames)))) == 8
    assert windows[0] == [0, 0, 1] and windows[3] == [2, 3, 4]
    assert windows[5] == [4, 5, 5] and windows[6] == [6, 6, 7] and windows[7] == [6, 7, 7]


def test_windows_have_the_frame_in_the_middle():
    frames = moving(5)
    assert [[f.index for f in w] for w in frame_windows(frames, 1)] == [[0], [1], [2], [3], [4]]
    assert [f.index for f in list(frame_windows(frames, 5))[1]] == [1, 0, 1, 2, 3]
    assert list(frame_windows([], 3)) == []


@pytest.mark.parametrize("size", [(640, 480), (96, 64), (61, 47), (1920, 1080)])
def test_the_propagation_size_is_small_and_keeps_the_aspect_ratio(size):
    luma = propagation_luma(frame_from_image(0, np.zeros((size[1], size[0], 3), np.uint8)))
    assert min(luma.shape) <= 224 and abs(luma.shape[1] / luma.shape[0] - size[0] / size[1]) < 0.06


# -- interpolation -------------------------------------------------------------------------


def test_an_interpolated_frame_lies_between_its_neighbours():
    before, middle, after = (f.image for f in moving(5)[::2])
    interpolated = FrameInterpolator(before, after).at(0.5)
    error, cross_fade = (
        np.abs(x.astype(int) - middle)[10:-10, 20:-20].mean() for x in (interpolated, before // 2 + after // 2)
    )
    assert error < 0.3 * cross_fade
