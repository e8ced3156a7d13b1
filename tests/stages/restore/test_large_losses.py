"""Large losses of one to three frames are filled; events of the scene are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import mean_psnr, panning_shot

import reimagine
from reimagine.degradation import degrade
from reimagine.media.video.frames import Frame, Shot
from reimagine.stages.contract import Counts
from reimagine.stages.restore.large_losses import repair_large_losses
from reimagine.stages.restore.statistics import LARGE_LOSSES

SIZE = 320, 240


def drawn(frames: list[Frame], draw) -> list[Frame]:
    """The frames after `draw(number, grey)`, which changes the luma (H, W) uint8 in place."""
    changed = []
    for number, frame in enumerate(frames):
        grey = frame.grey.copy()
        draw(number, grey)
        changed.append(frame.with_grey(grey))
    return changed


def flash(n, grey):
    if n == 8:
        np.minimum(grey.astype(int) + 90, 255, out=grey, casting="unsafe")


def lamp(n, grey):
    if n == 8:
        grey[:, :150] = np.minimum(grey[:, :150] * 1.8, 255)


def explosion(n, grey):
    if n >= 6:
        cv2.circle(grey, (160, 120), 12 * min(n - 5, 8), 250, -1)


def light_shirt(n, grey):
    cv2.rectangle(grey, (24 * n - 150, 80), (24 * n - 90, 170), 245, -1)


def cut(n, grey):
    if n >= 8:
        grey[:] = grey[::-1, ::-1] // 2


@pytest.mark.parametrize("event", [flash, lamp, explosion, light_shirt, cut], ids=lambda event: event.__name__)
def test_events_of_the_scene_are_left_alone(event):
    frames = drawn(panning_shot(16, *SIZE), event)
    if event is cut:
        frames = [f.renumbered(n, Shot(0, 8) if n < 8 else Shot(8, 16)) for n, f in enumerate(frames)]
    for before, after in zip(frames, repair_large_losses(frames), strict=True):
        assert np.array_equal(before.grey, after.grey)


@pytest.mark.parametrize("tone", [3, 250])
@pytest.mark.parametrize("lasting", [1, 2, 3])
def test_losses_are_filled_from_the_frames_around(lasting, tone):
    clean, counts = panning_shot(16, *SIZE), Counts()
    corners = np.array([[60, 40], [150, 60], [190, 160], [90, 190]])
    damaged = drawn(clean, lambda n, grey: 6 <= n < 6 + lasting and cv2.fillPoly(grey, [corners], tone, cv2.LINE_AA))
    repaired = list(repair_large_losses(damaged, counts))
    assert counts[LARGE_LOSSES] == lasting
    for n in range(6, 6 + lasting):
        assert mean_psnr([damaged[n]], [clean[n]]) < 15 < 28 < mean_psnr([repaired[n]], [clean[n]])


@pytest.mark.parametrize("model", ["classic", "unet-gan"])
def test_both_models_fill_decay(model, tiny_weights):
    clean = panning_shot(20, *SIZE)
    decayed = list(degrade(clean, "decay", 2))
    lost = [n for n in range(1, 17) if mean_psnr([decayed[n]], [clean[n]]) < 30]
    neutral = {"deflicker": 0.0, "weave": 0.0, "denoise": 0.0, "contrast": 0.0, "scratches": False}
    options = neutral if model == "classic" else {"weights": str(tiny_weights["restore unet-gan"]), "strength": 0.0}
    restored = list(reimagine.model("restore", model)(**options).load("cpu")(decayed))
    assert lost
    for n in lost:
        assert mean_psnr([restored[n]], [clean[n]]) > mean_psnr([decayed[n]], [clean[n]]) + 6
