"""Metrics of continuations: each finds a failure that another one misses."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import mean_difference, picture

from reimagine.metrics.continuation import collapse_frame, compare

NOISE = np.random.default_rng(0).normal(0, 25, (64, 96, 1))
"""Noise that moves with the picture, in grey levels."""


def noisy_frames(start: int) -> list[np.ndarray]:
    """48 frames of a moving scene from frame `start` on."""
    images = (picture(n, 96, 64, 0) + np.roll(NOISE, 2 * n, 1) for n in range(start, start + 48))
    return [np.clip(image, 0, 255).astype(np.uint8) for image in images]


FILM = noisy_frames(0)
"""The film that is continued."""
ENDING = noisy_frames(48)
"""The film's own ending."""


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
