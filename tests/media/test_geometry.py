"""Pictures are upright and of one size: rotations, mirrors, sample aspect ratios, sizes that change."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from containers import TURNS, moving_picture, set_display_matrix, write_anamorphic, write_container

from reimagine.media.video.film_file import read_film_file
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector


@pytest.mark.parametrize("turn", TURNS)
def test_display_matrices_are_applied(tmp_path, turn):
    matrix, transform = TURNS[turn]
    path = write_container(tmp_path / "film.mp4", options={"g": "8"})
    stored = [frame.luma.copy() for frame in read_film(open_film(path))]
    set_display_matrix(path, matrix)
    film = open_film(path)
    frames = list(read_film(film, 10, 20))
    assert [frame.index for frame in frames] == list(range(10, 20))
    assert all(np.array_equal(frame.luma, transform(stored[frame.index])) for frame in frames)
    assert (film.width, film.height) == (frames[0].width, frames[0].height)
    film.save(tmp_path / "film.json")
    assert read_film_file(tmp_path / "film.json", "") == film


@pytest.mark.parametrize(("matrix", "aspect"), [((1, 0, 0, 1), Fraction(16, 15)), ((0, 1, -1, 0), Fraction(15, 16))])
def test_the_sample_aspect_ratio_is_that_of_the_upright_picture(tmp_path, matrix, aspect):
    path = tmp_path / "film.mp4"
    write_anamorphic(path)
    set_display_matrix(path, matrix)
    assert open_film(path).aspect == aspect


@pytest.mark.parametrize(("name", "format"), [("film.h264", "h264"), ("film.ts", "mpegts")])
def test_sizes_that_change_are_scaled_to_the_first(tmp_path, name, format):
    codec, options = "libx264", {"g": "8", "bf": "0"}
    small = write_container(tmp_path / "small", codec, options, format, [moving_picture(n) for n in range(20)])
    large = [moving_picture(n, 128, 96) for n in range(20)]
    write_container(tmp_path / "large", codec, options, format, large, start=0.8)
    path = tmp_path / name
    path.write_bytes(small.read_bytes() + (tmp_path / "large").read_bytes())
    detector = CutDetector()
    film = open_film(path, detector)
    assert (film.width, film.height, film.frames) == (96, 64, 40)
    assert "20 frames have another size: they are scaled to 96x64" in film.notes
    assert detector.shots(film.frames)[-1].stop == 40
    whole = [frame.luma.copy() for frame in read_film(film)]
    assert {luma.shape for luma in whole} == {(64, 96)} and len(whole) == 40
    part = list(read_film(film, 30, 34))
    assert all(np.array_equal(frame.luma, whole[frame.index]) for frame in part) and len(part) == 4
