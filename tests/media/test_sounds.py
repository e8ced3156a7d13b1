"""Sound files: what is written is read back, at any rate."""

from __future__ import annotations

import numpy as np
import pytest

from reimagine.errors import MediaError
from reimagine.media import Sound
from reimagine.media.audio.sound import read_sound, write_sound


def two_tones(seconds: float = 3.0, rate: int = 48000) -> Sound:
    time = np.arange(int(seconds * rate)) / rate
    return Sound(np.stack([0.4 * np.sin(2764 * time), 0.2 * np.sin(1382 * time)]).astype(np.float32), rate)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3", ".m4a"])
def test_every_kind_of_sound_file_is_read_back(tmp_path, suffix):
    path = tmp_path / f"sound{suffix}"
    write_sound(path, two_tones())
    back = read_sound(path)
    assert back.rate == 48000 and back.channels == 2 and abs(back.seconds - 3) < 0.1
    assert abs(np.abs(back.samples[:, 20000:-20000]).max() - 0.4) < 0.05


def test_sound_is_resampled_and_mixed_down_while_it_is_read(tmp_path):
    write_sound(tmp_path / "sound.wav", two_tones())
    resampled = read_sound(tmp_path / "sound.wav", 0.0, None, 22050, 1)
    expected = Sound(read_sound(tmp_path / "sound.wav").mono()[None], 48000).at_rate(22050)
    assert resampled.rate == 22050 and resampled.channels == 1 and abs(resampled.length - expected.length) <= 2
    middle = slice(2000, 60000)
    assert np.abs(resampled.samples[0, middle] - expected.samples[0, middle]).max() < 1e-3
    part = read_sound(tmp_path / "sound.wav", 1.0, 0.5, 22050, 1)
    assert np.allclose(part.samples, resampled.samples[:, 22050 : 22050 + 11025])


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(MediaError, match=r"use \.wav"):
        write_sound(tmp_path / "sound.xyz", two_tones(0.1))
