"""Films written as numbered images, image sequences on the command line, and outputs that are refused before work."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import OpenImageIO
import pytest
import soundfile
from helpers import interrupt_at, make_film, picture, run_cli
from sequences import SIZE, read_image_file, write_image_file, write_sequence

import reimagine
from reimagine.media.video.image_files import read_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.reading import Reading
from reimagine.progress import NoProgress

TINT = reimagine.model("colorize", "tint")
TOLERANCE = {".jpg": 12, ".webp": 3}
"""Largest mean error of a level of 255, by format; 3 for all others: the chroma of the film has half the size."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def colorize(*arguments: object) -> tuple[int, str, str]:
    return run_cli("colorize", *arguments, "--model", "tint", "--device", "cpu", "-q")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".dpx", ".exr", ".jpg", ".webp", ".bmp"])
def test_a_film_is_written_as_numbered_images(tmp_path, suffix):
    film, out = make_film(tmp_path / "film.mp4", 5), tmp_path / "out" / f"f_%04d{suffix}"
    code, printed, _ = colorize(film, "--into", tmp_path / "run", "-o", out, "--saturation", 0)
    assert code == 0 and printed == f"{out}\n"
    assert names(tmp_path / "out") == [f"f_{n:04d}{suffix}" for n in range(5)]
    for number, frame in enumerate(read_film(open_film(film))):
        grey = np.repeat(frame.grey[..., None], 3, 2)
        written = read_image(tmp_path / "out" / f"f_{number:04d}{suffix}")
        assert np.abs(written.astype(int) - grey).mean() < TOLERANCE.get(suffix, 3)
    again = open_film(out, None, Reading(rate=24))
    assert (again.frames, again.width, again.height) == (5, *SIZE)


def test_the_written_images_state_rate_and_shape(tmp_path):
    pattern = write_sequence(tmp_path / "in" / "%d.dpx", range(3), PixelAspectRatio=1.5)
    for suffix in (".dpx", ".exr"):
        out = tmp_path / "out" / f"%d{suffix}"
        assert colorize(pattern, "--rate", 18, "--into", tmp_path / "run", "-o", out)[0] == 0
        assert (open_film(out).rate, open_film(out).aspect) == (18, 1.5)
    assert read_image_file(tmp_path / "out" / "0.dpx").dtype == np.uint8
    assert read_image_file(tmp_path / "out" / "0.exr").dtype == np.float16
    *_, err = colorize(pattern, "--rate", 18, "--into", tmp_path / "run", "-o", tmp_path / "out" / "%d.png")
    assert "the aspect ratio 3/2 is lost" in err


@pytest.mark.parametrize("suffix", [".png", ".tif", ".dpx", ".exr", ".jpg"])
def test_images_of_a_deep_film_have_its_depth(tmp_path, suffix):
    ramp = np.linspace(20000, 21000, SIZE[0]).astype(np.uint16)[None, :, None].repeat(SIZE[1], 0).repeat(3, 2)
    for number in (1, 2):
        write_image_file(tmp_path / "in" / f"{number}.tif", ramp)
    code, _, err = colorize(
        tmp_path / "in" / "%d.tif", "--into", tmp_path / "run", "--saturation", 0, "-o", tmp_path / "o" / f"%d{suffix}"
    )
    written = open_film(tmp_path / "o" / f"%d{suffix}")
    assert code == 0 and ("the picture has 16 bits and .jpg images have 8" in err) == (suffix == ".jpg")
    if suffix != ".jpg":
        [frame] = read_film(written, 1)
        assert np.abs(frame.image16.astype(int) - ramp).max() <= (40 if suffix == ".exr" else 260)
        assert len(np.unique(frame.image16[0, :, 1])) > 30


@pytest.mark.parametrize(
    ("source", "options", "numbers"),
    [
        ("in/%d.png", (), (8, 9, 12, 13)),
        ("in/%d.png", ("--rate", "10", "--start", "0.1"), (9, 12, 13)),
        ("film.mp4", ("--start", "0.25"), (6, 7, 8, 9)),
        ("in/%d.png", ("--rate", "10", "--output-rate", "20"), range(12)),
    ],
)
def test_images_keep_their_numbers(tmp_path, source, options, numbers):
    write_sequence(tmp_path / "in" / "%d.png", (8, 9, 12, 13))
    make_film(tmp_path / "film.mp4", 10)
    code, _, err = colorize(tmp_path / source, *options, "--into", tmp_path / "run", "-o", tmp_path / "o" / "%03d.tif")
    assert code == 0 and "lost" not in err
    assert names(tmp_path / "o") == [f"{n:03d}.tif" for n in numbers]


def test_the_sound_is_written_beside_the_images(tmp_path):
    film = make_film(tmp_path / "film.mp4", 24, sounds=2)
    code, _, err = colorize(film, "--into", tmp_path / "run", "-o", tmp_path / "o" / "a_%03d.png", "--start", 0.5)
    assert code == 0 and "images hold no sound: it was written to" in err and "audio 2 (aac): left out" in err
    samples, rate = soundfile.read(tmp_path / "o" / "a_sound.wav")
    assert abs(len(samples) / rate - 0.5) < 0.001 and np.abs(samples).max() > 0.1
    steps = [reimagine.model(s)() for s in ("transcribe", "timbre", "mix")]
    reimagine.run(film, steps, tmp_path / "music", tmp_path / "m" / "%03d.png")
    assert names(tmp_path / "m")[-2:] == ["023.png", "sound.wav"]


def test_sound_of_more_channels_is_said_to_be_mixed(tmp_path):
    with av.open(str(tmp_path / "film.mkv"), "w") as container:
        picture_track, track = container.add_stream("ffv1", rate=24), container.add_stream("flac", rate=48000)
        picture_track.width, picture_track.height, picture_track.pix_fmt, track.layout = *SIZE, "yuv420p", "5.1"
        for number in range(4):
            container.mux(picture_track.encode(av.VideoFrame.from_ndarray(picture(number, *SIZE, 0), "rgb24")))
        block = av.AudioFrame.from_ndarray(np.zeros((1, 6 * 8000), np.int16), "s16", "5.1")
        block.rate, block.pts = 48000, 0
        container.mux([*picture_track.encode(), *track.encode(block), *track.encode()])
    *_, err = colorize(tmp_path / "film.mkv", "--into", tmp_path / "run", "-o", tmp_path / "o" / "%d.png")
    assert "its 6 channels were mixed to 2; -o film.mkv keeps them" in err


def test_a_variable_frame_rate_is_said_to_be_lost(tmp_path):
    film = make_film(tmp_path / "film.mkv", 4, times=[0, 40, 200, 240])
    *_, err = colorize(film, "--into", tmp_path / "run", "-o", tmp_path / "o" / "%d.png")
    assert "the variable frame rate is lost; --output-rate" in err


def test_only_missing_images_are_written_again(tmp_path):
    film, out = make_film(tmp_path / "film.mp4", 8), tmp_path / "o" / "%d.png"
    with interrupt_at(_Progress, "advance", 14):  # eight frames opened, eight colorized, fewer exported
        reimagine.run(film, [], tmp_path / "run", out, progress=_Progress())
    present = {path: path.stat().st_mtime_ns for path in (tmp_path / "o").iterdir() if path.name[0] != "."}
    assert 0 < len(present) < 8
    reimagine.run(film, [], tmp_path / "run", out)
    assert names(tmp_path / "o") == [f"{n}.png" for n in range(8)]
    assert all(path.stat().st_mtime_ns == time for path, time in present.items())
    (tmp_path / "o" / "3.png").unlink()
    reimagine.run(film, [], tmp_path / "run", out)
    assert (tmp_path / "o" / "3.png").exists()


class _Progress(NoProgress):
    """Progress that can be interrupted."""

    def advance(self, count: float) -> None:
        """Nothing is shown."""


def test_images_that_others_have_made_are_not_overwritten(tmp_path):
    film, out = make_film(tmp_path / "film.mp4", 3), tmp_path / "o" / "%d.png"
    mine = write_image_file(tmp_path / "o" / "7.png", picture(0, *SIZE, 0))
    before = mine.read_bytes()
    code, _, err = colorize(film, "--into", tmp_path / "run", "-o", out)
    assert code == 1 and "7.png exists and was not written by this run" in err and err.count("\n") == 1
    assert names(tmp_path / "o") == ["7.png"] and mine.read_bytes() == before
    mine.unlink()
    assert colorize(film, "--into", tmp_path / "run", "-o", out)[0] == 0
    code, _, err = colorize(film, "--into", tmp_path / "run", "-o", out, "--saturation", 0.3)
    assert code == 1 and "are of other steps or options; give -o another folder" in err


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("film.mp4", ("-o", "x.png"), "x.png: is one image, not a film; give -o x-%06d.png for"),
        ("in/%d.png", ("-o", "x.tif"), "x.tif: is one image, not a film; give -o x-%06d.tif for"),
        ("in/1.png", ("-o", "x.mp4"), "is a picture, not a film; give -o a .png file"),
        ("in/%d.png", ("-o", "in/out_%d.png"), "lies among the images of the film; give -o another folder"),
        ("in", ("-o", "x.mp4"), "leave it out, or give a folder of frames --as-film"),
        ("film.mp4", ("-o", "o/%d.png", "--crf", "20"), "images are not encoded as films are; leave out --codec"),
        ("film.mp4", ("--as-film",), "is a single file; --as-film is for a folder of images"),
        ("in/%03d.png", (), "no image has such a name; the folder has 1.png"),
    ],
)
def test_outputs_that_do_not_fit_are_refused_before_work(tmp_path, monkeypatch, source, options, message):
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "film.mp4", 6)
    write_sequence(tmp_path / "in" / "%d.png", (1, 2, 3))
    code, _, err = colorize(source, *options)
    assert code == 1 and message in err and err.count("\n") == 1
    assert not list(tmp_path.glob("runs/*/01-*"))


def test_a_sequence_is_a_film_for_every_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_sequence(tmp_path / "reel" / "%04d.tif", range(5))
    film = "reel", "--as-film", "--rate", 18
    assert colorize(*film) == (0, "runs/reel/film.mp4\n", "")
    assert run_cli("shots", *film, "-q")[1] == "runs/reel/shots.csv\n"
    assert run_cli("preview", "colorize", *film, "--model", "tint", "-q")[0] == 0
    shown = " ".join(run_cli("show", "runs/reel")[1].split())
    assert "reel: 0.3 s, 96x64, 5 frames at 18.000 fps" in shown
    assert run_cli("gallery", "runs/reel", "-q")[0] == 0
    assert run_cli("degrade", "reel/%04d.tif", "-q")[1] == "reel-old-print.mp4\n"
    code, _, err = run_cli("music", "reel/%04d.tif", "--rate", 18, "-q")
    assert code == 1 and "has no sound track" in err and err.count("\n") == 1
    code, *_ = colorize("runs/reel", "--saturation", 0.3, "-o", "out/%04d.dpx")
    assert code == 0 and len(names(tmp_path / "out")) == 5


def test_the_notes_of_a_sequence_are_shown_and_reported(tmp_path):
    pattern = write_sequence(tmp_path / "in" / "%d.exr", (1, 2, 4), "half", dpx__Transfer="Linear")
    *_, err = run_cli("colorize", pattern, "--model", "tint", "--into", tmp_path / "run")
    said = ("24 frames per second are assumed", "numbers without an image: 3;", "linear light is converted")
    notes = " ".join(json.loads((tmp_path / "run" / "report.json").read_text())["remarks"])
    assert all(words in " ".join(err.split()) and words in notes for words in said)


@pytest.mark.parametrize(("suffix", "kept"), [(".dpx", True), (".exr", True), (".tif", False)])
def test_the_headers_of_images_are_kept(tmp_path, suffix, kept):
    for number in (1, 2):
        code = ("timecode", (0x10203000 + number, 0))
        header = {"smpte__TimeCode": code, "dpx__Transfer": "Printing density", "ImageDescription": f"frame {number}"}
        write_image_file(tmp_path / "in" / f"{number}.dpx", picture(number, *SIZE, 0), **header)
    pattern, run = tmp_path / "in" / "%d.dpx", tmp_path / "run"
    assert colorize(pattern, "--into", run, "--rate", 25, "-o", tmp_path / "o" / f"%d{suffix}")[0] == 0
    for number in (1, 2):
        spec = OpenImageIO.ImageInput.open(str(tmp_path / "o" / f"{number}{suffix}")).spec()
        assert spec.getattribute("ImageDescription") == f"frame {number}"
        assert (spec.getattribute("smpte:TimeCode") == (0x10203000 + number, 0)) == kept
        assert (spec.getattribute("dpx:Transfer") == "Printing density") == (suffix == ".dpx")
        assert spec.getattribute("Orientation") in (1, None)
    code, _, err = colorize(pattern, "--into", run, "--rate", 25, "--start", 0.04, "-o", tmp_path / "film.mov")
    with av.open(str(tmp_path / "film.mov")) as container:
        assert code == 0 and container.streams.video[0].metadata["timecode"] == "10:20:30:02" and not err
