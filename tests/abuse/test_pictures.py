"""Pictures whose headers state more pixels than are allowed are refused before memory is taken for them."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from helpers import make_film, picture, run_cli, run_program

from reimagine.errors import MediaError
from reimagine.media.images.decoding import decode_image
from reimagine.media.images.sizes import stated_size
from reimagine.media.video.reader import open_film, read_image
from reimagine.media.video.reading import Reading
from reimagine.media.video.writer import write_image

GROWTH = 300_000
"""Kilobytes by which the memory of the process may grow while a picture is refused."""


def png(width: int, height: int, depth: int = 8) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1 << 20, 0, 0, 54) + header + bytes(1000)


def jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes([1, 17, 0, 2, 17, 0, 3, 17, 0])
    return b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(11) + b"\xff\xc0\x00\x11" + frame + b"\xff\xd9" + bytes(64)


def webp(width: int, height: int) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + sizes
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


FILES = {
    "large.png": png(60000, 60000),
    "large-16.png": png(60000, 60000, 16),
    "large.bmp": bmp(60000, 60000),
    "upright.bmp": bmp(60000, -60000),
    "lowest.bmp": bmp(-(2**31), -(2**31)),
    "large.jpg": jpeg(65000, 65000),
    "large.webp": webp(16383, 16383),
    "wide.png": png(2**31 - 1, 1),
    "wide.bmp": bmp(2**31 - 1, 16),
    "wider.png": png(1_000_000, 16),
    "high.png": png(16, 1_000_000),
}


@pytest.mark.parametrize("name", FILES)
def test_a_large_picture_is_refused_without_allocation(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, out, err = run_cli("colorize", path, "--model", "tint", "--into", tmp_path / "run", "-q")
    assert (code, out, err.count("\n")) == (1, "", 1) and str(path) in err
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH


def test_an_openexr_file_whose_frame_is_large_is_refused(tmp_path):
    import OpenImageIO

    path = tmp_path / "frame.exr"
    spec = OpenImageIO.ImageSpec(16, 16, 3, "half")
    spec.full_width = spec.full_height = 60000
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec) and output.write_image(np.zeros((16, 16, 3), np.float32))
    output.close()
    with pytest.raises(MediaError, match="60000x60000, 3,600 megapixels"):
        open_film(path)


def test_the_option_sets_the_limit(tmp_path):
    path = tmp_path / "image.png"
    write_image(path, picture(0, 1200, 1000, 0))
    with pytest.raises(MediaError, match=r"1200x1000, 1 megapixels, and the limit is 1; .*--max-megapixels"):
        open_film(path, reading=Reading(max_megapixels=1.0))
    assert open_film(path, reading=Reading(max_megapixels=1.3)).width == 1200


def test_the_limit_holds_for_films_too(tmp_path):
    film = make_film(tmp_path / "film.mp4", 4, size=(1280, 960))
    with pytest.raises(MediaError, match="1280x960, 1 megapixels"):
        open_film(film, reading=Reading(max_megapixels=1.0))


def test_a_film_that_states_a_huge_picture_is_one_line(tmp_path):
    film = make_film(tmp_path / "film.mp4", 4)
    data = film.read_bytes()
    at = data.index(b"avc1") + 28  # width and height of the sample entry
    film.write_bytes(data[:at] + struct.pack(">HH", 65000, 65000) + data[at + 4 :])
    try:
        open_film(film)
    except MediaError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_sizes_are_those_of_the_pictures(suffix, tmp_path):
    path = tmp_path / f"image{suffix}"
    for size in ((48, 32), (33, 517)):
        for quality in (None, 80):
            write_image(path, picture(0, *size, 0), quality)
            assert stated_size(path) == size == read_image(path).shape[1::-1]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".mp4"])
def test_names_that_are_not_unicode(suffix, tmp_path):
    folder = tmp_path / os.fsdecode(b"\xff\xfe")
    folder.mkdir()
    path = folder / os.fsdecode(b"\xe9t\xe9" + suffix.encode())
    if suffix == ".mp4":
        make_film(tmp_path / "film.mp4", 4).rename(path)
        assert open_film(path).frames == 4
    else:
        write_image(path, picture(0, 48, 32, 0))
        assert decode_image(path).shape == (32, 48, 3)


@pytest.mark.parametrize("suffix", [".webp", ".nothing"])
def test_a_picture_that_cannot_be_written_is_one_line(suffix, tmp_path):
    with pytest.raises(MediaError, match="cannot hold this picture") as error:
        write_image(tmp_path / f"image{suffix}", np.zeros((16, 20000, 3), np.uint8))
    assert "\n" not in str(error.value)


def test_a_pipe_is_no_film(tmp_path):
    os.mkfifo(tmp_path / "film.mp4")
    with pytest.raises(MediaError, match="neither a file nor a folder"):
        open_film(Path(tmp_path / "film.mp4"))


@pytest.mark.parametrize("depth", [8, 16])
def test_a_damaged_png_is_one_line_of_the_whole_process(depth, tmp_path):
    """The libraries that decode it print nothing of their own."""
    image = picture(0, 48, 32, 0).astype(np.uint8 if depth == 8 else np.uint16) << depth - 8
    write_image(tmp_path / "whole.png", image)
    data = (tmp_path / "whole.png").read_bytes()
    damages = {"cut.png": data[:-100], "bits.png": data[:300] + b"xyz" + data[303:]}
    for name, damaged in damages.items():
        (tmp_path / name).write_bytes(damaged)
        done = run_program("colorize", tmp_path / name, "--model", "tint", "--into", tmp_path / f"run-{name}", "-q")
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and not done.stdout


def test_the_path_of_a_film_that_is_not_unicode_is_printed(tmp_path):
    path = tmp_path / os.fsdecode(b"\xe9t\xe9.png")
    write_image(path, picture(0, 48, 32, 0))
    command = [sys.executable, "-m", "reimagine", "colorize", path, "--model", "tint", "-q", "--into", tmp_path / "run"]
    for locale in ("C", "C.UTF-8"):
        output = tmp_path / os.fsdecode(b"\xe8.png")
        environment = os.environ | {"LC_ALL": locale}
        done = subprocess.run([*command, "-o", output], capture_output=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == os.fsencode(output)
