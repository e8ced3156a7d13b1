"""The container of a finished film holds all streams that are copied from the source."""

from __future__ import annotations

import av
import numpy as np
import pytest
from containers import write_container
from helpers import make_film

import reimagine
from reimagine.media.audio.sound import read_sound

TINT = reimagine.model("colorize", "tint")
TONE = 0.3 * np.sin(np.arange(48000) / 20)
CASES = [
    ("film.mp4", "libx264", "aac", ".mp4"),
    ("film.mkv", "libx264", "flac", ".mp4"),
    ("film.mkv", "libx264", "pcm_s16le", ".mkv"),
    ("film.mov", "libx264", "pcm_s24le", ".mov"),
    ("film.avi", "mpeg4", "pcm_s16le", ".mkv"),
    ("film.webm", "libvpx", "libopus", ".mp4"),
]


def streams_of(path) -> list[tuple[str, str]]:
    with av.open(str(path)) as container:
        return [(s.type, s.codec_context.name) for s in container.streams]


@pytest.mark.parametrize(("name", "codec", "sound", "suffix"), CASES)
def test_the_sound_is_kept(name, codec, sound, suffix, tmp_path):
    source = write_container(tmp_path / name, codec, sound=[(0.0, TONE)], sound_codec=sound)
    done = reimagine.run(source, [TINT()], tmp_path / "run")
    assert done.film.suffix == suffix and not done.report["remarks"]
    kept, original = ([c for kind, c in streams_of(p) if kind == "audio"] for p in (done.film, source))
    assert kept == original
    assert abs(read_sound(done.film).seconds - read_sound(source).seconds) < 0.05


NEW_SOUND = [
    ("film.webm", "libvpx", "libopus", ".mkv", "vp8"),
    ("film.mp4", "libx264", "aac", ".mp4", "h264"),
    ("film.flv", "flv", "aac", ".mp4", "h264"),
    ("film.wmv", "wmv2", "aac", ".mp4", "h264"),
]


@pytest.mark.parametrize(("name", "codec", "sound", "suffix", "result"), NEW_SOUND)
def test_a_picture_under_new_sound_is_copied_or_encoded(name, codec, sound, suffix, result, tmp_path):
    """It is copied if MP4 or Matroska can hold it, else encoded."""
    source = write_container(tmp_path / name, codec, sound=[(0.0, TONE)], sound_codec=sound)
    steps = [reimagine.model("compose")(bars=1), reimagine.model("timbre", "sine")(), reimagine.model("mix")()]
    done = reimagine.run(source, steps, tmp_path / "run")
    assert done.film.suffix == suffix and done.report["frames"] == 40
    assert streams_of(done.film) == [("video", result), ("audio", "aac")]


def test_film_without_lost_streams_stays_mp4(tmp_path):
    source = make_film(tmp_path / "film.mp4", 24, sounds=2)
    done = reimagine.run(source, [TINT()], tmp_path / "run")
    assert done.film.suffix == ".mp4" and len(streams_of(done.film)) == 3
