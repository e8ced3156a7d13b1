"""Stems: what belongs to each part, blocks, levels, transcription of the harmonic part, kept parts, sound files."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import make_film, run_cli

import reimagine
from reimagine.errors import RecipeError
from reimagine.media import Note, Notes, Sound
from reimagine.media.audio import stems
from reimagine.media.audio.sound import read_sound
from reimagine.media.audio.stems import STEMS, parse_levels, separate
from reimagine.media.midi.notes import write_notes
from reimagine.metrics.notes import note_scores

RATE = 22050
RNG = np.random.default_rng(1)


def tone(seconds: float) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(0.2 / n * np.sin(2 * np.pi * 330 * n * time) for n in (1, 2, 3)).astype(np.float32)


def clicks(seconds: float, per_second: float = 4) -> np.ndarray:
    wave = np.zeros(int(seconds * RATE), np.float32)
    for start in np.arange(0.1, seconds - 0.1, 1 / per_second):
        wave[int(start * RATE) :][:60] += RNG.uniform(-0.8, 0.8, 60).astype(np.float32)
    return wave


def hiss(seconds: float) -> np.ndarray:
    return (0.03 * RNG.standard_normal(int(seconds * RATE))).astype(np.float32)


def power(samples: np.ndarray) -> float:
    return float(np.square(samples).sum())


def test_tones_and_clicks_are_separated():
    parts = separate(Sound(np.stack([tone(4), clicks(4)]), RATE))
    assert list(parts) == list(STEMS)
    (harmonic, _), (_, percussive) = parts["harmonic"].samples, parts["percussive"].samples
    assert power(harmonic) > 0.95 * power(tone(4)) and power(parts["percussive"].samples[0]) < 0.02 * power(tone(4))
    assert power(percussive) > 0.6 * power(parts["harmonic"].samples[1] + percussive)


def test_hiss_is_taken_out_of_a_tone():
    noisy = separate(Sound((tone(6) + hiss(6))[None], RATE))
    assert power(noisy["hiss"].samples) > 0.1 * power(hiss(6))
    error = noisy["harmonic"].samples[0] - tone(6)
    assert power(error) < 0.6 * power(hiss(6))


@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0, 2.3, 7.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_parts_add_up_to_the_sound(monkeypatch, seconds, channels):
    """Blocks of 2 s, so that there are several."""
    monkeypatch.setattr(stems, "BLOCK_SECONDS", 2.0)
    monkeypatch.setattr(stems, "OVERLAP_SECONDS", 0.5)
    samples = np.stack([tone(seconds) + clicks(seconds) + hiss(seconds)] * channels)
    parts = separate(Sound(samples, RATE))
    assert np.allclose(sum(part.samples for part in parts.values()), samples, atol=1e-5)


def test_levels_are_parsed():
    assert parse_levels("") == {} and parse_levels("percussive") == {"percussive": 1.0}
    assert parse_levels("Harmonic=0.3, hiss = .1,percussive=0") == {"harmonic": 0.3, "hiss": 0.1, "percussive": 0.0}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("percussion", "did you mean 'percussive'"),
        ("hiss=2", "hiss=0 to hiss=1"),
        ("hiss=loud", "'loud' is not a level"),
    ],
)
def test_impossible_levels_are_refused_before_the_work(text, error):
    with pytest.raises(RecipeError, match=error):
        reimagine.model("mix")(keep_stems=text).check()


@pytest.mark.parametrize("model", ["basic-pitch", "pyin"])
def test_notes_are_heard_through_clicks(model):
    tune = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, 60 + 2 * (n % 6), 90) for n in range(12)))
    sound = reimagine.model("timbre")(instruments="acoustic-grand-piano", room=0.0).load("cpu")(tune).at_rate(RATE)
    damaged = Sound(sound.samples + clicks(sound.seconds + 1, 6)[: sound.length], RATE)

    def score(stems: bool) -> float:
        return note_scores(reimagine.model("transcribe", model)(stems=stems).load("cpu")(damaged), tune)["f1"]

    assert score(True) > score(False)


def test_kept_stems_are_mixed_without_the_others():
    original = Sound(np.stack([tone(6) + clicks(6)] * 2), RATE)
    music = Sound(np.zeros((2, 6 * RATE), np.float32), RATE)

    def kept(text: str) -> np.ndarray:
        return reimagine.model("mix")(keep_stems=text, duck=False).load("cpu")(original, music).samples

    def tonal(samples: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(samples[0])) ** 2
        return float(spectrum[6 * 300 : 6 * 1020].sum() / spectrum.sum())

    assert tonal(kept("harmonic")) > 0.9 and tonal(kept("percussive")) < 0.3
    assert not kept("hiss=0,percussive=0").any()


def test_stems_are_written_as_sound_files(tmp_path):
    film = make_film(tmp_path / "film.mp4", 72, sounds=1)
    options = ("--into", tmp_path / "run", "--stems", "--export-stems", tmp_path / "stems", "-q")
    assert run_cli("transcribe", film, *options)[0] == 0
    assert {p.name for p in (tmp_path / "stems").iterdir()} == {f"{name}.wav" for name in STEMS}
    total = sum(read_sound(path).samples for path in (tmp_path / "stems").iterdir())
    own = read_sound(film, zero=0.0).samples
    assert np.abs(total[:, : own.shape[1]] - own[:, : total.shape[1]]).max() < 1e-3
    write_notes(tmp_path / "tune.mid", Notes((Note(0, 1, 60),)))
    options = ("--into", tmp_path / "other", "--export-stems", tmp_path / "none", "-q")
    code, _, errors = run_cli("transcribe", tmp_path / "tune.mid", *options)
    assert code == 1 and "has no sound track" in errors
