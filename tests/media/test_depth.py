"""Films of every pixel format: which bits are read, kept through a step, and written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from helpers import run_cli

from reimagine.media.export import Encoding, export
from reimagine.media.images.matrices import MATRICES
from reimagine.media.images.pixels import depth_of, plane
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame, frame_from_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.writer import read_frames, write_frames

DECODERS = {"libdav1d": "av1", "libaom-av1": "av1"}
"""Codecs by the names of their decoders, where those differ."""
W, H, FRAMES = 96, 64, 3
YUV = {
    f"yuv{subsampling}p{bits}": (subsampling, depth)
    for subsampling in ("420", "422", "444")
    for bits, depth in (("", 8), ("10le", 10), ("12le", 12), ("16le", 16))
}
"""Pixel formats in which frames are held."""
CONVERTED = {
    "yuv420p9le": "yuv420p10le",
    "yuv420p14le": "yuv420p16le",
    "yuv411p": "yuv422p",
    "yuv410p": "yuv420p",
    "yuv440p": "yuv420p",
    "yuva444p10le": "yuv444p10le",
    "gray": "yuv420p",
    "gray10le": "yuv420p10le",
    "gray16le": "yuv420p16le",
    "ya8": "yuv420p",
    "bgra": "yuv444p",
    "gbrp10le": "yuv444p10le",
    "gbrp16le": "yuv444p16le",
    "rgb48le": "yuv444p16le",
}
"""Other pixel formats of FFV1, and the one in which their frames are held."""


def ramp(n: int) -> np.ndarray:
    """(h, w, 3) uint16 RGB of 16 bits: smooth colours, which use all bits."""
    y, x = np.mgrid[0:H, 0:W].astype(np.float32)
    channels = [9000 + 400 * x + 31 * n, 12000 + 500 * y + 17 * x, 20000 + 150 * (x + y)]
    return np.dstack(channels).astype(np.uint16)


def write_film(path: Path, pixel_format: str, codec: str = "ffv1", **tags: int) -> list[av.VideoFrame]:
    """Write a film; the pictures as they were encoded."""
    pictures = []
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = W, H, pixel_format
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        for n in range(FRAMES):
            picture = av.VideoFrame.from_ndarray(ramp(n), "rgb48le").reformat(format=pixel_format)
            picture.pts, picture.time_base = n, Fraction(1, 25)
            for name, value in tags.items():
                setattr(picture, name, value)
            pictures.append(picture)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return pictures


def planes(picture: av.VideoFrame) -> list[np.ndarray]:
    return [plane(picture, number).copy() for number in range(3)]


@pytest.mark.parametrize("pixel_format", YUV)
def test_a_film_is_read_with_all_of_its_bits(tmp_path, pixel_format):
    written = write_film(tmp_path / "film.mkv", pixel_format)
    film = open_film(tmp_path / "film.mkv")
    assert film.pixel_format == pixel_format
    for frame, picture in zip(read_film(film), written, strict=True):
        for read, expected in zip(planes(frame.picture), planes(picture), strict=True):
            np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("pixel_format", YUV)
def test_stages_see_8_bits_of_it(tmp_path, pixel_format):
    write_film(tmp_path / "film.mkv", pixel_format)
    frame = next(read_film(open_film(tmp_path / "film.mkv")))
    assert frame.luma.dtype == np.uint8 and frame.luma.shape == (H, W)
    assert frame.chroma[0].dtype == np.uint8 and frame.chroma[0].shape == (H // 2, W // 2)
    assert np.abs(frame.image - (ramp(0) / 257)).max() <= 5
    assert np.abs(frame.image16 / 257 - ramp(0) / 257).max() <= 4


@pytest.mark.parametrize("pixel_format, held", CONVERTED.items())
def test_other_pixel_formats_are_converted_without_loss_of_depth(tmp_path, pixel_format, held):
    write_film(tmp_path / "film.mkv", pixel_format)
    film = open_film(tmp_path / "film.mkv")
    frame = next(read_film(film))
    assert film.pixel_format == frame.picture.format.name == held
    expected = ramp(0) / 257
    if pixel_format.startswith(("gray", "ya")):
        grey = expected @ MATRICES["bt601"].weights
        assert np.abs(frame.grey - grey).max() <= 3 and np.ptp(frame.image, 2).max() <= 1
    else:
        assert np.abs(frame.image - expected).mean() <= 2


@pytest.mark.parametrize("pixel_format", YUV)
def test_changed_planes_are_written_at_the_depth_of_the_film(pixel_format):
    depth = YUV[pixel_format][1]
    frame = frame_from_image(0, ramp(0) if depth > 8 else (ramp(0) >> 8).astype(np.uint8), pixel_format)
    before = planes(frame.picture)
    cb, cr = frame.chroma
    coloured = frame.with_chroma(cv2.add(cb, 9), cr)
    luma, blue, red = planes(coloured.picture)
    np.testing.assert_array_equal(luma, before[0])
    np.testing.assert_array_equal(red, before[2])
    assert abs(blue.astype(float).mean() - before[1].mean() - 9 * (1 << (depth - 8))) < 1.01 * (1 << (depth - 8))
    if depth > 8:
        assert len(np.unique(blue & 3)) == 4
    brighter = frame.with_grey(cv2.add(frame.grey, 10))
    luma, *chroma = planes(brighter.picture)
    assert (luma.astype(int) - before[0] == 10 << (depth - 8)).all()
    for kept, old in zip(chroma, before[1:], strict=True):
        np.testing.assert_array_equal(kept, old)
    grey = frame.with_grey(frame.grey, coloured=False)
    assert (planes(grey.picture)[1] == 128 << (depth - 8)).all() and np.ptp(grey.image, 2).max() <= 1


def test_an_image_of_16_bits_keeps_its_greys():
    grey = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    frame = frame_from_image(0, np.dstack([grey] * 3))
    np.testing.assert_array_equal(plane(frame.picture, 0), grey)
    np.testing.assert_array_equal(frame.image16, np.dstack([grey] * 3))
    assert np.abs(frame.image[..., 0] - (grey / 257)).max() <= 1.5


@pytest.mark.parametrize("pixel_format", YUV)
def test_intermediate_frames_keep_all_bits(tmp_path, pixel_format):
    depth = YUV[pixel_format][1]
    frame = frame_from_image(0, ramp(0) if depth > 8 else (ramp(0) >> 8).astype(np.uint8), pixel_format)
    write_frames(tmp_path / "frames.nut", [frame], Fraction(25))
    film = Film("film.mkv", "", 1, Fraction(25), W, H, 0.04, pixel_format=pixel_format, full=True)
    read = next(read_frames(tmp_path / "frames.nut", film))
    for samples, expected in zip(planes(read.picture), planes(frame.picture), strict=True):
        np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize("pixel_format", YUV)
def test_luma_that_no_step_changed_leaves_with_the_bits_it_came_with(tmp_path, pixel_format):
    written = write_film(tmp_path / "film.mkv", pixel_format)
    out = tmp_path / "out.mkv"
    code, _, error = run_cli(
        *(
            "colorize",
            tmp_path / "film.mkv",
            "--model",
            "tint",
            "--codec",
            "ffv1",
            "-o",
            out,
            "--into",
            tmp_path / "run",
        )
    )
    assert code == 0, error
    film = open_film(out)
    assert film.pixel_format == pixel_format
    for frame, picture in zip(read_film(film), written, strict=True):
        np.testing.assert_array_equal(plane(frame.picture, 0), plane(picture, 0))


@pytest.mark.parametrize(
    "pixel_format, name, encoding, expected",
    [
        ("yuv420p", "out.mp4", {}, ("h264", "yuv420p")),
        ("yuv444p", "out.mp4", {}, ("h264", "yuv420p")),
        ("yuv420p10le", "out.mp4", {}, ("hevc", "yuv420p10le")),
        ("yuv422p10le", "out.mkv", {}, ("hevc", "yuv422p10le")),
        ("yuv444p16le", "out.mov", {}, ("hevc", "yuv444p10le")),
        ("yuv422p10le", "out.mov", {"preset_archive": "prores-hq"}, ("prores", "yuv422p10le")),
        ("yuv444p16le", "out.mkv", {"preset_archive": "ffv1"}, ("ffv1", "yuv444p16le")),
        ("yuv422p", "out.mkv", {"preset_archive": "ffv1"}, ("ffv1", "yuv422p")),
        ("yuv420p10le", "out.mp4", {"codec": "av1"}, ("av1", "yuv420p10le")),
        ("yuv420p10le", "out.mp4", {"codec": "h264", "pix_fmt": "yuv420p10le"}, ("h264", "yuv420p10le")),
        ("yuv420p10le", "out.avi", {}, ("h264", "yuv420p")),
    ],
)
def test_the_encoder_is_given_the_depth_of_the_film(tmp_path, pixel_format, name, encoding, expected):
    write_film(tmp_path / "film.mkv", pixel_format)
    film, out = open_film(tmp_path / "film.mkv"), tmp_path / name
    remarks = export(film, out, read_film(film), None, Encoding(**encoding).for_film(film, out))
    with av.open(str(out)) as container:
        context = container.streams.video[0].codec_context
        assert expected[0] in DECODERS.get(context.name, context.name) and context.pix_fmt == expected[1]
    lost = depth_of(expected[1]) < depth_of(pixel_format)
    assert any("bits" in remark for remark in remarks) == lost
    assert np.abs(next(read_film(open_film(out))).image - ramp(0) / 257).mean() <= 4


@pytest.mark.parametrize("name, matrix", MATRICES.items())
def test_the_matrix_is_read_and_written(tmp_path, name, matrix):
    source = frame_from_image(0, (ramp(0) >> 8).astype(np.uint8), "yuv444p")
    frame = Frame(0, source.picture, matrix=name).with_image(source.image)
    film = Film("none.mkv", "", 1, Fraction(25), W, H, 0.04, pixel_format="yuv444p", matrix=name)
    film = write_with_matrix(tmp_path / "film.mkv", frame, matrix.codes[0])
    assert film.matrix == name
    read = next(read_film(film))
    assert np.abs(read.image - source.image.astype(int)).max() <= 3
    tinted = export(film, tmp_path / "out.mp4", [read], None, Encoding(crf=4))
    assert tinted == [] and open_film(tmp_path / "out.mp4").matrix == name


def write_with_matrix(path: Path, frame: Frame, code: int) -> Film:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = W, H, "yuv444p"
        stream.codec_context.colorspace = code
        frame.picture.pts, frame.picture.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(frame.picture))
        container.mux(stream.encode())
    return open_film(path)


@pytest.mark.parametrize("transfer, name", [(16, "PQ"), (18, "HLG")])
def test_a_step_refuses_a_picture_of_high_dynamic_range(tmp_path, transfer, name):
    write_film(tmp_path / "film.mkv", "yuv420p10le", colorspace=9, color_primaries=9, color_trc=transfer)
    code, _, error = run_cli("colorize", tmp_path / "film.mkv", "--model", "tint", "--into", tmp_path / "run")
    assert code == 1 and f"high dynamic range ({name})" in error and "BT.709" in error
    assert not (tmp_path / "run" / "film.mp4").exists()
    film = open_film(tmp_path / "film.mkv")
    assert (film.hdr, film.matrix) == (name, "bt2020")
