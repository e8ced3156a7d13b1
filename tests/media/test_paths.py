"""File names with characters that mean something to a shell, to a URL or to FFmpeg."""

from __future__ import annotations

import pytest
from helpers import make_film, run_cli

from reimagine.media.reader import open_film

NAMES = (
    *("a:b.mp4", "file:b.mp4", "100%.mp4", "%d.mp4", "what?.mp4", "#1.mp4", "two words.mp4", 'it\'s "it".mp4'),
    *("Fräulein 影.mp4", "[x]*.mp4", "a|b.mp4", "a&b=c;d.mp4", "-dash.mp4"),
)
"""Names of films."""


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
