"""Sound that is processed block by block equals sound that is processed at once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import reimagine
from reimagine.media import Note, Notes, Sound
from reimagine.media.audio import samples
from reimagine.media.audio.sound import read_sound, write_sound
from reimagine.metrics.loudness import integrated_loudness
from reimagine.stages.mix.level import CEILING, LOOK_AHEAD, limit_peaks, true_peaks
from reimagine.stages.timbre.player import reverberated

SMALL = 10_007
"""Samples of a block, fewer than the sounds of these tests have."""
LARGE = 1 << 30
"""Samples of a block, more than they have."""
CHORDS = Notes(tuple(Note(0.4 * n, 0.4 * n + 1.5, 48 + 7 * n % 40, 60 + 3 * n) for n in range(12)))


def noise(seconds: float, rate: int = 48000, channels: int = 2) -> Sound:
    rng = np.random.default_rng(1)
    bursts = np.clip(np.sin(2 * np.pi * 4 * np.arange(int(seconds * rate)) / rate), 0, 1)
    return Sound((0.3 * bursts * rng.normal(size=(channels, len(bursts)))).astype(np.float32), rate)


def difference_db(a: Sound, b: Sound) -> float:
    """Largest difference of two sounds, relative to the peak."""
    assert (a.rate, a.samples.shape) == (b.rate, b.samples.shape)
    return 20 * np.log10(np.abs(a.samples - b.samples).max() / np.abs(a.samples).max() + 1e-12)


PROCESSES = {
    "sine": lambda: reimagine.model("timbre", "sine")().load("cpu")(CHORDS),
    "harmonic": lambda: reimagine.model("timbre")(instruments="flute@0,violin@50%").load("cpu")(CHORDS),
    "harmonic, dry": lambda: reimagine.model("timbre")(room=0.0).load("cpu")(CHORDS),
    "resampled": lambda: noise(3).at_rate(44100),
    "at another speed": lambda: noise(3).at_speed(Fraction(24, 25)),
    "extended": lambda: noise(3).fit_length(200_000),
    "limited": lambda: limit_peaks(noise(3)),
    "mix": lambda: reimagine.model("mix")(loudness=-8.0).load("cpu")(noise(4, 44100, 1), noise(3)),
    "mix, ducked": lambda: reimagine.model("mix")(keep_original=0.8).load("cpu")(noise(4, 44100, 1), noise(3)),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_the_size_of_blocks_does_not_change_the_sound(name, monkeypatch):
    results = []
    for size in (SMALL, LARGE):
        monkeypatch.setattr(samples, "BLOCK", size)
        results.append(PROCESSES[name]())
    assert difference_db(*results) < -80


def test_the_limiter_equals_that_of_a_whole_sound(monkeypatch):
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    monkeypatch.setattr(samples, "BLOCK", SMALL)
    sound, window = noise(3), 2 * LOOK_AHEAD + 1
    needed = np.minimum(1, CEILING / np.maximum(true_peaks(sound.samples), 1e-9))
    limited = sound.samples * uniform_filter1d(minimum_filter1d(needed, window), window).astype(np.float32)
    expected = limited * np.float32(min(1, 0.999 * CEILING / true_peaks(limited).max()))
    assert difference_db(Sound(expected, 48000), limit_peaks(sound)) < -80


def test_the_reverberation_equals_a_convolution_of_the_whole_sound():
    impulse = np.zeros((2, 50_000), np.float32)
    impulse[:, 0] = 1
    response = np.concatenate(list(reverberated([impulse], 0.5)), 1) - impulse
    sound = noise(0.7).samples
    expected = sound + [np.convolve(s, r)[: len(s)] for s, r in zip(sound, response, strict=True)]
    blocks = [sound[:, first : first + SMALL] for first in range(0, sound.shape[1], SMALL)]
    found = np.concatenate(list(reverberated(blocks, 0.5)), 1)
    assert difference_db(Sound(expected, 48000), Sound(found, 48000)) < -80


@pytest.mark.parametrize("seconds", [0.5, 0.77, 5.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_loudness_is_that_of_pyloudnorm(seconds, channels, monkeypatch):
    import pyloudnorm

    monkeypatch.setattr(samples, "BLOCK", SMALL)
    sound = noise(seconds, channels=channels)
    expected = pyloudnorm.Meter(48000).integrated_loudness(sound.samples.T)
    assert integrated_loudness(sound) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".m4a"])
def test_a_sound_file_is_written_and_read_in_blocks(tmp_path, suffix, monkeypatch):
    files = []
    for size in (SMALL, LARGE):
        monkeypatch.setattr(samples, "BLOCK", size)
        write_sound(tmp_path / f"{size}{suffix}", noise(3))
        files.append(read_sound(tmp_path / f"{size}{suffix}"))
    assert difference_db(*files) < -80


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the peak memory of one program")
def test_a_long_sound_is_mixed_in_little_memory():
    """The peak memory of a process that mixes 5 minutes of stereo; an hour takes as much."""
    import subprocess
    import sys

    program = """
import re
from pathlib import Path
import numpy as np
import reimagine
from reimagine.media.audio.samples import store
block = np.tile(np.float32([[0.2], [0.1]]), 480000)
long = store((block * np.float32(1 + n % 3) for n in range(30)), 48000, 2)
assert reimagine.model("mix")().load("cpu")(long, long).seconds == 300
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 450_000
