"""Inverse telecine: all frames of the film come back, at their times, in every part."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby

import av
import numpy as np
import pytest
from fields import FIELD_ORDERS, SCENE, check_every_start, interlaced, shown_images, telecined, write_fields
from helpers import run_cli

from reimagine.errors import MediaError
from reimagine.media.video.film import Film
from reimagine.media.video.film_file import read_film_file
from reimagine.media.video.frames import frame_from_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.reading import Reading

TELECINE = Reading(inverse_telecine=True)
VIDEO_RATE = Fraction(30000, 1001)
"""Pictures per second of telecined film."""
CUTS = {
    "none": [(0, 50)],
    "in one cycle": [(0, 13), (22, 50)],
    "after a whole frame": [(0, 14), (26, 50)],
    "two": [(0, 11), (18, 32), (36, 50)],
    "start in a cycle": [(3, 50)],
}
"""Pictures of telecined film that are left, (first, after the last)."""
MANY_CUTS = [(0, 13), (15, 28), (30, 43), (45, 50)]
"""Cuts of which each leaves a field without a partner, so that frames come ever earlier."""


def make_lossy(path, pictures: list[np.ndarray]):
    """Write pictures as interlaced MPEG-2."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=VIDEO_RATE, options={"flags": "+ilme+ildct", "g": "8"})
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], "yuv420p"
        stream.bit_rate = 4_000_000
        for n, image in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = n, 1 / VIDEO_RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def check_whole(film: Film, images: list[int]) -> None:
    """Check that the frames are these images of `SCENE`, in the lines of both fields."""
    frames = list(read_film(film))
    assert shown_images(frames) == images
    greys = {n: frame_from_image(n, SCENE[n]).grey.astype(int) for n in set(images)}
    errors = [np.abs(frame.grey - greys[n]).mean(1) for frame, n in zip(frames, images, strict=True)]
    assert max(max(error[::2].mean(), error[1::2].mean()) for error in errors) < 5


def with_cuts(cuts: list[tuple[int, int]], order: str) -> tuple[list[np.ndarray], list[int], list[int]]:
    """(pictures, images of which both fields are left, number of the first field of each) of telecined film."""
    pictures = telecined(SCENE, order)
    shown = [n for n in range(len(SCENE)) for _ in range(2 + n % 2)]
    left = [field for a, b in cuts for field in range(2 * a, 2 * b)]
    groups = [list(group) for _, group in groupby(range(len(left)), key=lambda place: shown[left[place]])]
    groups = [group for group in groups if len(group) > 1]
    images = [shown[left[group[0]]] for group in groups]
    return [picture for a, b in cuts for picture in pictures[a:b]], images, [group[0] for group in groups]


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("order", FIELD_ORDERS)
@pytest.mark.parametrize("lossy", [False, True], ids=["lossless", "mpeg2"])
def test_all_frames_come_back_at_their_times(tmp_path, cuts, order, lossy):
    pictures, images, fields = with_cuts(CUTS[cuts], FIELD_ORDERS[order])
    if lossy:
        path = make_lossy(tmp_path / "film.mpg", pictures)
    else:
        path = write_fields(tmp_path / "film.mkv", pictures, FIELD_ORDERS[order], VIDEO_RATE)
    film, stored = open_film(path, None, TELECINE), open_film(path)
    assert (film.frames, film.rate, film.interlaced) == (len(images), Fraction(24000, 1001), False)
    check_whole(film, images)
    start = film.start_time - stored.start_time
    times = [start + float(film.time(n)) for n in range(film.frames)]
    assert times == pytest.approx([field / 2 / float(VIDEO_RATE) for field in fields], abs=0.03)
    check_every_start(film)


def test_frames_have_their_own_times_where_many_cuts_would_shift_them(tmp_path):
    pictures, images, fields = with_cuts(MANY_CUTS, "tff")
    film = open_film(write_fields(tmp_path / "film.mkv", pictures, "tff", VIDEO_RATE), None, TELECINE)
    check_whole(film, images)
    assert any("every frame keeps its own time" in note for note in film.notes)
    times = [float(film.time(n)) for n in range(film.frames)]
    assert times == pytest.approx([field / 2 / float(VIDEO_RATE) for field in fields], abs=0.01)


@pytest.mark.parametrize("order", FIELD_ORDERS)
def test_a_part_of_the_film_is_a_part_of_its_frames(tmp_path, order):
    path = write_fields(tmp_path / "film.mkv", telecined(SCENE, FIELD_ORDERS[order]), FIELD_ORDERS[order], VIDEO_RATE)
    film = open_film(path, None, TELECINE).trim(0.3, 1.1)
    assert (film.first, film.frames) == (8, 19)
    check_whole(film, list(range(8, 27)))
    check_every_start(film)
    film.save(tmp_path / "film.json")
    assert read_film_file(tmp_path / "film.json", "") == film


@pytest.mark.parametrize(
    "pictures",
    [SCENE, [SCENE[5]] * 40, interlaced(SCENE, "tff"), [SCENE[n - n // 5] for n in range(40)]],
    ids=["progressive", "still", "video", "doubled pictures"],
)
def test_film_without_telecine_is_refused(tmp_path, pictures):
    path = write_fields(tmp_path / "film.mkv", pictures, "tff", VIDEO_RATE)
    with pytest.raises(MediaError, match=r"no telecine is found .* leave --inverse-telecine out"):
        open_film(path, None, TELECINE)


def test_shots_are_those_of_the_frames(tmp_path):
    dark = [image // 4 for image in SCENE[20:]]
    path = write_fields(tmp_path / "film.mkv", telecined(SCENE[:20] + dark, "tff"), "tff", VIDEO_RATE)
    code, output, error = run_cli(
        "shots", path, "--inverse-telecine", "--into", tmp_path / "run", "-o", tmp_path / "shots.csv"
    )
    assert code == 0, output + error
    lines = (tmp_path / "shots.csv").read_text().splitlines()
    assert len(lines) == 3 and "20" in lines[2].split(",")
