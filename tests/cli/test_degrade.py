"""`reimagine degrade`."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import picture, run_cli

from reimagine.media import Sound
from reimagine.media.audio.sound import read_sound, write_sound
from reimagine.media.video.reader import open_film, read_film, read_image
from reimagine.media.video.writer import write_image


def test_degrade_a_film(film, tmp_path):
    out = tmp_path / "degraded.mp4"
    code, printed, _ = run_cli("degrade", film, "--kind", "old-print", "--seed", "3", "-o", out, "-q")
    assert code == 0 and printed.strip() == str(out) and open_film(out).frames == 48
    source, degraded = (np.array([f.grey.mean() for f in read_film(open_film(path))]) for path in (film, out))
    assert np.median(np.abs(np.diff(degraded))) > 2 * np.median(np.abs(np.diff(source)))


def test_degrade_a_picture(tmp_path):
    still = tmp_path / "still.png"
    write_image(still, picture(0, 96, 64, 1))
    assert run_cli("degrade", still, "--kind", "holes", "-o", tmp_path / "holes.png", "-q")[0] == 0
    assert read_image(tmp_path / "holes.png").shape == (64, 96, 3)


def test_degrade_refuses_unknown_kinds_and_to_overwrite_the_film(tmp_path):
    still = tmp_path / "still.png"
    write_image(still, picture(0, 96, 64, 1))
    for words, text in ((["--kind", "hoels"], "did you mean 'holes'"), (["-o", still], "is the film itself")):
        code, _, err = run_cli("degrade", still, *words, "-q")
        assert code == 1 and text in " ".join(err.split())


@pytest.mark.parametrize("given", [True, False])
def test_degrade_never_replaces_a_file(tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "still.png", picture(0, 96, 64, 1))
    (tmp_path / "still-jpeg.png").write_text("of the user")
    code, _, err = run_cli("degrade", "still.png", "--kind", "jpeg", *(["-o", "still-jpeg.png"] if given else []), "-q")
    assert code == 1 and "still-jpeg.png: exists and is not replaced" in err
    assert (tmp_path / "still-jpeg.png").read_text() == "of the user"


def test_degrade_the_sound_of_a_film(film, tmp_path):
    code, printed, _ = run_cli("degrade", film, "--kind", "none", "--sound", "hiss", "-o", tmp_path / "worn.mp4", "-q")
    assert code == 0 and printed.strip() == str(tmp_path / "worn.mp4")
    before, after = (list(read_film(open_film(path))) for path in (film, tmp_path / "worn.mp4"))
    assert all(np.array_equal(a.grey, b.grey) for a, b in zip(before, after, strict=True)), "the picture is kept"
    sounds = [read_sound(path) for path in (film, tmp_path / "worn.mp4")]
    assert abs(sounds[0].seconds - sounds[1].seconds) < 0.1
    assert np.square(np.diff(sounds[1].mono())).mean() > 2 * np.square(np.diff(sounds[0].mono())).mean()


def test_degrade_a_sound_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tone = Sound(0.3 * np.sin(np.arange(48000, dtype=np.float32) / 10)[None], 48000)
    write_sound(tmp_path / "tune.flac", tone)
    for seed in ("1", "1", "2"):
        (tmp_path / "tune-optical.wav").unlink(missing_ok=True)
        code, printed, err = run_cli("degrade", "tune.flac", "--seed", seed, "-q")
        assert code == 0 and printed.strip() == "tune-optical.wav", err
        worn = read_sound(tmp_path / "tune-optical.wav")
        assert (worn.length, worn.rate) == (48000, 48000)
        assert 0.001 < np.abs(worn.mono() - tone.mono()).mean() < 0.3


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--sound", "his"], "did you mean 'hiss'"),
        (["--kind", "none"], "nothing to degrade with --kind none; give --sound as well"),
    ],
)
def test_degrade_of_sound_states_what_is_wrong(film, tmp_path, words, text):
    code, _, err = run_cli("degrade", film, *words, "-o", tmp_path / "out.mp4", "-q")
    assert code == 1 and text in " ".join(err.split()) and not (tmp_path / "out.mp4").exists()


def test_a_picture_has_no_sound_to_degrade(tmp_path):
    still = tmp_path / "still.png"
    write_image(still, picture(0, 96, 64, 1))
    code, _, err = run_cli("degrade", still, "--sound", "hiss", "-o", tmp_path / "out.png", "-q")
    assert code == 1 and "has no sound to degrade" in err
