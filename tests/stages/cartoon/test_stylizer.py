"""Temporal blending and the image filters of drawings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from helpers import picture, shapes_image, stylized

from reimagine.media import Shot
from reimagine.media.video.frames import frame_from_image
from reimagine.metrics.warp import gradient_energy
from reimagine.stages.cartoon.filters import restore_sharpness, smooth_flat_regions
from reimagine.stages.cartoon.ink import Ink
from reimagine.stages.cartoon.options import ERROR_AFTER, ERROR_BEFORE, PAIRS
from reimagine.stages.cartoon.stylizer import Stylizer
from reimagine.stages.contract import Counts


def unchanged(image: np.ndarray) -> np.ndarray:
    return image


def two_shots(count: int = 6, cut: int = 3):
    for n in range(count):
        shot = Shot(0, cut) if n < cut else Shot(cut, count)
        yield frame_from_image(n, picture(n, 96, 64, int(n >= cut))).renumbered(n, shot)


def test_a_still_scene_does_not_flicker_and_stays_sharp():
    rng, scene = np.random.default_rng(0), shapes_image()
    grainy = [np.clip(scene + rng.normal(0, 6, scene.shape), 0, 255).astype(np.uint8) for _ in range(12)]
    independent, blended = (stylized(Ink(temporal_strength=s), grainy) for s in (0.0, 1.0))

    def flicker(images: list[np.ndarray]) -> float:
        return float(np.mean([np.square(a.astype(float) - b).mean() for a, b in pairwise(images[4:])]))

    assert flicker(blended) < 0.5 * flicker(independent)
    assert gradient_energy(blended[-1]) > 0.9 * gradient_energy(independent[-1])


def test_the_first_frame_after_a_cut_is_not_blended_with_the_shot_before():
    frames = list(two_shots())
    output = list(Stylizer(unchanged, 1.0, 1.0)(iter(frames)))
    rounding = 8  # of the conversion to YUV 4:2:0 and back
    assert np.abs(output[3].image - frames[3].image.astype(np.float32)).max() <= rounding


def test_warping_errors_are_counted_within_shots_only_if_frames_are_blended():
    blended, independent = Counts(), Counts()
    list(Stylizer(unchanged, 1.0, 1.0)(two_shots(), blended))
    list(Stylizer(unchanged, 1.0, 0.0)(two_shots(), independent))
    assert blended[PAIRS] == 4 and 0 < blended[ERROR_AFTER] <= blended[ERROR_BEFORE]
    assert independent == {}


def test_sharpness_lost_by_averaging_is_restored():
    drawing = shapes_image().astype(np.float32)
    averaged = (drawing + np.roll(drawing, 1, 1)) / 2
    restored = restore_sharpness(averaged, drawing).clip(0, 255).astype(np.uint8)
    soft, sharp, target = map(gradient_energy, (averaged.astype(np.uint8), restored, drawing.astype(np.uint8)))
    assert soft < sharp < 1.1 * target
    assert np.abs(restore_sharpness(drawing, drawing) - drawing).max() < 1e-2


def test_texture_in_flat_regions_is_smoothed_and_edges_are_preserved():
    wall = np.full((96, 128), 180, np.uint8)
    wall[:, 64:] = 40
    noise = np.random.default_rng(0).normal(0, 12, wall.shape)
    textured = np.repeat((wall + noise)[..., None], 3, 2).astype(np.float32)
    smooth = smooth_flat_regions(textured, wall)
    assert smooth[20:-20, 20:40].std() < 0.4 * textured[20:-20, 20:40].std()
    assert np.abs(smooth[:, 62:66] - textured[:, 62:66]).mean() < 1
