"""Codecs, containers, quality, pixel formats, shape and frame times of encoded pictures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import av
import pytest
from containers import moving_picture, write_container
from helpers import make_film, times_of

from reimagine.errors import MediaError
from reimagine.media.export import export, hardware
from reimagine.media.export.encoders import ARCHIVE_PRESETS, ENCODERS, HARDWARE_ENCODERS
from reimagine.media.export.encoding import Encoding, check_output_of
from reimagine.media.video.film import Film
from reimagine.media.video.reader import open_film, read_film

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mxf")
HOLDING = {
    "h264": (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".mxf"),
    "hevc": (".mp4", ".m4v", ".mov", ".mkv"),
    "vp9": (".mp4", ".m4v", ".mkv", ".webm", ".avi"),
    "av1": (".mp4", ".m4v", ".mkv", ".webm", ".avi"),
    "ffv1": (".mp4", ".m4v", ".mkv", ".avi", ".mxf"),
    "prores": (".mov", ".mkv", ".mxf"),
    "prores-hq": (".mov", ".mkv", ".mxf"),
    "prores-4444": (".mov", ".mkv", ".mxf"),
    "dnxhr": (".mov", ".mxf"),
    "dnxhr-hqx": (".mov", ".mxf"),
}
"""Containers of each codec and archive preset."""
TIMES = [0, 40, 80, 160, 200, 320, 360, 400, 440, 480, 600, 640, 720, 760, 800, 840, 880, 920, 1000, 1040]
"""Milliseconds of the frames of a film of variable frame rate."""


def encoding_named(name: str) -> Encoding:
    return Encoding(preset_archive=name) if name in ARCHIVE_PRESETS and name != "ffv1" else Encoding(name)


@pytest.fixture(scope="module")
def wide(tmp_path_factory) -> Film:
    """A film of pixels that are wider than high."""
    path = tmp_path_factory.mktemp("wide") / "film.mkv"
    film = open_film(write_container(path, images=[moving_picture(n, 256, 128) for n in range(8)]))
    return replace(film, aspect=Fraction(16, 15))


@pytest.mark.parametrize(("name", "suffix"), product(HOLDING, SUFFIXES))
def test_every_container_keeps_frames_and_shape_or_refuses_the_codec(tmp_path, wide, name, suffix):
    encoding, out = encoding_named(name), tmp_path / f"film{suffix}"
    if suffix not in HOLDING[name]:
        with pytest.raises(MediaError, match=f"{suffix} cannot hold {name}; use -o with"):
            encoding.check(out)
        return
    encoding.check(out)
    remarks = export(wide, out, read_film(wide), None, encoding)
    with av.open(str(out)) as container:
        picture = container.streams.video[0]
        shown = picture.width * (picture.sample_aspect_ratio or 1) / picture.height
        assert sum(1 for _ in container.decode(picture)) == 8
    assert abs(shown - Fraction(256, 128) * wide.aspect) < Fraction(2, 128)
    assert any("square pixels" in remark for remark in remarks) == (picture.width != 256)
    assert suffix not in (".mp4", ".mov", ".mkv", ".webm") or not remarks


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1"])
def test_crf_sets_the_quality_of_every_codec_that_has_it(tmp_path, wide, codec):
    sizes = []
    for crf in (12, 45):
        export(wide, tmp_path / f"{crf}.mkv", read_film(wide), None, Encoding(codec, crf=crf))
        sizes.append((tmp_path / f"{crf}.mkv").stat().st_size)
    assert sizes[0] > 1.5 * sizes[1]


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [
        *(("h264", "yuv420p10le"), ("h264", "yuv422p10le"), ("hevc", "yuv420p10le"), ("hevc", "yuv444p12le")),
        *(("av1", "yuv420p10le"), ("ffv1", "yuv422p10le"), ("ffv1", "yuv444p16le"), ("prores", "yuv444p10le")),
    ],
)
def test_pixel_formats(tmp_path, wide, codec, pix_fmt):
    encoding = Encoding(codec, pix_fmt=pix_fmt)
    out = tmp_path / f"film{ENCODERS[codec].suffix}"
    encoding.check(out)
    export(wide, out, read_film(wide), None, encoding)
    with av.open(str(out)) as container:
        found = next(container.decode(video=0)).format.name
    assert found == ("yuv444p12le" if codec == "prores" else pix_fmt)  # ProRes 4444 is decoded as 12 bits


@pytest.mark.parametrize(
    ("encoding", "out", "sentence"),
    [
        (Encoding("h264", crf=52), "x.mp4", "--crf 52: h264 takes 0 to 51"),
        (Encoding("vp9", crf=64), "x.webm", "--crf 64: vp9 takes 0 to 63"),
        (Encoding("ffv1", crf=1), "x.mkv", "--crf 1: ffv1 takes none: leave it out"),
        (Encoding(crf=20), "x.mxf", "--crf 20: prores takes none: leave it out"),
        (Encoding(crf=64), "x.webm", "--crf 64: vp9 takes 0 to 63"),
        (Encoding(preset="8"), "x.mp4", "--preset 8: h264 takes ultrafast"),
        (Encoding(preset_archive="dnxhr", crf=0), "x.mov", "--preset-archive sets codec and quality"),
        (Encoding("h265"), "x.mp4", "did you mean"),
        (Encoding(), "x.xyz", "unknown kind of film"),
    ],
)
def test_what_cannot_be_encoded_is_refused_before_work(encoding, out, sentence):
    with pytest.raises(MediaError) as error:
        encoding.check(Path(out))
    assert sentence in str(error.value)


@pytest.mark.parametrize(("rate", "fits"), [(18, False), (24, True), (25, True), (Fraction(30000, 1001), True)])
def test_mxf_holds_the_frame_rates_of_television(tmp_path, rate, fits):
    film = open_film(make_film(tmp_path / "film.mkv", 6, Fraction(rate)))
    if not fits:
        with pytest.raises(MediaError, match=r"\.mxf cannot hold 18 frames per second; use -o film\.mov"):
            check_output_of(film, Path("x.mxf"), Encoding())
        return
    check_output_of(film, Path("x.mxf"), Encoding())
    export(film, tmp_path / "out.mxf", read_film(film), None, Encoding())
    copy = open_film(tmp_path / "out.mxf")
    assert (copy.frames, copy.rate) == (6, rate)


def test_hardware_encoders_are_refused_or_work(tmp_path, wide):
    usable = hardware.usable_encoders()
    for name, encoder in HARDWARE_ENCODERS.items():
        if name not in usable:
            with pytest.raises(MediaError, match=f"--codec {name}: .*; use "):
                Encoding(name).check(None)
            continue
        film = open_film(make_film(tmp_path / "film.mkv", 6, size=(320, 256)))
        export(film, tmp_path / f"out{encoder.suffix}", read_film(film), None, Encoding(name))
        assert open_film(tmp_path / f"out{encoder.suffix}").frames == 6


def test_a_hardware_encoder_gets_its_quality(monkeypatch):
    monkeypatch.setattr(hardware, "_reason_not_usable", lambda name: "")
    encoding = Encoding("h264_nvenc", crf=30, preset="p6")
    monkeypatch.setattr(Encoding, "_check_quality", lambda *_: None)
    encoding.check(Path("x.mkv"))
    assert encoding.options(encoding.encoder(".mkv")) == {"cq": "30", "preset": "p6", "rc": "vbr", "b": "0"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_variable_frame_rate_is_kept_or_made_constant_by_repetition(tmp_path, suffix):
    film = open_film(make_film(tmp_path / "film.mkv", len(TIMES), times=TIMES))
    remarks = export(film, tmp_path / f"out{suffix}", read_film(film), None, Encoding())
    times = [round(1000 * float(time)) for time in times_of(tmp_path / f"out{suffix}")]
    constant = suffix in (".avi", ".mxf")
    assert times == ([40 * n for n in range(len(times))] if constant else TIMES)
    assert constant == any("constant frame rate" in remark for remark in remarks)
    assert abs(open_film(tmp_path / f"out{suffix}").seconds - film.seconds) < 0.021


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        *(("h264", suffix) for suffix in SUFFIXES if suffix != ".webm"),
        ("ffv1", ".mkv"),
        ("vp9", ".webm"),
        ("av1", ".mp4"),
        ("prores", ".mov"),
    ],
)
def test_a_last_frame_stands_as_long_in_every_container(tmp_path, codec, suffix):
    film = open_film(write_container(tmp_path / "film.mkv", options={"bf": "0"}, last=3.0))
    assert film.last_duration == 3
    export(film, tmp_path / f"out{suffix}", read_film(film), None, Encoding(codec))
    assert abs(open_film(tmp_path / f"out{suffix}").seconds - film.seconds) < 0.05
