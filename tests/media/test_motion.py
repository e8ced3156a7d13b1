"""Colour travels with what it belongs to: known scenes, known motion."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reimagine.media.frames import Frame, Shot, frame_from_image
from reimagine.media.motion.flow import forward_backward_error, optical_flow, warp_backward
from reimagine.media.motion.propagation import KEYFRAME_INTERVAL, KeyframePropagator, propagation_luma
from reimagine.media.shots import CutDetector, link_similar_shots


def texture(seed: int, size: int = 240) -> np.ndarray:
    rng = np.random.default_rng(seed)
    tone = cv2.GaussianBlur(rng.random((size, size), np.float32), (0, 0), 3)
    return ((tone - tone.min()) / np.ptp(tone) * 200 + 30).astype(np.uint8)


def moving(count: int, seed: int = 0, start: int = 0) -> list[Frame]:
    """A texture that slides two pixels to the left a frame."""
    world = texture(seed, 400)
    shot = Shot(start, start + count)
    frames = [world[:120, 2 * n : 2 * n + 160] for n in range(count)]
    return [frame_from_image(start + n, np.dstack([f] * 3)).renumbered(start + n, shot) for n, f in enumerate(frames)]


def test_flow_finds_the_motion_and_what_is_hidden():
    a, b = (f.grey for f in moving(4)[::3])
    out, back = optical_flow(a, b), optical_flow(b, a)
    assert np.abs(np.median(out[10:-10, 20:-20], (0, 1)) - (-6, 0)).max() < 0.3
    assert np.abs(warp_backward(b, out).astype(int) - a)[10:-10, 20:-20].mean() < 3
    assert np.median(forward_backward_error(out, back)) < 0.1
    covered = b.copy()
    covered[40:80, 60:100] = texture(9)[:40, :40]
    lost = forward_backward_error(optical_flow(a, covered), optical_flow(covered, a)) > 1
    assert lost[45:75, 72:100].mean() > 2 * lost[:, 20:50].mean()


def test_values_ride_along():
    """Painted once, at keyframes, with a colour that depends on the place in the *world*."""
    frames = moving(40)

    def ask(frame: Frame, luma: np.ndarray, window=()) -> np.ndarray:
        h, w = luma.shape
        world = np.arange(w)[None, :] * (160 / w) + 2 * frame.index
        return np.repeat(np.sin(world / 25)[..., None], h, 0).astype(np.float32)

    asked = []

    def counted(frame, luma, window):
        asked.append(frame.index)
        return ask(frame, luma)

    made = list(KeyframePropagator(counted)(iter(frames)))
    assert [f.index for f, _, _ in made] == list(range(40))
    assert {0, KEYFRAME_INTERVAL, 2 * KEYFRAME_INTERVAL} <= set(asked) and len(asked) <= 6
    for frame, luma, value in made:
        assert np.abs(value - ask(frame, luma))[:, 4:-4].mean() < 0.08


def test_a_flickering_answer_is_made_one():
    """Every frame answers with another tone; neighbours must come out alike."""
    rng = np.random.default_rng(0)
    frames = moving(48)

    def ask(frame, luma, window):
        return np.full((*luma.shape, 1), rng.normal(), np.float32)

    for every, limit in ((False, 0.3), (True, 0.15)):
        means = [float(v.mean()) for _, _, v in KeyframePropagator(ask, every)(iter(frames))]
        assert np.abs(np.diff(means)).max() < limit and np.std(means) > 0


def test_what_no_keyframe_saw_is_asked_for():
    """A white bar crosses the picture between two keyframes, on a ground of its own colour."""
    frames = moving(17)
    for frame in frames[5:12]:
        frame.luma[:, 40:120] = 235

    def ask(frame, luma, window):
        return (luma > 200).astype(np.float32)[..., None]

    for frame, luma, value in KeyframePropagator(ask)(iter(frames)):
        white = cv2.erode((luma > 200).astype(np.uint8), np.ones((5, 5))) > 0
        assert not white.any() or value[white].mean() > 0.8, frame.index
        assert value[luma < 180].mean() < 0.2


def test_nothing_crosses_a_cut():
    frames = [*moving(20, 0), *moving(20, 1, start=20)]

    def ask(frame, luma, window):
        return np.full((*luma.shape, 1), 1.0 if frame.index < 20 else -1.0, np.float32)

    for frame, _, value in KeyframePropagator(ask)(iter(frames)):
        assert (value > 0).all() if frame.index < 20 else (value < 0).all()


def test_new_content_gets_a_keyframe_of_its_own():
    a, b = moving(8, 0), moving(8, 5)
    frames = [f.renumbered(n, Shot(0, 16)) for n, f in enumerate([*a, *b])]  # a cut nobody detected
    asked: list[int] = []

    def ask(frame, luma, window):
        asked.append(frame.index)
        return np.zeros((*luma.shape, 1), np.float32)

    assert len(list(KeyframePropagator(ask)(iter(frames)))) == 16
    assert any(7 <= n <= 10 for n in asked)


@pytest.mark.parametrize("size", [(640, 480), (96, 64), (61, 47), (1920, 1080)])
def test_the_working_size_is_small_and_keeps_the_shape(size):
    luma = propagation_luma(frame_from_image(0, np.zeros((size[1], size[0], 3), np.uint8)))
    assert min(luma.shape) <= 224 and abs(luma.shape[1] / luma.shape[0] - size[0] / size[1]) < 0.06


def test_a_view_that_comes_again_is_known():
    detector = CutDetector()
    for number in range(72):
        shot = number // 24  # A - B - A
        detector(number, np.roll(texture(shot % 2), number % 24, 1))
    first, second, third = detector.shots(72)
    assert first.similar_frame is None and second.similar_frame is None and third.similar_frame is not None
    assert first.start <= third.similar_frame < first.stop


def test_dark_and_even_views_are_never_alike():
    views = {n: np.full((18, 24), 20 + n, np.uint8) for n in range(0, 60, 8)}
    assert all(s.similar_frame is None for s in link_similar_shots([Shot(0, 30), Shot(30, 60)], views))
