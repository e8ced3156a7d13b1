"""Training data of a look, and the normalization layer of the light generator."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from helpers import random_drawing, write_still_film

from reimagine.errors import MediaError
from reimagine.metrics.warp import gradient_energy
from reimagine.stages.cartoon.cartoongan import data
from reimagine.stages.cartoon.cartoongan.net import FastInstanceNorm


def drawing() -> np.ndarray:
    return random_drawing(np.random.default_rng(0))


def test_a_film_is_sampled_every_three_seconds_without_black_frames_and_credits(tmp_path):
    rng = np.random.default_rng(2)
    pages = [random_drawing(rng) for _ in range(5)]
    credits = np.zeros((300, 300, 3), np.uint8)
    for n, text in enumerate(("DIRECTED BY", "A PERSON WHO", "LIKES TO DRAW", "AND OTHER PEOPLE")):
        cv2.putText(credits, text, (20, 60 + 60 * n), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    images = [*pages, np.zeros_like(credits), credits]
    film = write_still_film(tmp_path / "film.mp4", images, frames=6, rate=2)
    assert len(list(data.sample_frames(film))) == 5


def test_text_has_a_high_lettering_share_and_a_drawing_a_low_one():
    page = np.full((256, 256), 240, np.uint8)
    for row in range(6):
        cv2.putText(page, "ONCE UPON A TIME", (10, 40 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 10, 2)
    grey = cv2.cvtColor(cv2.resize(drawing(), (256, 256)), cv2.COLOR_RGB2GRAY)
    assert data.lettering_share(page) > data.MAX_LETTERING_SHARE > data.lettering_share(grey)


def test_blank_pages_are_refused():
    blank = [np.full((300, 300, 3), 255, np.uint8)]
    with pytest.raises(MediaError, match="too few pictures to train a look: 0 usable crops"):
        data.art_crops(blank, np.random.default_rng(0))


def test_margins_are_cropped():
    page = np.full((500, 400, 3), 240, np.uint8)
    page[100:400, 50:350] = drawing()
    h, w = data.crop_margins(page).shape[:2]
    assert abs(h - 300) < 40 and abs(w - 300) < 40


def test_a_faded_print_gets_full_contrast_and_colour_is_unchanged():
    page = cv2.cvtColor(drawing(), cv2.COLOR_RGB2GRAY)
    faded = np.repeat((90 + page // 4)[..., None], 3, 2)
    assert np.ptp(faded) < 70 and np.ptp(data.stretch_grey_page(faded)) > 240
    assert (data.stretch_grey_page(drawing()) == drawing()).all()


def test_only_edges_are_smoothed():
    page = drawing()
    smooth = data.smooth_edges(page)
    edges = cv2.Canny(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), 100, 200) > 0
    far = cv2.dilate(edges.astype(np.uint8), np.ones((9, 9))) == 0
    assert (smooth[far] == page[far]).all() and (smooth[edges] != page[edges]).any()
    assert gradient_energy(smooth) < 0.8 * gradient_energy(page)


def test_the_fast_instance_norm_has_the_gradients_of_group_norm():
    torch.manual_seed(0)
    fast, reference = FastInstanceNorm(5, 5), torch.nn.GroupNorm(5, 5)
    torch.nn.init.normal_(fast.weight)
    reference.load_state_dict(fast.state_dict())
    x = torch.randn(3, 5, 8, 9)
    gradient = torch.randn_like(x)
    inputs = [x.clone().requires_grad_() for _ in range(2)]
    for norm, values in zip((fast, reference), inputs, strict=True):
        norm(values).backward(gradient)
    assert torch.allclose(inputs[0].grad, inputs[1].grad, atol=1e-5)
    assert torch.allclose(fast.weight.grad, reference.weight.grad, atol=1e-4)
