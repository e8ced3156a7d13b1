"""`restore --model classic`: flicker, gate weave, dirt, scratches, grain, contrast."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from helpers import mean_psnr, panning_shot

import reimagine
from reimagine.degradation import degrade
from reimagine.media.video.frames import Frame
from reimagine.stages.restore.dirt import detect_dirt

Classic = reimagine.model("restore", "classic")
WITHOUT_DENOISE = Classic(denoise=0.0, contrast=0.0)


def brightness_deviation(frames: list[Frame]) -> float:
    """Standard deviation of the frames' mean luma."""
    return float(np.std([f.grey.mean() for f in frames]))


def scaled(frames: list[Frame], gains: np.ndarray) -> list[Frame]:
    """The frames, each multiplied by its gain."""
    return [f.with_grey((f.grey * gain).astype(np.uint8)) for f, gain in zip(frames, gains, strict=True)]


@pytest.mark.parametrize(("kind", "gain"), [("dust", 4.0), ("scratches", 3.0), ("flicker", 5.0)])
def test_damage_is_removed(kind, gain):
    frames = panning_shot(30, 320, 240)
    degraded = list(degrade(frames, kind, 2))
    restored = list(WITHOUT_DENOISE.load("cpu")(degraded))
    assert mean_psnr(restored, frames) > mean_psnr(degraded, frames) + gain
    if kind == "flicker":
        assert brightness_deviation(restored) < 0.4 * brightness_deviation(degraded)


def test_gate_weave_is_reduced():
    degraded = list(degrade(panning_shot(30), "weave", 1))
    restored = list(WITHOUT_DENOISE.load("cpu")(degraded))

    def shake(frames: list[Frame]) -> float:
        greys = [f.grey.astype(np.float32) for f in frames]
        shifts = [cv2.phaseCorrelate(a, b)[0] for a, b in pairwise(greys)]
        return float(np.std(shifts, 0).mean())

    assert shake(restored) < 0.6 * shake(degraded)


def test_vertical_objects_and_fast_objects_are_left_unchanged():
    """A post is no scratch, and an object that crosses the picture is no dirt."""
    frames = panning_shot(40)
    for n, frame in enumerate(frames):
        image = frame.image.copy()
        image[:, 150 - n : 153 - n] = 20
        image[40:52, 20 + 3 * n : 32 + 3 * n] = 240
        frames[n] = frame.with_image(image)
    assert mean_psnr(list(WITHOUT_DENOISE.load("cpu")(frames)), frames) > 34


def test_a_fade_is_left_and_a_slowly_dimming_lamp_is_corrected():
    frames, number = panning_shot(60), np.arange(60)
    fade = scaled(frames, np.clip(1.2 - number / 40, 0.1, 1))
    assert mean_psnr(list(WITHOUT_DENOISE.load("cpu")(fade)), fade) > 34
    lamp = scaled(frames, 0.92 + 0.06 * np.sin(number / 7))
    assert brightness_deviation(list(WITHOUT_DENOISE.load("cpu")(lamp))) < 0.6 * brightness_deviation(lamp)


def test_dirt_is_detected_next_to_motion_that_is_too_fast_for_the_flow():
    current = np.full((96, 128), 120, np.uint8)
    previous, following = current.copy(), current.copy()
    for frame, x in ((previous, 30), (current, 40), (following, 50)):
        frame[30:60, x : x + 20] = 160
    assert not detect_dirt(current, previous, following, 1.0).any()
    current[44:49, 48:53] = 240
    dirt = detect_dirt(current, previous, following, 1.0) > 0
    assert dirt[45:48, 49:52].all() and dirt.sum() < 120


def test_denoise_removes_noise_and_contrast_stretches_tones():
    frames = panning_shot(12)
    noisy = list(degrade(frames, "noise", 1))
    denoised = list(Classic(contrast=0.0, denoise=1.0).load("cpu")(noisy))
    assert mean_psnr(denoised, frames) > mean_psnr(noisy, frames) + 3
    faded = list(degrade(frames, "faded", 1))
    restored = list(Classic(denoise=0.0, contrast=1.0).load("cpu")(faded))
    assert np.ptp(restored[5].grey) > 1.3 * np.ptp(faded[5].grey)
