"""The clock of interpolated films: frame numbers, times and shots."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reimagine.media.audio.samples import Sound
from reimagine.media.audio.tempo import slowed
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Shot
from reimagine.media.video.retiming import FilmChange, Retiming


def film_of(frames: int, rate: Fraction, **facts) -> Film:
    return Film("film.mp4", "", frames, rate, 96, 64, float(frames / rate), **facts)


@pytest.mark.parametrize(
    ("rate", "new"),
    [(Fraction(18), Fraction(24)), (Fraction(24000, 1001), Fraction(60)), (Fraction(25), Fraction(50))],
)
def test_every_frame_of_the_result_lies_at_its_own_time(rate, new):
    film = film_of(101, rate)
    retiming = Retiming(film, 101, new)
    result = retiming.result()
    assert 0 <= result.frames / new - 101 / rate < 1 / new
    for number in range(result.frames):
        frame, share = retiming.position(number)
        assert 0 <= share < 1 and (frame + share) / rate == result.time(number)


def test_each_frame_of_a_doubled_film_is_kept():
    retiming = Retiming(film_of(10, Fraction(24)), 10, Fraction(48))
    assert [retiming.position(2 * n) for n in range(10)] == [(n, 0) for n in range(10)]
    assert {retiming.position(2 * n + 1).share for n in range(10)} == {Fraction(1, 2)}
    assert retiming.shots([Shot(0, 4), Shot(4, 10, similar_frame=2)]) == [Shot(0, 8), Shot(8, 20, 4)]


def test_slow_motion_lengthens_the_film_and_slows_its_source():
    film = film_of(10, Fraction(25), sounds=1, speed=Fraction(1, 2))
    result = FilmChange(rate=Fraction(25), slowdown=Fraction(4)).applied(film, 10)
    assert (result.frames, result.seconds, result.speed) == (40, 1.6, Fraction(1, 8))


def test_a_variable_rate_becomes_constant():
    """Frames at 0, 40 and 140 ms; the last one stands for 60 ms."""
    film = film_of(3, Fraction(15), ticks=(0, 40, 140), last_duration=Fraction(60, 1000))
    retiming = Retiming(film, 3, Fraction(50))
    result = retiming.result()
    assert result.frames == 10 and not result.ticks
    assert [retiming.position(n).frame for n in range(10)] == [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]
    assert retiming.position(3).share == Fraction(1, 5)


def test_generated_frames_follow_the_film_s_own():
    retiming = Retiming(film_of(10, Fraction(24)), 16, Fraction(48))
    assert retiming.result().frames == 20 and retiming.first(16) == 32


@pytest.mark.parametrize("factor", [Fraction(3, 2), Fraction(4)])
def test_a_slowed_sound_keeps_its_pitch_and_channels(factor):
    time = np.arange(48000) / 48000
    samples = np.stack([np.sin(2 * np.pi * hertz * time) for hertz in (440, 660)]).astype(np.float32) / 2
    result = slowed(Sound(samples, 48000), factor)
    assert result.length == 48000 * factor
    middle = result.samples[:, 16000:40000]
    for channel, hertz in zip(middle, (440, 660), strict=True):
        peak = np.abs(np.fft.rfft(channel)).argmax() * 48000 / middle.shape[1]
        assert peak == pytest.approx(hertz, abs=4)
