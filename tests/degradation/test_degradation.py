"""Simulated damage: its kinds, its masks, its repeatability."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from helpers import mean_psnr, panning_shot, picture

from reimagine.degradation import KINDS, Degrader, degrade
from reimagine.errors import StageError
from reimagine.media.video.frames import Shot, frame_from_image


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_degrades_and_depends_on_the_seed_alone(kind):
    frames = panning_shot(6)
    first, repeated, other = (list(degrade(frames, kind, seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a.grey, b.grey) for a, b in zip(first, repeated, strict=True))
    assert all(f.image.shape == frames[0].image.shape and f.shot == Shot(0, 6) for f in first)
    assert mean_psnr(first, frames) < 48
    if kind not in ("jpeg", "blur"):  # these are not random
        assert any(not np.array_equal(a.grey, b.grey) for a, b in zip(first, other, strict=True))


def test_the_lost_mask_marks_the_changed_pixels():
    grey = panning_shot(1)[0].grey
    for kind in ("dust", "holes", "scratches"):
        degraded = Degrader(kind, 3)(grey)
        change = np.abs(degraded.grey * 255 - grey)
        assert change[degraded.lost == 0].max() < 1 and change[degraded.lost > 0.9].mean() > 10


def test_dust_lasts_one_frame_and_scratches_several():
    degraders = {kind: Degrader(kind, 4) for kind in ("dust", "scratches")}
    grey = np.full((128, 192), 128, np.uint8)
    lost = {kind: [degrader(grey).lost > 0.3 for _ in range(5)] for kind, degrader in degraders.items()}
    window = np.ones((7, 7), np.uint8)
    overlap = {
        kind: np.mean([(a & (cv2.dilate(b.astype(np.uint8), window) > 0)).sum() / a.sum() for a, b in pairwise(masks)])
        for kind, masks in lost.items()
    }
    assert 2 * overlap["dust"] < overlap["scratches"] > 0.4


def test_negatives_and_old_prints_have_no_colour():
    frame = frame_from_image(0, picture(0, 96, 64, 0))
    for kind in ("negative", "old-print"):
        degraded = next(degrade([frame], kind))
        assert all((c == 128).all() for c in degraded.chroma)
    assert np.corrcoef(next(degrade([frame], "negative")).grey.ravel(), frame.grey.ravel())[0, 1] < -0.95
    assert not all((c == 128).all() for c in next(degrade([frame], "noise")).chroma)


def test_an_unknown_kind_is_refused_with_the_nearest_name():
    with pytest.raises(StageError, match="did you mean 'holes'"):
        Degrader("hoels")
