"""The mix: loudness, true peaks, speech detection, ducking."""

from __future__ import annotations

import numpy as np
import pytest

import reimagine
from reimagine.errors import RecipeError
from reimagine.media import Note, Notes, Sound
from reimagine.stages.mix.level import true_peaks
from reimagine.stages.mix.speech import detect_speech

TUNE = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, p, 90) for n, p in enumerate((60, 64, 67, 72, 71, 67, 62, 60))))


@pytest.fixture(scope="module")
def tune() -> Sound:
    return reimagine.model("timbre", "sine")().load("cpu")(TUNE)


def tone(seconds: float, hertz: float = 440, amplitude: float = 0.3) -> Sound:
    time = np.arange(int(seconds * 48000)) / 48000
    return Sound((amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)[None], 48000)


def speech_like(seconds: float) -> Sound:
    """Bursts of noise with a changing spectrum, four a second, like syllables."""
    rng = np.random.default_rng(0)
    time = np.arange(int(seconds * 48000)) / 48000
    bright = np.convolve(rng.normal(size=len(time)), [1, -1], "same")
    dark = np.convolve(rng.normal(size=len(time)), np.hanning(60), "same") / 5
    balance = np.clip(np.sin(2 * np.pi * 2 * time), 0, 1)
    envelope = np.clip(np.sin(2 * np.pi * 4 * time), 0, 1)
    return Sound((0.1 * envelope * (balance * bright + (1 - balance) * dark)).astype(np.float32)[None], 48000)


def test_the_mix_has_the_requested_loudness_and_no_true_peak_above_the_ceiling(tune):
    import pyloudnorm

    count = np.arange(96000)
    spikes = np.where(count % 4800 == 0, 1, 0.02 * np.sin(count))
    spiky = Sound(spikes.astype(np.float32)[None], 48000)
    for new in (tune, spiky):
        mixed = reimagine.model("mix")(loudness=-18.0).load("cpu")(tone(2.0, amplitude=0.0), new)
        assert true_peaks(mixed.samples).max() <= 10 ** (-1 / 20) + 1e-4
    mixed = reimagine.model("mix")(loudness=-18.0).load("cpu")(tone(4.0, amplitude=0.0), tune)
    assert abs(pyloudnorm.Meter(48000).integrated_loudness(mixed.samples.T) + 18) < 0.5


def test_speech_is_distinguished_from_music(tune):
    assert detect_speech(speech_like(6).stereo()).strength.mean() > 0.5
    assert detect_speech(tune.at_rate(48000).stereo()).strength.mean() < 0.1


def test_the_music_is_lowered_while_the_original_sound_has_speech():
    own = np.concatenate([tone(6, amplitude=0.0).samples, speech_like(6).samples], 1)
    new = tone(12, hertz=200)
    mixes = {
        duck: reimagine.model("mix")(keep_original=0.8, duck=duck).load("cpu")(Sound(own, 48000), new)
        for duck in (True, False)
    }

    def level(sound: Sound, first: int, last: int) -> float:
        piece = sound.samples[0, first * 48000 : last * 48000]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
        return spectrum[200 * (last - first) - 2 : 200 * (last - first) + 3].max()

    ratios = {duck: level(sound, 8, 11) / level(sound, 2, 5) for duck, sound in mixes.items()}
    assert ratios[True] < 0.7 * ratios[False]


@pytest.mark.parametrize("options", [{"keep_original": 1.5}, {"loudness": 3.0}])
def test_options_out_of_range_are_refused_before_the_work(options):
    with pytest.raises(RecipeError, match="give"):
        reimagine.model("mix")(**options)
