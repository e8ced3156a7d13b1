"""One clock for picture and sound: stream start times, edit lists, gaps in sound, the duration of the last frame."""

from __future__ import annotations

import numpy as np
import pytest
from containers import moving_picture, write_container

from reimagine.media.audio.sound import Sound, read_sound
from reimagine.media.video.clock import repaired_times
from reimagine.media.video.film import Film
from reimagine.media.video.film_file import read_film_file
from reimagine.media.video.reader import open_film, read_film
from reimagine.runs.tracks import FilmTracks

RATE = 48000
"""Samples per second."""
EVENT = 1.6
"""Container time, in seconds, of a white frame and of the start of a tone."""
LATER = {"picture": (0.6, 0.0), "sound": (0.0, 0.6), "both": (0.8, 0.8), "neither": (0.0, 0.0)}
"""Start of picture and sound, seconds."""
CONTAINERS = [("film.mp4", "aac"), ("film.mov", "pcm_s16le"), ("film.mkv", "pcm_s16le"), ("film.ts", "mp2")]


def event_film(path, codec: str, picture_start: float, sound_start: float, gap: bool = False):
    """A film of 2 s whose picture is white, and whose sound is loud, from `EVENT` on."""
    white = np.full((64, 96, 3), 255, np.uint8)
    first = round((EVENT - picture_start) * 25)
    images = [moving_picture(n) // 3 for n in range(first)] + [white] * 20
    time = np.arange(round((2.2 - sound_start) * RATE)) / RATE + sound_start
    samples = np.where(time >= EVENT, 0.5 * np.sin(2 * np.pi * 1000 * time), 0)
    stretches = [(sound_start, samples)]
    if gap:
        stretches = [(sound_start, samples[: RATE // 4]), (sound_start + 1, samples[RATE:])]
    return write_container(path, "libx264", {"g": "12"}, None, images, picture_start, 0.04, stretches, codec)


def tone_start(sound: Sound) -> float:
    """Seconds at which the sound becomes loud."""
    return int(np.argmax(np.abs(sound.mono()) > 0.2)) / sound.rate


def white_start(film: Film) -> float:
    """Time of the first white frame."""
    return float(film.time(next(f.index for f in read_film(film) if f.grey.mean() > 240)))


def tracks_of(film: Film, folder) -> FilmTracks:
    """A film without steps."""
    return FilmTracks(folder, film, (), ())


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize(("name", "codec"), CONTAINERS)
def test_sound_and_picture_are_in_sync(tmp_path, name, codec, later):
    film = open_film(event_film(tmp_path / name, codec, *LATER[later]))
    sound = tracks_of(film, tmp_path).original_sound()
    assert tone_start(sound) == pytest.approx(white_start(film), abs=0.03)
    assert sound.seconds == pytest.approx(film.seconds, abs=1e-3)
    assert film.sound_offset == pytest.approx(LATER[later][1] - LATER[later][0], abs=0.06)


@pytest.mark.parametrize(("name", "codec"), CONTAINERS)
def test_a_part_of_a_film_is_in_sync(tmp_path, name, codec):
    film = open_film(event_film(tmp_path / name, codec, 0.6, 0.2)).trim(0.4, 1.4)
    assert tone_start(tracks_of(film, tmp_path).original_sound()) == pytest.approx(white_start(film), abs=0.03)
    assert film.origin == pytest.approx(film.start_time + 0.4)


@pytest.mark.parametrize("rate", [None, 22050])
@pytest.mark.parametrize(("name", "codec"), CONTAINERS[2:])
def test_gaps_in_sound_are_silent(tmp_path, name, codec, rate):
    film = open_film(event_film(tmp_path / name, codec, 0.2, 0.2, gap=True))
    sound = read_sound(tmp_path / name, 0.0, None, rate, 1, film.start_time)
    assert tone_start(sound) == pytest.approx(white_start(film), abs=0.03)


@pytest.mark.parametrize(("name", "codec"), [("card.mp4", "libx264"), ("card.mkv", "libx264"), ("card.gif", "gif")])
def test_the_last_frame_keeps_its_duration(tmp_path, name, codec):
    images = [moving_picture(n) for n in range(25)]
    options = {} if codec == "gif" else {"bf": "0"}
    film = open_film(write_container(tmp_path / name, codec, options, None, images, last=3.0))
    assert film.frames == 25 and film.seconds == pytest.approx(24 / 25 + 3, abs=0.02)
    assert float(film.time(25)) == pytest.approx(film.seconds)
    assert film.time(26) - film.time(25) == 1 / film.rate
    film.save(tmp_path / "film.json")
    assert read_film_file(tmp_path / "film.json", "") == film
    assert film.trim(0, 2.0).seconds == pytest.approx(2.0)
    assert film.trim(0.5, None).seconds == pytest.approx(film.seconds - 0.52, abs=0.02)
    assert film.trim(0, 0.4).seconds == pytest.approx(0.4)
    part = film.trim(2.5, None)
    assert (part.frames, part.first) == (1, film.frames - 1)


@pytest.mark.parametrize(
    ("pts", "expected"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([-40, 0, 40], [-40, 0, 40]),
        ([*range(0, 400, 40), None, *range(440, 800, 40)], [*range(0, 800, 40)]),
        ([*range(0, 400, 40), 360, *range(440, 800, 40)], [*range(0, 800, 40)]),
        ([*range(0, 400, 40), 9000, *range(440, 800, 40)], [*range(0, 800, 40)]),
        ([None, *range(40, 800, 40)], [*range(0, 800, 40)]),
        ([*range(0, 760, 40), None], [*range(0, 800, 40)]),
        ([1, 3, 2, 5, 4, 7, 6, 9], None),
        ([None, None, None], None),
    ],
)
def test_missing_and_wrong_times_are_interpolated(pts, expected):
    assert repaired_times(pts) == expected
