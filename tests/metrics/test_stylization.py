"""Measures of a drawing's faults: each rises with its fault and is low for the photograph itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reimagine.metrics import stylization


@pytest.fixture
def photo() -> np.ndarray:
    """A slightly grained grey wall with a dark post."""
    image = np.full((160, 200, 3), 150, np.uint8)
    image[:, 90:110] = 30
    grain = np.random.default_rng(0).integers(-1, 2, image.shape[:2], dtype=np.int16)[..., None]
    return (image + grain).clip(0, 255).astype(np.uint8)


def test_a_photograph_compared_with_itself_has_no_faults(photo):
    assert stylization.flat_texture_ratio(photo, photo) == pytest.approx(1)
    assert stylization.halo(photo, photo) == pytest.approx(0, abs=1e-4)
    assert stylization.hue_error(photo, photo, stylization.neutral_regions(photo)) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("period", "ratio"), [(16, 3), (4, 8)])
def test_strokes_raise_the_texture_ratio(photo, period, ratio):
    drawing = photo.copy()
    drawing[::period] = 110
    assert stylization.flat_texture_ratio(photo, drawing) > ratio


def test_a_smooth_drawing_has_a_low_texture_ratio(photo):
    assert stylization.flat_texture_ratio(photo, cv2.GaussianBlur(photo, (0, 0), 3)) < 0.5


@pytest.mark.parametrize("level", [-20, 20])
def test_a_halo_is_measured_in_levels(photo, level):
    drawing = photo.astype(int)
    drawing[:, 78:90] += level
    assert stylization.halo(photo, drawing.astype(np.uint8)) == pytest.approx(abs(level) / 2, rel=0.3)  # on one side


def test_a_darker_drawing_has_no_halo(photo):
    assert stylization.halo(photo, photo - np.uint8(20)) == pytest.approx(0, abs=0.1)


def test_a_red_wall_has_a_hue_error(photo):
    drawing = photo.copy()
    drawing[..., 0] += 60
    wall = stylization.neutral_regions(photo)
    assert wall.mean() > 0.5
    assert stylization.hue_error(photo, drawing, wall) > 20


@pytest.mark.parametrize(
    ("colour", "share"),
    [((224, 172, 140), 1), ((141, 95, 72), 1), ((90, 120, 200), 0), ((128, 128, 128), 0), ((40, 160, 60), 0)],
)
def test_skin_is_told_from_other_colours(colour, share):
    assert stylization.skin_regions(np.full((20, 20, 3), colour, np.uint8)).mean() == share


def test_a_measure_without_its_region_is_nan():
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    assert np.isnan(stylization.flat_texture_ratio(noise, noise)) and np.isnan(stylization.halo(noise, noise))
