"""Detection of cuts, and shots that show the same view."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import make_film, texture

from reimagine.media.video.frames import Shot
from reimagine.media.video.reader import open_film
from reimagine.media.video.shots import CutDetector, link_similar_shots, trim_shots


def test_cuts_are_found_on_luma(tmp_path):
    source = make_film(tmp_path / "film.mp4", 60, cuts=(20, 41), size=(160, 120))
    detector = CutDetector()
    film = open_film(source, detector)
    assert [s.start for s in detector.shots(film.frames)] == [0, 20, 41]


def test_a_view_that_returns_is_linked_to_its_earlier_shot():
    detector = CutDetector()
    for number in range(72):
        shot = number // 24  # A - B - A
        detector(number, np.roll(texture(shot % 2), number % 24, 1))
    first, second, third = detector.shots(72)
    assert first.similar_frame is None and second.similar_frame is None and third.similar_frame is not None
    assert first.start <= third.similar_frame < first.stop


def test_dark_and_flat_views_are_not_linked():
    thumbnails = {n: np.full((18, 24), 20 + n, np.uint8) for n in range(0, 60, 8)}
    assert all(s.similar_frame is None for s in link_similar_shots([Shot(0, 30), Shot(30, 60)], thumbnails))


def test_the_shots_of_a_part_of_a_film_are_renumbered():
    shots = [Shot(0, 10), Shot(10, 30), Shot(30, 50, 4), Shot(50, 60, 14)]
    assert trim_shots(shots, 12, 40) == [Shot(0, 18), Shot(18, 38), Shot(38, 40, 2)]


@pytest.mark.parametrize(("threshold", "expected"), [(1.5, [0, 30]), (5.0, [0])])
def test_a_lower_threshold_finds_more_cuts(threshold, expected):
    detector = CutDetector(threshold)
    for number in range(60):  # the camera moves fast, so that the cut differs little from its neighbours
        detector(number, np.roll(texture(3 if number < 30 else 4), 4 * number, 1))
    assert [shot.start for shot in detector.shots(60)] == expected
