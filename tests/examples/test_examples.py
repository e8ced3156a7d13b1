"""The art projects: their recipes are valid, and the rendering scripts do what their help texts say."""

from __future__ import annotations

import runpy
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from helpers import make_film
from PIL import Image

from reimagine import recipe
from reimagine.bundled import PACKAGE

CHECKOUT = PACKAGE.parent
EXAMPLES = CHECKOUT / "examples"
SCRIPTS = sorted(path.stem for path in (EXAMPLES / "rendering").glob("*.py"))


def render(monkeypatch, script: str, *arguments) -> str | int | None:
    """Run a rendering script in this process; its exit code or error, None on success."""
    path = EXAMPLES / "rendering" / f"{script}.py"
    monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as stop:
        return stop.code
    return None


def colour_film(path: Path, colours, each: int = 12, size=(96, 64)) -> Path:
    """A film of uniform colours (RGB), one after another, `each` frames long."""
    with av.open(str(path), "w") as box:
        stream = box.add_stream("libx264", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for colour in colours:
            image = np.full((size[1], size[0], 3), colour, np.uint8)
            for _ in range(each):
                box.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        box.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def demo_second(tmp_path_factory) -> Path:
    """One second of the demo film, with its first cut."""
    from reimagine.media.export import Encoding, export
    from reimagine.media.video.reader import open_film, read_film

    film = open_film(CHECKOUT / "assets" / "demo.mp4").trim(3.5, 4.5)
    path = tmp_path_factory.mktemp("second") / "second.mp4"
    export(film, path, (f.renumbered(n) for n, f in enumerate(read_film(film))), None, Encoding())
    return path


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/recipe.toml")), ids=lambda path: path.parent.name)
def test_a_recipe_is_valid_and_starts_with_its_command(path):
    assert recipe.read(path, check=True)
    assert path.read_text().startswith(f"# reimagine run {path.relative_to(CHECKOUT)} film.mp4\n")


def test_projects_are_complete_small_and_known_to_make():
    projects = {path.parent.name for path in EXAMPLES.glob("*/make.py")}
    assert len(projects) >= 5 and all((EXAMPLES / name / "README.md").exists() for name in projects)
    line = next(n for n in (CHECKOUT / "Makefile").read_text().splitlines() if n.startswith("PROJECTS"))
    assert set(line.split()[2:]) == projects
    pictures = list(EXAMPLES.rglob("*.webp"))
    assert sum(p.stat().st_size for p in pictures) < 1_500_000
    for path in pictures:
        with Image.open(path) as image:
            moving = getattr(image, "n_frames", 1) > 1
        assert path.stat().st_size <= (250_000 if moving else 80_000), path
        page = EXAMPLES if path.parent == EXAMPLES else path.parent
        assert path.name in (page / "README.md").read_text(), f"{path} is in no README"


def test_a_barcode_follows_the_colours(monkeypatch, tmp_path, demo_second):
    film = colour_film(tmp_path / "film.mp4", [(200, 20, 20), (20, 20, 200)])
    out = tmp_path / "barcode.png"
    assert render(monkeypatch, "barcode", film, demo_second, "-o", out, "--width", 240, "--height", 80) is None
    image = cv2.cvtColor(cv2.imread(str(out)), cv2.COLOR_BGR2RGB).astype(int)
    assert image.shape == (80 + 8 + 80, 240, 3)
    left, right, beside = image[10:70, 5:105], image[10:70, 135:235], image[88:]
    assert (left[..., 0] > left[..., 2] + 120).all() and (right[..., 2] > right[..., 0] + 120).all()
    assert np.abs(beside[..., 0] - beside[..., 2]).max() < 12 and beside.std() > 20  # the demo film is grey


def test_a_teaser_loops_without_a_jump(monkeypatch, tmp_path):
    film = colour_film(tmp_path / "film.mp4", [(n * 8,) * 3 for n in range(24)], each=2)
    out = tmp_path / "teaser.webp"
    arguments = ("-o", out, "--fps", 12, "--fade", 0.5, "--width", 64, "--quality", 90)
    assert render(monkeypatch, "teaser", film, *arguments) is None
    with Image.open(out) as image:
        assert image.n_frames == 24 - 6 and image.info["loop"] == 0 and image.width == 64
        tones = []
        for n in range(image.n_frames):
            image.seek(n)
            tones.append(float(np.asarray(image.convert("L")).mean()))
    steps = np.diff([*tones, tones[0]])
    assert (steps[:11] > 4).all() and np.abs(steps).max() < 40  # it gets brighter, then fades back to the start
    out = tmp_path / "teaser.gif"
    assert render(monkeypatch, "teaser", film, "-o", out, "--seconds", 1, "--fade", 0.25) is None
    with Image.open(out) as image:
        assert image.n_frames == 12 - 3 and image.width == 320


def test_a_comparison_is_as_long_as_the_longest_film_and_as_wide_as_all(monkeypatch, tmp_path, demo_second):
    other, out = make_film(tmp_path / "other.mp4", 30), tmp_path / "comparison.mp4"
    assert render(monkeypatch, "comparison", demo_second, other, "-o", out, "--titles", "one", "other") is None
    with av.open(str(out)) as box:
        frames = [f.to_ndarray(format="rgb24") for f in box.decode(video=0)]
    assert len(frames) == 30 and frames[0].shape[1] == 2 * 426
    assert frames[0][:40].max() > 150  # the titles


def test_three_films_in_two_columns_take_two_rows(tmp_path):
    from reimagine.gallery.side_by_side import side_by_side

    film, out = make_film(tmp_path / "film.mp4", 6), tmp_path / "rows.mp4"
    side_by_side({title: film for title in "abc"}, out, columns=2)
    with av.open(str(out)) as box:
        frame = next(box.decode(video=0)).to_ndarray(format="rgb24")
    high = frame.shape[0] // 2
    assert frame.shape[1] == 2 * 426 and frame[high + 60 :, :426].std() > 10 > frame[high:, 426:].std()


def test_a_contact_sheet_has_a_frame_per_shot_or_a_row_per_film(monkeypatch, tmp_path, demo_second):
    out = tmp_path / "sheet.png"
    assert render(monkeypatch, "contact_sheet", demo_second, "-o", out, "--width", 100) is None
    sheet = cv2.imread(str(out))
    assert sheet.shape == (75 + 8, 2 * 108, 3)
    assert cv2.absdiff(sheet[:, :108], sheet[:, 108:]).mean() > 10
    arguments = ("-o", out, "--width", 100, "--frames", 4, "--times")
    assert render(monkeypatch, "contact_sheet", demo_second, demo_second, *arguments) is None
    assert cv2.imread(str(out)).shape == (2 * (75 + 8), 4 * 108, 3)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_file_that_is_no_film_is_reported_in_one_line(monkeypatch, tmp_path, script):
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    error = render(monkeypatch, script, text, "-o", tmp_path / "out.webp")
    assert isinstance(error, str) and error.startswith(f"{script}: {text}: not a film") and "\n" not in error
    assert not (tmp_path / "out.webp").exists()


def test_errors_go_to_standard_error_with_exit_1(tmp_path):
    script = EXAMPLES / "rendering" / "barcode.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "none.mp4"), "-o", "x.png"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert "no such file" in done.stderr


@pytest.mark.parametrize(
    ("script", "arguments", "message"),
    [
        ("teaser", ("-o", "x.mp4"), "a teaser must be .webp or .gif"),
        ("teaser", ("-o", "x.gif", "--fade", "9"), "too short to loop"),
        ("comparison", ("-o", "x.mp4", "--titles", "a", "b"), "films: 1, titles: a, b; give one title per film"),
    ],
)
def test_arguments_that_cannot_work_are_reported(monkeypatch, tmp_path, script, arguments, message):
    monkeypatch.chdir(tmp_path)
    film = make_film(tmp_path / "film.mp4", 12)
    assert message in str(render(monkeypatch, script, film, *arguments))
