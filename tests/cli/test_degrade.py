"""`reimagine degrade`."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import picture, run_cli

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
