"""Temporal inpainting, filling of blank holes, and windows of neighbouring frames."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from helpers import panning_shot

from reimagine.media.video.frames import Frame, Shot
from reimagine.stages.restore.hole_filling import blank_regions, fill_blank_regions
from reimagine.stages.restore.temporal_inpainting import inpaint_from_neighbours, sliding_windows


def test_lost_pixels_are_filled_from_the_neighbours():
    previous, current, following = (f.grey / np.float32(255) for f in panning_shot(3))
    lost = np.zeros_like(current)
    cv2.circle(lost, (96, 64), 14, 1.0, -1)
    estimate = np.where(lost > 0, current.mean(), current).astype(np.float32)
    nothing_lost = np.zeros_like(lost)
    filled, share = inpaint_from_neighbours(estimate, lost, [(previous, nothing_lost), (following, nothing_lost)])
    inside = lost > 0
    assert np.abs(filled - current)[inside].mean() < 0.25 * np.abs(estimate - current)[inside].mean()
    assert share[inside].mean() > 0.6 and np.array_equal(filled[~inside], estimate[~inside])


def test_pixels_that_the_neighbours_lost_as_well_are_hardly_filled():
    previous, current, following = (f.grey / np.float32(255) for f in panning_shot(3))
    lost = np.zeros_like(current)
    cv2.circle(lost, (96, 64), 14, 1.0, -1)
    estimate = np.where(lost > 0, current.mean(), current).astype(np.float32)
    _, share = inpaint_from_neighbours(estimate, lost, [(previous, lost), (following, lost)])
    assert share.mean() < 0.3 * (lost > 0).mean()


def test_a_blank_region_is_filled_smoothly_from_its_surroundings():
    slope = np.tile(np.linspace(0.2, 0.8, 160, dtype=np.float32), (120, 1))
    blank = np.zeros((120, 160), bool)
    blank[30:80, 40:110] = True
    damaged = np.where(blank, np.float32(1), slope)
    filled = fill_blank_regions(damaged, blank)
    assert np.abs(filled - slope)[45:65, 55:95].mean() < 0.05
    assert np.array_equal(filled[~blank], damaged[~blank])
    assert np.array_equal(fill_blank_regions(damaged, np.ones_like(blank)), damaged)


def test_the_white_middle_of_a_hole_is_blank_and_a_white_sky_is_not():
    damaged = np.full((120, 160), 0.5, np.float32)
    damaged[30:80, 40:110] = 1
    hole, rim = damaged == 1, np.zeros_like(damaged, bool)
    rim[30:80, 40:60] = rim[30:45, 40:110] = True
    assert np.array_equal(blank_regions(rim, damaged), hole)
    damaged[80:, :] = 1
    assert not blank_regions(rim, damaged).any()
    assert not blank_regions(rim, 0.8 * damaged).any()


@dataclass
class Item:
    frame: Frame


def test_windows_hold_the_neighbours_of_the_same_shot():
    frames = panning_shot(9)
    shots = [Shot(0, 5), Shot(5, 9)]
    items = [Item(f.renumbered(f.index, shots[f.index >= 5])) for f in frames]
    windows = list(sliding_windows(items, 2))
    assert [window[index].frame.index for window, index in windows] == list(range(9))
    numbers = [[item.frame.index for item in window] for window, _ in windows]
    assert numbers[0] == [0, 1, 2] and numbers[2] == [0, 1, 2, 3, 4] and numbers[4] == [2, 3, 4]
    assert numbers[5] == [5, 6, 7] and numbers[8] == [6, 7, 8]
