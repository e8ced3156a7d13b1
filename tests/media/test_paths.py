"""File names with characters that mean something to a shell, to a URL or to FFmpeg."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from helpers import make_film, picture, run_cli

import reimagine
from reimagine.media.audio.sound import read_sound
from reimagine.media.video.reader import open_film

NAMES = (
    *("a:b.mp4", "file:b.mp4", "100%.mp4", "%d.mp4", "what?.mp4", "#1.mp4", "two words.mp4", 'it\'s "it".mp4'),
    *("Fräulein 影.mp4", "[x]*.mp4", "a|b.mp4", "a&b=c;d.mp4", "-dash.mp4"),
)
"""Names of films."""
SOURCES = {
    **dict.fromkeys((".mkv", ".webm", ".mxf"), ".mp4"),
    **dict.fromkeys((".png", ".jpg", ".webp"), ".png"),
    ".mid": ".mid",
}
"""The kind of file from which another kind is made; sound for all others."""
SCORE = bytes.fromhex("4d546864 00000006 0000 0001 01e0 4d54726b 0000000d 00903c40 8360803c 40 00ff2f00")
"""A MIDI file of one note."""
SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".m4a")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_read_and_written(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "made.mp4", 6).rename(tmp_path / name)
    code, _, error = run_cli("colorize", "--model", "tint", "-o", f"out/{name}", "--", name)
    assert code == 0, error
    assert open_film(tmp_path / "out" / name).frames == 6


@pytest.mark.parametrize("name", ["a:b.mp4", "%d.mp4"])
def test_an_output_beside_the_film_needs_no_folder(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "made.mp4", 6)
    code, _, error = run_cli("colorize", "--model", "tint", "made.mp4", "-o", name)
    assert code == 0, error
    assert open_film(tmp_path / name).frames == 6


@pytest.mark.parametrize(
    "stem", ["a:b", "file:b", "100%", "%d", "what?", "#1", "two words", 'it\'s "it"', "Fräulein 影", "-dash"]
)
@pytest.mark.parametrize(
    "suffix", [".wav", ".flac", ".ogg", ".mp3", ".m4a", ".mid", ".png", ".jpg", ".webp", ".mkv", ".webm", ".mxf"]
)
def test_any_name_is_written_in_every_kind_of_file(tmp_path, monkeypatch, stem, suffix):
    monkeypatch.chdir(tmp_path)
    out = Path(f"{stem}{suffix}")
    source = Path(f"{stem}-source{SOURCES.get(suffix, '.wav')}")
    if source.suffix == ".mp4":
        make_film(tmp_path / "made.mp4", 6).rename(source)
    elif source.suffix == ".png":
        cv2.imencode(".png", picture(0, 96, 64, 0))[1].tofile(source)
    elif source.suffix == ".mid":
        source.write_bytes(SCORE)
    else:
        soundfile.write(source, np.sin(np.arange(4800) * 0.1) * 0.3, 48000)
    assert reimagine.run(source, [], output=out).film == out
    assert out.stat().st_size > 20
    if suffix in SOUND_SUFFIXES:
        assert abs(read_sound(out).seconds - 0.1) < 0.06
    elif suffix != ".mid":
        assert (open_film(out).width, open_film(out).height) == (96, 64)


def test_an_error_about_a_name_of_two_lines_is_one_line(tmp_path):
    code, _, err = run_cli("colorize", tmp_path / "two\nlines.mp4")
    assert code == 1 and "two\\nlines.mp4: no such file" in err and err.count("\n") == 1
