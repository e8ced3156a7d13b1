"""Enlargement: sizes, depth, odd sides, large pictures, what later steps and the finished film see."""

from __future__ import annotations

import importlib.util

import av
import cv2
import numpy as np
import pytest
from helpers import frames_of, make_film, picture, run_cli

import reimagine
from reimagine.errors import StageError, WeightsError
from reimagine.media.video.frames import Frame, frame_from_image
from reimagine.media.video.writer import write_image
from reimagine.runs.folder import Run
from reimagine.stages.upscale.edsr import inference

Lanczos, EDSR = reimagine.model("upscale", "lanczos"), reimagine.model("upscale", "edsr")
Tint, Stabilize = reimagine.model("colorize", "tint"), reimagine.model("stabilize")


def only(model, frame: Frame) -> Frame:
    return next(iter(model.load("cpu")([frame])))


def size_of(path) -> tuple[int, int]:
    with av.open(str(path)) as container:
        return container.streams.video[0].width, container.streams.video[0].height


@pytest.mark.parametrize(
    ("options", "size", "result"),
    [
        ({}, (720, 480), (1440, 960)),
        ({"factor": 4}, (61, 47), (244, 188)),
        ({"height": 1080}, (720, 480), (1620, 1080)),
        ({"height": 1080}, (640, 360), (1920, 1080)),
    ],
)
def test_sizes(options, size, result):
    assert Lanczos(**options).output_size(*size) == result


def test_the_network_takes_the_nearest_factor():
    """A little more than a factor is left to interpolation, because the next one takes five times as long."""
    assert [EDSR(height=1080).network_factor(h) for h in (540, 480, 360, 270, 240)] == [2, 2, 4, 4, 4]


@pytest.mark.parametrize("depth", ["yuv420p", "yuv422p10le", "yuv444p16le"])
def test_planes_keep_their_depth_and_subsampling(depth, tiny_weights):
    image = cv2.resize(picture(0, 96, 64, 1), (95, 63)).astype(np.uint16) * 257
    frame = frame_from_image(0, image if depth != "yuv420p" else (image >> 8).astype(np.uint8), depth)
    for model in (Lanczos(), EDSR(weights=str(tiny_weights["upscale edsr"]), height=150)):
        enlarged = only(model, frame)
        assert enlarged.pixel_format == depth and (enlarged.width, enlarged.height) == model.output_size(95, 63)
        for before, after in zip(frame.planes, enlarged.planes, strict=True):
            assert abs(float(before.mean()) - float(after.mean())) < 0.02 * (1 << frame.depth)
            assert before.dtype == after.dtype and after.std() > before.std() / 2


def test_a_large_picture_is_enlarged_in_strips(tiny_weights, monkeypatch):
    frame = frame_from_image(0, picture(0, 96, 200, 1))
    model = EDSR(weights=str(tiny_weights["upscale edsr"]))
    whole = only(model, frame).luma
    monkeypatch.setattr(inference, "STRIP_PIXELS", 96 * 50)
    assert np.abs(only(model, frame).luma.astype(int) - whole).max() <= 1


def test_no_strength_is_bicubic(tiny_weights):
    frame = frame_from_image(0, picture(0, 96, 64, 1))
    enlarged = only(EDSR(weights=str(tiny_weights["upscale edsr"]), strength=0.0), frame).grey
    assert np.abs(enlarged.astype(int) - cv2.resize(frame.grey, (192, 128), interpolation=cv2.INTER_CUBIC)).max() <= 2


@pytest.mark.parametrize("size", [(96, 64), (61, 47)])
def test_the_finished_film_and_later_steps_have_the_new_size(tmp_path, size):
    """An odd film is stored with even sides; the column and the row that were added are not enlarged."""
    padded = tuple(side + side % 2 for side in size)
    source = make_film(tmp_path / "film.mkv", 12, size=size, cuts=(6,), sounds=1, pixel="yuv444p", codec="ffv1")
    done = reimagine.run(source, [Tint(), Lanczos(), Stabilize(), Tint(hue=200)], tmp_path / "run")
    assert size_of(done.film) == (2 * size[0], 2 * size[1]) and len(frames_of(done.film)) == 12
    run = Run.open(done.folder)
    film = run.tracks.film
    assert (film.width, film.height) == (2 * size[0], 2 * size[1]) and (run.film.width, run.film.height) == size
    before = next(run.tracks.picture(1).read(3, 4))
    assert (before.width, before.height) == padded
    after = next(run.tracks.picture().read(3, 4)).grey
    expected = cv2.resize(before.grey[: size[1], : size[0]], after.shape[::-1], interpolation=cv2.INTER_LANCZOS4)
    assert np.abs(after.astype(int) - expected).mean() < 2


def test_a_photograph_is_enlarged(tmp_path):
    write_image(tmp_path / "photo.png", picture(0, 61, 47, 1))
    done = reimagine.run(tmp_path / "photo.png", [Lanczos(factor=4)], tmp_path / "run")
    image = cv2.imread(str(done.film))
    assert image is not None and image.shape == (188, 244, 3)


def test_a_dry_run_counts_the_new_pixels(film, tmp_path):
    from reimagine.execution.dry_run import plan_steps

    run = Run.open(film, tmp_path / "run")
    [small], [large] = (list(plan_steps(run, [model])) for model in (Tint(), Lanczos(factor=4)))
    assert large.bytes == 16 * small.bytes and large.seconds > 0 and large.film.width == 4 * small.film.width
    code, out, _ = run_cli("upscale", film, "--model", "lanczos", "--into", tmp_path / "run", "--dry-run", "-q")
    assert code == 0 and out.split()[:2] == ["upscale", "lanczos"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--factor", "3"], "--factor 3: give 2 or 4, or --height"),
        (["--height", "131"], "--height 131 is odd"),
        (["--height", "64"], "is 64 pixels high; --height 64 does not enlarge it"),
        (["--model", "spandrel"], "give --weights a .safetensors or .pth file"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(film, tmp_path, options, sentence):
    code, _, error = run_cli("upscale", film, "--model", "lanczos", *options, "--into", tmp_path / "run")
    assert code == 1 and sentence in error


def test_a_result_that_no_encoder_takes_is_refused(tmp_path):
    write_image(tmp_path / "wide.png", np.zeros((16, 5000, 3), np.uint8))
    with pytest.raises(StageError, match="5000x16 pixels become 20000x64"):
        reimagine.run(tmp_path / "wide.png", [Lanczos(factor=4)], tmp_path / "run")


# -- networks that spandrel reads --------------------------------------------------------------


def test_without_spandrel_the_error_says_how_to_install_it(film, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("reimagine.stages.upscale.spandrel_package.find_spec", lambda name: None)
    (tmp_path / "net.pth").write_bytes(b"weights")
    options = "--model", "spandrel", "--weights", tmp_path / "net.pth", "--into", tmp_path / "run"
    code, _, error = run_cli("upscale", film, *options)
    assert code == 1 and "pip install 'reimagine[upscale]'" in error


def test_a_published_network_enlarges_in_tiles(tmp_path):
    """A tiny network of the architecture Compact (Real-ESRGAN), whose weights are random."""
    pytest.importorskip("spandrel", reason="needs the extra [upscale]")
    import torch
    from spandrel.architectures.Compact.__arch.SRVGG import SRVGGNetCompact  # pyright: ignore[reportMissingImports]

    torch.manual_seed(0)
    net = SRVGGNetCompact(num_in_ch=3, num_out_ch=3, num_feat=4, num_conv=1, upscale=2, act_type="prelu")
    torch.save(net.state_dict(), tmp_path / "net.pth")
    cls = reimagine.model("upscale", "spandrel")
    frame = frame_from_image(0, picture(0, 96, 64, 1))
    whole, tiled = (only(cls(weights=str(tmp_path / "net.pth"), tile=tile), frame).image for tile in (256, 32))
    assert whole.shape == (128, 192, 3) and np.abs(whole.astype(int) - tiled).max() <= 1
    assert only(cls(weights=str(tmp_path / "net.pth"), height=160), frame).image.shape == (160, 240, 3)
    (tmp_path / "text.pth").write_text("no network")
    with pytest.raises(WeightsError, match="not a network that spandrel reads"):
        cls(weights=str(tmp_path / "text.pth")).load("cpu")
