"""The cartoon stage: looks, options, errors and the report."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from helpers import make_film, shapes_image, stylized

import reimagine
from reimagine import recipe, zoo
from reimagine.errors import RecipeError, StageError, WeightsError
from reimagine.media.video.frames import frame_from_image
from reimagine.metrics.warp import gradient_energy
from reimagine.stages.cartoon.cartoongan.net import CartoonGenerator
from reimagine.stages.cartoon.cartoongan.stage import CartoonGAN
from reimagine.stages.cartoon.ink import Ink
from reimagine.stages.cartoon.options import ERROR_AFTER, ERROR_BEFORE, PAIRS

SCENE = shapes_image()


@pytest.fixture
def weights(tiny_weights) -> str:
    return str(tiny_weights["cartoon cartoongan"])


# -- looks -----------------------------------------------------------------------------------


def test_shipped_looks_differ_from_the_film_and_from_each_other_and_keep_edges():
    scene = shapes_image(192)
    drawings = {}
    for look in CartoonGAN().choices()["look"]:
        if look == "ink" or (zoo.SHIPPED / f"cartoon-{look}.toml").exists():
            drawing = stylized(CartoonGAN(look=look), [scene])[0]
            assert 4 < np.abs(drawing.astype(int) - scene).mean() < 110, look
            assert gradient_energy(drawing) > 0.3 * gradient_energy(scene), look
            drawings[look] = drawing.astype(int)
    assert {"ink", "hayao", "shinkai"} <= drawings.keys() and len(drawings) >= 6
    for a, b in pairwise(drawings.values()):
        assert np.abs(a - b).mean() > 4


def test_ink_is_the_first_choice_and_every_choice_has_a_preview():
    looks = CartoonGAN().choices()["look"]
    assert looks[0] == "ink" and len(set(looks)) == len(looks)
    assert [setting["look"] for setting in CartoonGAN.previews()] == looks


def test_the_look_ink_is_the_ink_model():
    options = {"strength": 0.7, "line": 0.5, "temporal_strength": 0.3}
    assert CartoonGAN(look="ink").required_weights == ""
    a, b = (stylized(model, [SCENE, SCENE]) for model in (CartoonGAN(look="ink", **options), Ink(**options)))
    assert np.array_equal(a, b)


def test_a_published_look_that_is_not_installed_names_the_command_that_adds_it():
    with pytest.raises(WeightsError, match="models add cartoongan-hosoda"):
        CartoonGAN(look="hosoda").load("cpu")


def test_weights_that_were_trained_again_give_another_step(tiny_weights, tmp_path):
    """The key of a step depends on the content of the weights, not only on the path of the look."""
    film, look = make_film(tmp_path / "film.mp4", 4), tmp_path / "look"
    look.mkdir()
    net = CartoonGenerator(4)
    keys = set()
    for _ in range(2):
        torch.nn.init.normal_(net.deconv03_1.weight)
        zoo.save(look / "weights.safetensors", net, {"width": 4})
        reimagine.run(film, [CartoonGAN(look=str(look))], tmp_path / "run")
        keys = {p.name for p in (tmp_path / "run").glob("??-cartoon*")}
    assert len(keys) == 2


# -- options ---------------------------------------------------------------------------------


def test_a_grey_film_stays_grey_unless_colour_is_allowed(weights):
    grey = cv2.cvtColor(cv2.cvtColor(SCENE, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    plain, coloured = (stylized(CartoonGAN(weights=weights, colour=c), [grey])[0] for c in (False, True))
    assert np.ptp(plain.astype(int), axis=2).max() <= 8
    assert np.ptp(coloured.astype(int), axis=2).max() > 8


@pytest.mark.parametrize("size", [(40, 30), (97, 301), (640, 360)])
def test_any_film_size_works_also_when_the_network_works_at_a_smaller_one(weights, size):
    image = cv2.resize(SCENE, size)
    whole, small = (stylized(CartoonGAN(weights=weights, size=s), [image])[0] for s in (2000, 64))
    assert whole.shape == small.shape == image.shape
    assert np.abs(whole.astype(float).mean((0, 1)) - small.mean((0, 1))).max() < 40


def test_strength_blends_the_film_with_the_look(weights):
    none, half, full = (stylized(CartoonGAN(weights=weights, strength=s), [SCENE])[0] for s in (0.0, 0.5, 1.0))
    assert np.abs(none.astype(int) - frame_from_image(0, SCENE).image).mean() < 2
    assert np.abs(half - (none / 2 + full / 2)).mean() < 3


def test_line_draws_dark_lines_over_the_look(weights):
    without, with_lines = (stylized(CartoonGAN(weights=weights, line=v), [SCENE])[0] for v in (0.0, 1.0))
    assert with_lines.mean() < without.mean()


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (CartoonGAN, {"strength": 2.0}, "--strength 2 is out of range; give 0 to 1"),
        (CartoonGAN, {"temporal_strength": -1.0}, "--temporal-strength -1 is out of range; give 0 to 1"),
        (CartoonGAN, {"line": 1.5}, "--line 1.5 is out of range; give 0 to 1"),
        (CartoonGAN, {"size": 3}, "--size 3 is out of range; give 64 to 2160"),
        (CartoonGAN, {"look": "ink", "strength": 2.0}, "--strength"),
        (Ink, {"temporal_strength": -1.0}, "--temporal-strength"),
        (Ink, {"levels": 0}, "--levels 0 is out of range; give 1 to 256"),
    ],
)
def test_values_out_of_range_are_refused_before_any_work_in_one_line(model, options, message):
    with pytest.raises(RecipeError, match=message) as caught:
        model(**options)
    assert "\n" not in str(caught.value)


def test_an_unknown_look_is_refused_before_any_work_with_the_nearest_name():
    for refuse in (lambda model: recipe.check(model), lambda model: model.load("cpu")):
        with pytest.raises(StageError, match=r"unknown look 'hayo'.*hayao"):
            refuse(CartoonGAN(look="hayo"))


# -- report ----------------------------------------------------------------------------------


def test_the_report_contains_the_warping_error_before_and_after_temporal_blending(tmp_path):
    film = make_film(tmp_path / "film.mp4", 8)
    report = reimagine.run(film, [Ink()], tmp_path / "run").report
    assert 0 < report["cartoon_warp_error"]["after"] <= report["cartoon_warp_error"]["before"]
    assert PAIRS not in report["counts"]


def test_the_reported_error_is_a_mean_per_pair_with_three_significant_digits():
    counts = {PAIRS: 3.0, ERROR_BEFORE: 1.0, ERROR_AFTER: 0.02}
    for model in (CartoonGAN, Ink):
        assert model.report(counts) == {"cartoon_warp_error": {"before": 0.333, "after": 0.00667}}
        assert model.report({}) == {}
