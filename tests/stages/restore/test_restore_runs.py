"""The stage `restore` in recipes and runs: options, order, and the report of what was found."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import make_film, panning_shot, picture, run_cli

import reimagine
from reimagine import recipe
from reimagine.errors import ReimagineError
from reimagine.media.video.frames import frame_from_image
from reimagine.stages.contract import Counts

Classic, RestoreUNetGAN = reimagine.model("restore", "classic"), reimagine.model("restore")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"kind": "negativ"}, "did you mean 'negative'"),
        ({"strength": 2.0}, "--strength 2 is out of range"),
        ({"black_point": -0.5}, "--black-point -0.5 is out of range"),
        ({"black_point": 0.9, "white_point": 0.2}, "--black-point 0.9 is not below --white-point 0.2"),
    ],
)
def test_options_out_of_range_are_refused(options, text, tiny_weights):
    with pytest.raises(ReimagineError, match=text):
        recipe.check(RestoreUNetGAN(weights=str(tiny_weights["restore unet-gan"]), **options))
    with pytest.raises(ReimagineError, match="--denoise 3 is out of range"):
        recipe.check(Classic(denoise=3.0))


def test_restore_must_be_the_first_picture_stage(film, tmp_path):
    path = tmp_path / "late.toml"
    steps = ('colorize"\nmodel = "tint', 'restore"\nmodel = "classic')
    path.write_text("".join(f'[[step]]\nstage = "{step}"\n\n' for step in steps))
    with pytest.raises(ReimagineError, match=":6: step 2: 'restore' "):
        recipe.read(path)
    reimagine.run(film, [reimagine.model("colorize", "tint")()], tmp_path / "run")
    code, _, err = run_cli("restore", tmp_path / "run", "--model", "classic", "-q")
    assert code == 1 and "first" in err and "--into" in err


def test_a_run_reports_what_was_found(tmp_path, tiny_weights):
    source = make_film(tmp_path / "film.mp4", 30, size=(192, 128))
    degraded = tmp_path / "degraded.mp4"
    assert run_cli("degrade", source, "--kind", "scratches", "-o", degraded, "-q")[0] == 0
    report = reimagine.run(degraded, [Classic()], tmp_path / "run").report
    found = report["found"]
    assert found["negative"] is False and found["noise"] > 0
    assert set(found) >= {"flicker", "scratches_a_frame"}
    assert not [name for name in report["counts"] if "summed" in name]
    model = RestoreUNetGAN(weights=str(tiny_weights["restore unet-gan"]), kind="negative")
    found = reimagine.run(degraded, [model], tmp_path / "negative").report["found"]
    assert found["negative"] is True
    assert 0 <= found["filled_from_frames_around_percent"] <= 100


def test_unrelated_stills_report_no_flicker():
    """The measurements of one film do not enter the report of the next."""
    restore = Classic().load("cpu")
    for scene in (0, 1, 2, 3):
        counts = Counts()
        assert len(list(restore([frame_from_image(0, picture(0, 96, 64, scene))], counts))) == 1
        assert Classic.report(counts)["found"]["flicker"] == 0


def test_flicker_and_scratches_of_a_film_are_measured():
    frames = panning_shot(12)
    flickering = [f.with_grey((f.grey * (0.9 if f.index % 2 else 1.0)).astype(np.uint8)) for f in frames]
    counts = Counts()
    assert len(list(Classic(denoise=0.0).load("cpu")(flickering, counts))) == 12
    found = Classic.report(counts)["found"]
    assert found["flicker"] > 5 and found["negative"] is False and found["faded"] is False
    assert set(counts) <= set(Classic.reported_counts)
    assert Classic.report({}) == {"found": {}}
