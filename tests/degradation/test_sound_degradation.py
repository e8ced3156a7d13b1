"""Simulated damage of sound: its kinds, its repeatability, and what each does."""

from __future__ import annotations

import numpy as np
import pytest

from reimagine.degradation.sound import SOUND_KINDS, degrade_sound, sound_level
from reimagine.errors import StageError
from reimagine.media import Sound
from reimagine.media.audio import samples

RATE = 16000


def chord(seconds: float = 3.0, channels: int = 1, level: float = 0.1) -> Sound:
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.sum([np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6, 5500.0)], 0)
    return Sound(np.repeat((level * wave).astype(np.float32)[None], channels, 0), RATE)


def band_level(sound: Sound, low: float, high: float) -> float:
    """Level between two frequencies, in dB."""
    power = np.square(np.abs(np.fft.rfft(sound.mono())))
    frequencies = np.fft.rfftfreq(sound.length, 1 / RATE)
    return 10 * float(np.log10(power[(frequencies >= low) & (frequencies < high)].sum() + 1e-12))


@pytest.mark.parametrize("kind", SOUND_KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_kind_degrades_and_depends_on_the_seed_alone(kind, channels):
    sound = chord(channels=channels)
    first, repeated, other = (degrade_sound(sound, kind, seed) for seed in (1, 1, 2))
    assert first.samples.shape == sound.samples.shape and first.rate == RATE
    assert np.array_equal(first.samples, repeated.samples)
    assert not np.array_equal(first.samples, other.samples)
    assert np.abs(first.samples - sound.samples).max() > 1e-3
    assert np.isfinite(first.samples).all() and np.abs(first.samples).max() <= 1


@pytest.mark.parametrize("kind", SOUND_KINDS)
def test_damage_of_silence_and_of_no_sound_is_finite(kind):
    for length in (0, 1, RATE):
        worn = degrade_sound(Sound(np.zeros((1, length), np.float32), RATE), kind, 1)
        assert worn.length == length and np.isfinite(worn.samples).all()


def test_each_kind_does_what_it_is_called():
    sound = chord()
    assert band_level(degrade_sound(sound, "hiss"), 6000, 8000) > band_level(sound, 6000, 8000) + 20
    assert band_level(degrade_sound(sound, "hum"), 40, 130) > band_level(sound, 40, 130) + 10
    assert band_level(degrade_sound(sound, "band", 3), 7500, 8000) < band_level(sound, 7500, 8000)
    peaks = [np.abs(s.mono()[RATE:]).max() for s in (sound, degrade_sound(sound, "distortion"))]
    assert peaks[1] < peaks[0]
    clicks = np.abs(degrade_sound(sound, "crackle").mono() - sound.mono())
    assert clicks.max() > 0.01 and np.median(clicks) < 1e-4
    wow = degrade_sound(sound, "wow")
    assert band_level(wow, 0, 1000) == pytest.approx(band_level(sound, 0, 1000), abs=0.5)


def test_noise_follows_the_level_of_the_sound():
    sounds = [chord(level=level) for level in (0.01, 0.1)]
    quiet, loud = (degrade_sound(sound, "hiss", 5).mono() - sound.mono() for sound in sounds)
    assert np.std(loud) == pytest.approx(10 * np.std(quiet), rel=0.01)


def test_filters_of_a_long_sound_do_not_depend_on_blocks(monkeypatch):
    results = []
    for size in (20_011, 1 << 30):
        monkeypatch.setattr(samples, "BLOCK", size)
        results.append([degrade_sound(chord(), kind, 4).samples for kind in ("band", "wow", "hum", "distortion")])
    for blocks, whole in zip(*results, strict=True):
        assert np.abs(blocks - whole).max() < 1e-3


def test_the_level_is_that_of_the_music_without_its_rests():
    music, rest = chord(5).samples, np.zeros((1, 5 * RATE), np.float32)
    with_rests = Sound(np.concatenate([music, rest], 1), RATE)
    assert sound_level(with_rests) == pytest.approx(float(np.sqrt(np.square(music).mean())), rel=0.05)


def test_an_unknown_kind_offers_the_nearest():
    with pytest.raises(StageError, match="did you mean 'crackle'"):
        degrade_sound(chord(), "crackel")
