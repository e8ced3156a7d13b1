"""Image sequences as films: formats, order of names, gaps, times, identity, files of several pictures."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import OpenImageIO
import pytest
from helpers import picture, times_of
from sequences import SIZE, converted, linear, write_image_file, write_sequence

import reimagine
from reimagine.errors import MediaError, RunError
from reimagine.media.images.pixels import depth_of
from reimagine.media.video.film import Film
from reimagine.media.video.film_file import read_film_file
from reimagine.media.video.reader import open_film, read_film, read_image
from reimagine.media.video.reading import Reading
from reimagine.runs.folder import Run

TINT = reimagine.model("colorize", "tint")
FORMATS = [
    (".dpx", "uint8", {}, 3),
    (".dpx", "uint16", {"oiio__BitsPerSample": 10}, 3),
    (".dpx", "uint16", {"oiio__BitsPerSample": 12}, 3),
    (".dpx", "uint16", {}, 3),
    (".tif", "uint8", {}, 3),
    (".tif", "uint16", {}, 3),
    (".png", "uint8", {}, 3),
    (".png", "uint16", {}, 3),
    (".exr", "half", {}, 3),
    (".exr", "float", {}, 3),
    (".jpg", "uint8", {}, 20),
    (".webp", "uint8", {}, 20),
    (".bmp", "uint8", {}, 3),
]
"""Suffix, sample type, attributes of the file, and the largest error of a level of 255."""


def error(film: Film, index: int, number: int) -> int:
    """Largest difference of a frame to the picture of a number."""
    [frame] = read_film(film, index, index + 1)
    assert frame.index == index
    return int(np.abs(frame.image.astype(int) - picture(number, *SIZE, 0)).max())


@pytest.mark.parametrize(("suffix", "kind", "attributes", "tolerance"), FORMATS)
def test_every_format_and_depth_is_a_film(tmp_path, suffix, kind, attributes, tolerance):
    pattern = write_sequence(tmp_path / "frames" / f"%06d{suffix}", range(5), kind, **attributes)
    film = open_film(pattern, None, Reading(rate=18))
    assert (film.frames, film.rate, film.width, film.height) == (5, 18, *SIZE)
    assert film.sequence and not film.is_still and film.seconds == 5 / 18
    assert max(error(film, n, n) for n in (3, 0, 4)) <= tolerance
    result = reimagine.run(pattern, [TINT(saturation=0.0)], tmp_path / "run", reading=Reading(rate=18))
    assert times_of(result.film) == [Fraction(n, 18) for n in range(5)]
    colorized = next(read_film(open_film(result.film), 2)).grey
    assert np.abs(colorized.astype(int) - next(read_film(film, 2)).grey).mean() < 2


@pytest.mark.parametrize(("suffix", "kind", "attributes", "tolerance"), [row for row in FORMATS if row[1] != "uint8"])
def test_more_than_8_bits_are_kept(tmp_path, suffix, kind, attributes, tolerance):
    ramp = np.linspace(8000, 9000, SIZE[0]).astype(np.uint16)[None, :, None].repeat(SIZE[1], 0).repeat(3, 2)
    samples = linear(ramp / 65535) if suffix == ".exr" else ramp
    for number in range(2):
        write_image_file(tmp_path / f"{number}{suffix}", samples, kind, **attributes)
    film = open_film(tmp_path / f"%d{suffix}")
    step = {"half": 40, "float": 4}.get(kind, 1 << 16 - attributes.get("oiio__BitsPerSample", 16))
    [frame] = read_film(film, 1)
    assert film.pixel_format == "yuv444p16le" and np.abs(frame.image16.astype(int) - ramp).max() <= step + 2
    result = reimagine.run(tmp_path / f"%d{suffix}", [TINT()], tmp_path / "run")
    assert depth_of(open_film(result.film).pixel_format) == 10


def test_one_deep_image_makes_a_deep_film(tmp_path):
    write_sequence(tmp_path / "%d.png", (0, 1))
    write_sequence(tmp_path / "%d.png", (2,), "uint16")
    film = open_film(tmp_path / "%d.png")
    assert film.pixel_format == "yuv444p16le" and max(error(film, n, n) for n in range(3)) <= 3


@pytest.mark.parametrize("source", ["frames", "frames/*", "frames/shot_*.png", "frames/shot_%d.png"])
def test_names_are_in_natural_order(tmp_path, source):
    write_sequence(tmp_path / "frames" / "shot_%d.png", (8, 9, 10, 11, 100))
    film = open_film(tmp_path / source, None, Reading(as_film=True))
    assert [Path(file).name for file in film.stills] == [f"shot_{n}.png" for n in (8, 9, 10, 11, 100)]
    assert [error(film, n, number) <= 3 for n, number in enumerate((8, 9, 10, 11, 100))] == [True] * 5


def test_missing_numbers_are_said_and_keep_their_time(tmp_path):
    pattern = write_sequence(tmp_path / "frames" / "v2_%04d.dpx", (3, 4, 7, 8))
    result = reimagine.run(pattern, [TINT()], tmp_path / "run", reading=Reading(rate=20))
    assert times_of(result.film) == [Fraction(n, 20) for n in (0, 1, 4, 5)]
    assert any("numbers without an image: 5 to 6;" in note for note in result.report["remarks"])
    part = open_film(pattern, None, Reading(rate=20)).trim(0.05, 0.25)
    assert (part.first, part.ticks, part.frames) == (1, (0, 3), 2) and error(part, 1, 7) <= 3


@pytest.mark.parametrize("names", [("1.png", "001.png"), ("1.png", "1.jpg"), ("a_02.png", "a_2.tif")])
def test_two_images_of_one_number_are_refused(tmp_path, names):
    for name in names:
        write_image_file(tmp_path / "frames" / name, picture(0, *SIZE, 0))
    with pytest.raises(MediaError, match=r"have the same number; leave one of them out") as refused:
        open_film(tmp_path / "frames", None, Reading(as_film=True))
    assert "\n" not in str(refused.value)


def test_a_pattern_names_only_its_own_images(tmp_path):
    write_sequence(tmp_path / "frames" / "%04d.tif", range(3))
    write_sequence(tmp_path / "frames" / "%d.tif", (10, 11))
    write_image_file(tmp_path / "frames" / "poster.tif", picture(50, *SIZE, 0))
    assert [open_film(tmp_path / "frames" / p).frames for p in ("%04d.tif", "%d.tif", "00*.tif", "?????*.tif")] == [
        *(3, 2, 3),
        1,
    ]
    with pytest.raises(MediaError, match=r"%03d\.tif: no image has such a name; the folder has 0000\.tif"):
        open_film(tmp_path / "frames" / "%03d.tif")
    with pytest.raises(MediaError, match=r"no such folder"):
        open_film(tmp_path / "none" / "%03d.tif")


def test_the_rate_is_given_or_stated_or_assumed(tmp_path):
    stated = write_sequence(tmp_path / "a" / "%d.exr", range(2), "half", FramesPerSecond=("rational", (16, 1)))
    header = write_sequence(tmp_path / "b" / "%d.dpx", range(2), dpx__FrameRate=18.0)
    silent = write_sequence(tmp_path / "c" / "%d.png", range(2))
    assert [open_film(path).rate for path in (stated, header, silent)] == [16, 18, 24]
    assert any("--rate sets it" in note for note in open_film(silent).notes)
    assert open_film(stated, None, Reading(rate=23.976)).rate == Fraction(24000, 1001)


def test_a_folder_that_is_no_film_stays_a_folder_of_pictures(tmp_path):
    write_sequence(tmp_path / "%d.png", (1, 2, 10))
    film = open_film(tmp_path)
    assert film.is_still and not film.sequence and film.frames == 3
    with pytest.raises(MediaError, match=r"is a single file; --as-film is for a folder"):
        open_film(tmp_path / "1.png", None, Reading(as_film=True))


def test_images_of_another_size_are_scaled_to_the_first(tmp_path):
    write_sequence(tmp_path / "%d.png", range(3))
    write_image_file(tmp_path / "1.png", picture(1, 192, 128, 0))
    film = open_film(tmp_path / "%d.png")
    assert any("1 images have another size: they are scaled to 96x64" in note for note in film.notes)
    assert [(f.width, f.height) for f in read_film(film)] == [SIZE] * 3


def test_a_moved_sequence_is_the_same_film_and_a_changed_one_is_not(tmp_path):
    pattern = write_sequence(tmp_path / "frames" / "%d.png", range(4))
    first = Run.open(pattern, tmp_path / "run")
    shutil.move(tmp_path / "frames", tmp_path / "reel")
    for source in (tmp_path / "reel" / "*.png", tmp_path / "reel" / "%d.png"):
        moved = Run.open(source, tmp_path / "run")
        assert moved.key == first.key and moved.film.source == str(source)
        assert moved.film.stills[3] == str(tmp_path / "reel" / "3.png")
    assert Run.open(tmp_path / "reel", tmp_path / "run", Reading(as_film=True)).key == first.key
    write_image_file(tmp_path / "reel" / "2.png", picture(9, *SIZE, 0))
    with pytest.raises(RunError, match=r"was changed since"):
        Run.open(tmp_path / "run")
    shutil.rmtree(tmp_path / "reel")
    with pytest.raises(RunError, match=r"does not exist any more"):
        Run.open(tmp_path / "run")


@pytest.mark.parametrize(
    ("pattern", "folder"), [("reel 1/%06d.dpx", "reel 1"), ("x/scan_%04d.dpx", "scan"), ("x/a.*.dpx", "a")]
)
def test_the_run_folder_is_named_after_the_sequence(tmp_path, monkeypatch, pattern, folder):
    monkeypatch.chdir(tmp_path)
    write_sequence(tmp_path / pattern.replace("*", "%03d"), range(2))
    assert Run.open(Path(pattern)).folder == Path("runs") / folder


def test_the_facts_of_a_sequence_are_saved_and_read(tmp_path):
    film = open_film(write_sequence(tmp_path / "%d.dpx", (1, 2, 5), PixelAspectRatio=1.5))
    film.save(tmp_path / "film.json")
    assert read_film_file(tmp_path / "film.json", "") == film and film.aspect == Fraction(3, 2)


def blurred(image: np.ndarray) -> np.ndarray:
    """An image without the dither of GIF."""
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), 3)


@pytest.mark.parametrize("name", ["film.png", "film.webp", "film.gif"])
def test_animated_images_are_films(tmp_path, name):
    images = [cv2.cvtColor(picture(20 * n, *SIZE, 0), cv2.COLOR_RGB2BGR) for n in range(4)]
    animation = cv2.Animation()
    animation.frames, animation.durations = images, [100, 100, 300, 500]
    path = tmp_path / name
    assert cv2.imwriteanimation(str(path), animation)
    film = open_film(path)
    assert not film.is_still and film.frames == 4
    assert [float(film.time(n)) for n in range(5)] == [0, 0.1, 0.2, 0.5, 1.0]
    shown = [frame.image for frame in read_film(film)]
    assert len(shown) == 4 and np.abs(blurred(shown[3]) - blurred(picture(60, *SIZE, 0))).mean() < 8
    result = reimagine.run(path, [TINT()], tmp_path / "run")
    assert result.film.suffix == ".mp4" and len(times_of(result.film)) == 4


def write_pages(path: Path, images: list[np.ndarray], kind: str = "uint8") -> Path:
    output = OpenImageIO.ImageOutput.create(str(path))
    specs = [OpenImageIO.ImageSpec(i.shape[1], i.shape[0], 3, kind) for i in images]
    for number, spec in enumerate(specs):
        spec.attribute("oiio:subimagename", f"part {number}")
    assert output.open(str(path), tuple(specs))
    for number, (image, spec) in enumerate(zip(images, specs, strict=True)):
        assert not number or output.open(str(path), spec, "AppendSubimage")
        assert output.write_image(image)
    output.close()
    output.geterror()
    return path


def test_the_pages_of_a_tiff_file_are_frames_without_its_thumbnail(tmp_path):
    pages = [picture(n, *SIZE, 0) for n in range(5)]
    film = open_film(write_pages(tmp_path / "film.tif", [*pages[:2], picture(0, 24, 16, 0), *pages[2:]]))
    assert film.sequence and film.frames == 5 and "thumbnails in the file that are left out: 1" in film.notes
    assert [error(film, n, n) <= 3 for n in range(5)] == [True] * 5
    part = film.trim(0.1, None)
    assert part.first == 3 and error(part, 0, 3) <= 3
    single = open_film(write_pages(tmp_path / "photo.tif", [pages[0], picture(0, 24, 16, 0)]))
    assert single.is_still and single.frames == 1


def test_a_file_of_several_pictures_is_no_frame_of_a_sequence(tmp_path):
    write_pages(tmp_path / "1.tif", [picture(n, *SIZE, 0) for n in range(2)])
    write_sequence(tmp_path / "%d.tif", (2, 3))
    with pytest.raises(MediaError, match=r"1\.tif: holds several pictures"):
        open_film(tmp_path / "*.tif")


def test_stills_of_dpx_and_exr_are_read(tmp_path):
    for name, kind, notes in (("a.dpx", "uint16", 0), ("b.exr", "half", 1)):
        path = write_image_file(tmp_path / name, converted(picture(0, *SIZE, 0), kind), kind)
        assert open_film(path).is_still and len(open_film(path).notes) == notes
        assert np.abs(read_image(path).astype(int) - picture(0, *SIZE, 0)).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiff_is_upright_as_jpeg_is(tmp_path, orientation):
    image = np.ascontiguousarray(picture(0, *SIZE, 0))
    image[:20, :30] = (200, 30, 30)
    tiff = write_image_file(tmp_path / "a.tif", image, Orientation=orientation)
    jpeg = write_image_file(tmp_path / "a.jpg", image, Orientation=orientation)
    a, b = read_image(tiff), read_image(jpeg)
    assert a.shape == b.shape and np.abs(a.astype(int) - b).mean() < 3


def test_grey_and_alpha_are_read_as_colours(tmp_path):
    image = picture(0, *SIZE, 0)
    grey = write_image_file(tmp_path / "grey.tif", image[..., :1])
    assert np.array_equal(read_image(grey), np.repeat(image[..., :1], 3, 2))
    alpha = np.dstack([converted(image, "uint16"), np.full(SIZE[::-1], 30000, np.uint16)])
    transparent = write_image_file(tmp_path / "alpha.tif", alpha, oiio__UnassociatedAlpha=1)
    assert np.abs(read_image(transparent).astype(int) - image).max() <= 1


def test_an_exr_image_is_shown_in_its_display_window(tmp_path):
    spec = OpenImageIO.ImageSpec(40, 30, 3, "half")
    spec.x, spec.y, spec.full_width, spec.full_height = 10, -5, *SIZE
    output = OpenImageIO.ImageOutput.create(str(tmp_path / "a.exr"))
    assert output.open(str(tmp_path / "a.exr"), spec) and output.write_image(np.ones((30, 40, 3), np.float32))
    output.close()
    shown = read_image(tmp_path / "a.exr")
    assert shown.shape == (64, 96, 3) and shown[:25, 10:50].min() == 255 and shown.sum() == 25 * 40 * 3 * 255


def test_the_first_part_of_an_exr_file_is_read_and_the_others_are_named(tmp_path):
    write_pages(tmp_path / "1.exr", [picture(n, *SIZE, 0) for n in range(2)], "half")
    assert "OpenEXR files of 2 parts: the first part is read" in open_film(tmp_path / "%d.exr").notes


def test_a_damaged_image_is_one_line(tmp_path):
    pattern = write_sequence(tmp_path / "%d.dpx", range(3), "uint16")
    (tmp_path / "1.dpx").write_bytes((tmp_path / "1.dpx").read_bytes()[:9000])
    with pytest.raises(MediaError, match=r"1\.dpx: not an image, or damaged") as refused:
        open_film(pattern)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("options", [{"deinterlace": "field"}, {"deinterlace": "frame"}, {"inverse_telecine": True}])
def test_images_have_no_fields(tmp_path, options):
    pattern = write_sequence(tmp_path / "%d.png", range(2))
    with pytest.raises(MediaError, match=r"has no fields"):
        open_film(pattern, None, Reading(**options))


def test_an_output_rate_repeats_frames(tmp_path):
    pattern = write_sequence(tmp_path / "in" / "%d.png", range(4))
    reading = Reading(rate=12, output_rate=24)
    result = reimagine.run(pattern, [TINT()], tmp_path / "run", reading=reading)
    with av.open(str(result.film)) as container:
        assert len(list(container.decode(video=0))) == 8
