"""Targets of a look's second training: the wanted parts of a drawing, without its faults."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reimagine.metrics import stylization
from reimagine.stages.cartoon.cartoongan import data
from reimagine.stages.cartoon.cartoongan.targets import TargetStyle, simplified

PLAIN = TargetStyle(palette_shift=10, saturation=1.0, emphasis=1.0, outlines=0.0)
SKIN = (215, 165, 140)


@pytest.fixture
def photo() -> np.ndarray:
    """A grey wall with a dark coat and a face in front of it."""
    image = np.full((160, 160, 3), 170, np.uint8)
    cv2.rectangle(image, (50, 70), (110, 159), (40, 40, 45), -1)
    cv2.circle(image, (80, 45), 24, SKIN, -1)
    return cv2.GaussianBlur(image, (3, 3), 0)


def test_strokes_on_a_wall_are_removed(photo):
    strokes = photo.copy()
    for x in range(4, 160, 12):
        cv2.line(strokes, (x, 5), (x - 4, 12), (120, 120, 120), 1)
    target = simplified(strokes, photo, PLAIN)
    wall = stylization.flat_regions(photo)
    before, after = (np.abs(image.astype(int) - photo)[wall] for image in (strokes, target))
    assert after.std() < 0.4 * before.std() and np.percentile(after, 99) < 15


def test_halos_are_removed_and_dark_lines_at_edges_are_kept(photo):
    coat = np.zeros((160, 160), np.uint8)
    coat[70:, 50:111] = 255
    beside = cv2.dilate(coat, np.ones((13, 13), np.uint8)) > coat
    haloed = np.where((beside & (photo.min(2) > 160))[..., None], photo + np.uint8(50), photo)
    outlined = photo.copy()
    cv2.rectangle(outlined, (50, 70), (110, 159), (0, 0, 0), 2)
    lined = simplified(outlined, photo, PLAIN)
    assert stylization.halo(photo, simplified(haloed, photo, PLAIN)) < 0.3 * stylization.halo(photo, haloed)
    assert lined[100:150, 48:52].min() < photo[100:150, 48:52].min() - 10


def test_hues_stay_near_the_photograph(photo):
    red = photo.copy()
    face = stylization.skin_regions(photo)
    red[face] = (230, 60, 50)
    target = simplified(red, photo, PLAIN)
    assert stylization.hue_error(photo, red, face) > 30
    assert 0 < stylization.hue_error(photo, target, face) < PLAIN.palette_shift + 2


def test_outlines_darken_the_dark_side_of_edges_only(photo):
    plain, outlined = (simplified(photo, photo, TargetStyle(10, 1, 1, share)) for share in (0.0, 1.0))
    darker = plain.astype(int).mean(2) - outlined.mean(2)
    assert darker[100:150, 50:54].max() > 10  # inside the coat's border
    assert np.abs(darker[stylization.flat_regions(photo)]).mean() < 1


def test_emphasis_strengthens_the_difference_from_the_photograph(photo):
    darker = (photo * 0.9).astype(np.uint8)
    tones = [simplified(darker, photo, TargetStyle(10, 1, emphasis, 0)).mean() for emphasis in (0, 1, 2)]
    assert tones[0] > tones[1] > tones[2]


def test_a_tint_keeps_tones_and_has_one_hue(photo):
    toned = data.tinted(photo, np.array([1.2, 1.0, 0.6]))
    grey, toned_grey = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(int) for image in (photo, toned))
    ratios = toned.reshape(-1, 3).astype(float) / toned.reshape(-1, 3).max(1, keepdims=True)
    assert np.abs(grey - toned_grey).max() <= 2
    assert ratios.std(0).max() < 0.02
