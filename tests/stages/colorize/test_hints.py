"""Hints: strokes on a grey still colour the object that they lie on, in all frames of its shot."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import clip_of, run_cli, texture, write_still_film

import reimagine
from reimagine import recipe
from reimagine.errors import StageError
from reimagine.media.video.frames import Shot
from reimagine.metrics.colour import lab
from reimagine.progress import NoProgress
from reimagine.stages.colorize.colorizer import Colorizer
from reimagine.stages.colorize.hints import Hints, follow_hints
from reimagine.stages.colorize.options import find_hints

SIZE = (192, 128)
"""Width and height of the film, in pixels."""
SHOTS = [(0, 40), (40, 60)]
"""The disc moves in the first shot; the second is another scene."""
STROKES = {"green": (40, 150, 60), "red": (200, 40, 40), "blue": (50, 70, 200)}
"""RGB of the strokes."""


def disc_centre(n: int) -> tuple[int, int]:
    """Position of the disc in frame `n`: it moves two pixels per frame to the right, and up and down."""
    return 40 + 2 * n, round(64 + 12 * np.sin(n / 6))


def scene(n: int) -> np.ndarray:
    """Frame `n`: a light disc on a dark ground; in the second shot stripes. (h, w, 3) uint8, grey."""
    if n >= SHOTS[0][1]:
        return np.dstack([texture(7, 192)[:128]] * 3)
    ground = 60 + (texture(3, 192)[:128].astype(np.float32) - 130) * 0.15
    grain = texture(5, 192)[:80, :80].astype(np.float32) * 0.1
    image = ground.copy()
    x, y = disc_centre(n)
    disc = np.zeros(image.shape, np.uint8)
    cv2.circle(disc, (x, y), 22, 1, -1)
    moved = cv2.warpAffine(grain, np.float32([[1, 0, x - 40], [0, 1, y - 40]]), SIZE)
    image = np.where(disc > 0, 165 + moved, image)
    return np.dstack([np.clip(image, 0, 255).astype(np.uint8)] * 3)


def write_hint(path: Path, n: int, colour=STROKES["green"], scale: float = 1.0, width: int = 6) -> Path:
    """A grey still of frame `n` with one stroke on the disc."""
    image = cv2.resize(scene(n), None, fx=scale, fy=scale)
    x, y = (round(v * scale) for v in disc_centre(n))
    cv2.line(image, (x - round(8 * scale), y), (x + round(8 * scale), y), colour, max(1, round(width * scale)))
    cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 75])
    return path


def brown(greys: np.ndarray) -> np.ndarray:
    """A network that predicts brown everywhere."""
    ab = np.zeros((len(greys), 16, 24, 2), np.float32)
    ab[...] = (6, 12)
    return ab


def colorized(hint: list[Path], folder: Path, every_frame: bool = False) -> list[np.ndarray]:
    """The film with hints, as RGB images."""
    clip = clip_of(60, SHOTS, scene)
    hints = Hints.read(follow_hints(hint, clip, folder, NoProgress()))
    work = Colorizer(brown, 64, every_frame=every_frame, hints=hints)
    frames = [f.renumbered(f.index, shot) for shot in map(lambda s: Shot(*s), SHOTS) for f in clip.read(*shot[:2])]
    return [frame.image for frame in work(iter(frames))]


def mean_ab(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return lab(image)[..., 1:][mask].mean(0)


def disc_mask(n: int, radius: int) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], np.uint8)
    cv2.circle(mask, disc_centre(n), radius, 1, -1)
    return mask > 0


def hue_error(ab: np.ndarray, rgb: tuple[int, int, int]) -> float:
    """Degrees between the hue of ab and that of a colour."""
    target = lab(np.array([[rgb]], np.uint8))[0, 0, 1:]
    return abs(np.degrees(np.angle(complex(*ab) / complex(*target))))


@pytest.mark.parametrize("every_frame", [False, True])
def test_the_object_takes_the_hue_in_all_frames_and_nothing_else_does(tmp_path, every_frame):
    plain = colorized([], tmp_path / "none", every_frame)
    hinted = colorized([write_hint(tmp_path / "ref_000020.png", 20)], tmp_path / "learned", every_frame)
    for n in range(*SHOTS[0]):
        ab = mean_ab(hinted[n], disc_mask(n, 16))
        assert hue_error(ab, STROKES["green"]) < 12 and np.hypot(*ab) > 25, n
        ground = ~disc_mask(n, 30)
        assert np.abs(mean_ab(hinted[n], ground) - mean_ab(plain[n], ground)).max() < 1.5, n
    for n in range(*SHOTS[1]):
        assert np.array_equal(hinted[n], plain[n])


@pytest.mark.parametrize(
    ("name", "scale", "width", "colour"),
    [
        ("ref_000005.png", 1.0, 6, "red"),
        ("ref_000005.jpg", 1.0, 6, "green"),
        ("ref_000035.jpg", 2.0, 6, "blue"),
        ("ref_000035.png", 0.5, 6, "red"),
        ("ref_000020.png", 1.0, 1, "blue"),
        ("ref_000020.jpeg", 4.0, 2, "green"),
    ],
)
def test_formats_sizes_widths_and_colours_of_strokes(tmp_path, name, scale, width, colour):
    still = write_hint(tmp_path / name, int(name[4:10]), STROKES[colour], scale, width)
    images = colorized([still], tmp_path / "learned")
    for n in (0, 20, 39):
        ab = mean_ab(images[n], disc_mask(n, 16))
        assert hue_error(ab, STROKES[colour]) < 15 and np.hypot(*ab) > 20, n


def test_two_strokes_colour_two_surfaces(tmp_path):
    still = write_hint(tmp_path / "ref_000020.png", 20)
    image = cv2.imread(str(still))
    cv2.line(image, (20, 115), (150, 115), STROKES["blue"][::-1], 5)
    cv2.imwrite(str(still), image)
    images = colorized([still], tmp_path / "learned")
    for n in (5, 20, 35):
        assert hue_error(mean_ab(images[n], disc_mask(n, 16)), STROKES["green"]) < 15
        assert hue_error(mean_ab(images[n], ~disc_mask(n, 30)), STROKES["blue"]) < 20


def test_a_tinted_still_of_a_tinted_film_has_no_strokes(tmp_path):
    """Sepia is the film's own colour, not paint."""
    sepia = (scene(3) * np.array([1.0, 0.82, 0.6])).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "ref_000003.png"), sepia[..., ::-1])
    clip = clip_of(60, SHOTS, lambda n: (scene(n) * np.array([1.0, 0.82, 0.6])).astype(np.uint8))
    with pytest.raises(StageError, match="no coloured strokes"):
        follow_hints([tmp_path / "ref_000003.png"], clip, tmp_path, NoProgress())


def refused(tmp_path: Path, name: str) -> tuple[list[Path], str]:
    """A hint that is refused, and a part of the message."""
    still = tmp_path / "ref_000020.png"
    if name == "grey":
        cv2.imwrite(str(still), scene(20))
        return [still], r"ref_000020\.png: has no coloured strokes"
    if name == "grey JPEG":
        cv2.imwrite(str(still.with_suffix(".jpg")), scene(20), [cv2.IMWRITE_JPEG_QUALITY, 40])
        return [still.with_suffix(".jpg")], "has no coloured strokes"
    if name == "square":
        cv2.imwrite(str(write_hint(still, 20)), cv2.resize(cv2.imread(str(still)), (128, 128)))
        return [still], "128x128 is another shape than the film's 192x128"
    if name == "late":
        return [write_hint(tmp_path / "ref_000060.png", 20)], "the film has frames 0 to 59"
    if name == "twice":
        return [write_hint(still, 20), write_hint(tmp_path / "ref_20.jpg", 20)], "of the same frame"
    if name == "unnamed":
        return [write_hint(tmp_path / "dress.png", 20)], "name the still by its frame"
    if name == "folder":
        return [tmp_path], "no ref_nnnnnn.png in this folder"
    return [tmp_path / "ref_000001.png"], "no such file; --export-hints"


@pytest.mark.parametrize("name", ["grey", "grey JPEG", "square", "late", "twice", "unnamed", "folder", "missing"])
def test_hints_that_cannot_work_are_refused_with_one_line(tmp_path, name):
    hint, message = refused(tmp_path, name)
    with pytest.raises(StageError, match=message) as caught:
        follow_hints(hint, clip_of(60, SHOTS, scene), tmp_path / "learned", NoProgress())
    assert "\n" not in str(caught.value) and not list(tmp_path.glob("learned/*"))


def test_unpainted_stills_of_a_folder_are_left_out(tmp_path):
    cv2.imwrite(str(tmp_path / "ref_000050.png"), scene(50))
    write_hint(tmp_path / "ref_000020.png", 20)
    points = Hints.read(follow_hints([tmp_path], clip_of(60, SHOTS, scene), tmp_path / "learned", NoProgress()))
    assert points is not None and set(range(*SHOTS[0])) == set(points.frames.tolist())


def test_hints_survive_a_recipe_and_several_are_given_by_repeating_the_option(tmp_path):
    model = recipe.build("colorize", "unet", {"hint": [str(tmp_path / "ref_1.png"), str(tmp_path / "ref_2.png")]})
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.write([model]))
    assert recipe.read(path) == [model] and len(model.hint) == 2
    assert recipe.build("colorize", "unet", {"hint": "ref_1.png"}).hint == (Path("ref_1.png"),)
    with pytest.raises(StageError, match="no such file"):
        find_hints(model.hint)


@pytest.mark.parametrize("name", ["unet", "temporal", "deoldify", "ddcolor"])
def test_a_run_with_hints_changes_its_shot_only(tmp_path, tiny_weights, name):
    """From the command line: stills are exported, painted, and given back; another shot is unchanged."""
    film = write_still_film(tmp_path / "film.mp4", [scene(10), scene(45)], 14, 12)
    common = (
        "colorize",
        film,
        "--model",
        name,
        "--weights",
        tiny_weights[f"colorize {name}"],
        "--into",
        tmp_path / "run",
    )
    code, _, error = run_cli(*common, "--export-hints", tmp_path / "stills", "-q")
    assert code == 0, error
    stills = sorted((tmp_path / "stills").iterdir())
    assert [still.name for still in stills] == ["ref_000007.png", "ref_000021.png"]
    image = cv2.imread(str(stills[0]))
    assert np.ptp(image, axis=2).max() == 0
    x, y = disc_centre(10)
    cv2.line(image, (x - 8, y), (x + 8, y), (40, 200, 40), 5)
    cv2.imwrite(str(stills[0]), image)
    code, _, error = run_cli(*common, "--hint", stills[0], "-q")
    assert code == 0, error
    pictures = sorted((tmp_path / "run").glob("01-*/picture.nut"), key=lambda p: p.stat().st_mtime_ns)
    before, after = ([f.image for f in reimagine_frames(p)] for p in pictures)
    for n in (0, 7, 13):
        change = mean_ab(after[n], disc_mask(10, 14))
        assert hue_error(change, (40, 200, 40)) < 20
    assert all(np.array_equal(a, b) for a, b in zip(before[14:], after[14:], strict=True))


def reimagine_frames(path: Path) -> list:
    from reimagine.media.video.reader import open_film, read_film

    film = open_film(path)
    return list(read_film(film, 0, film.frames))


def test_hints_without_the_whole_film_are_refused(tmp_path, tiny_colour):
    model = reimagine.model("colorize", "unet")(weights=str(tiny_colour), hint=(tmp_path / "ref_000001.png",))
    with pytest.raises(StageError, match="needs the whole film"):
        model.load("cpu")
