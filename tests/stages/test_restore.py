"""Damage made on purpose, and undone."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise

import cv2
import numpy as np
import pytest
from helpers import make_film, picture, run_cli

import reimagine
from reimagine import recipe
from reimagine.degradation import KINDS, Degrader, degrade
from reimagine.errors import ReimagineError, StageError
from reimagine.media.frames import Frame, Shot, frame_from_image
from reimagine.media.reader import open_film, read_film, read_image
from reimagine.media.writer import write_image
from reimagine.metrics.restoration import psnr
from reimagine.stages.restore.dirt import specks
from reimagine.stages.restore.hole_filling import blanks, patched
from reimagine.stages.restore.temporal_inpainting import fill

SIZE = 192, 128
Classic, UNetGAN = reimagine.model("restore", "classic"), reimagine.model("restore")
PLAIN = Classic(denoise=0.0, contrast=0.0)


def scene(count: int = 30, width: int = SIZE[0], height: int = SIZE[1]) -> list[Frame]:
    """A textured wall that a camera moves along, as one shot."""
    rng = np.random.default_rng(5)
    wall = rng.uniform(0, 255, (height + 20, width + 2 * count)).astype(np.float32)
    wall = cv2.GaussianBlur(wall, (0, 0), 4)
    wall = np.clip((wall - wall.mean()) * 6 + 120, 20, 230).astype(np.uint8)
    pieces = [wall[10 : 10 + height, n : n + width] for n in range(count)]
    return [frame_from_image(n, np.dstack([p] * 3)).renumbered(n, Shot(0, count)) for n, p in enumerate(pieces)]


def apart(made: list[Frame], true: list[Frame]) -> float:
    """Mean PSNR of lumas, without the edge that motion brings in."""
    return float(np.mean([psnr(a.grey[8:-8, 8:-8], b.grey[8:-8, 8:-8]) for a, b in zip(made, true, strict=True)]))


def jumps(frames: list[Frame]) -> float:
    return float(np.std([f.grey.mean() for f in frames]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_damage_damages_and_can_be_repeated(kind):
    frames = scene(6)
    first, again, other = (list(degrade(frames, kind, seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a.grey, b.grey) for a, b in zip(first, again, strict=True))
    assert all(f.image.shape == frames[0].image.shape and f.shot == Shot(0, 6) for f in first)
    assert apart(first, frames) < 48
    if kind not in ("jpeg", "blur"):  # which know no chance
        assert not np.array_equal(first[-1].grey, other[-1].grey)


def test_what_damage_says_is_lost_is_what_it_hid():
    grey = scene(1)[0].grey
    for kind in ("dust", "holes", "scratches"):
        plate = Degrader(kind, 3)(grey)
        change = np.abs(plate.grey * 255 - grey)
        assert change[plate.lost == 0].max() < 1 and change[plate.lost > 0.9].mean() > 10


def test_dust_lives_for_one_frame_and_scratches_for_several():
    damage = {kind: Degrader(kind, 4) for kind in ("dust", "scratches")}
    blank = np.full((128, 192), 128, np.uint8)
    lost = {kind: [wear(blank).lost > 0.3 for _ in range(5)] for kind, wear in damage.items()}
    near = np.ones((7, 7), np.uint8)
    shared = {
        kind: np.mean([(a & (cv2.dilate(b.astype(np.uint8), near) > 0)).sum() / a.sum() for a, b in pairwise(masks)])
        for kind, masks in lost.items()
    }
    assert 2 * shared["dust"] < shared["scratches"] > 0.4


def test_negatives_and_old_prints_have_no_colour():
    frame = frame_from_image(0, picture(0, 96, 64, 0))
    for kind in ("negative", "old-print"):
        worn = next(degrade([frame], kind))
        assert all((c == 128).all() for c in worn.chroma)
    assert np.corrcoef(next(degrade([frame], "negative")).grey.ravel(), frame.grey.ravel())[0, 1] < -0.95
    assert not all((c == 128).all() for c in next(degrade([frame], "noise")).chroma)


@pytest.mark.parametrize(("kind", "better"), [("dust", 4.0), ("scratches", 3.0), ("flicker", 5.0)])
def test_classic_undoes(kind, better):
    frames = scene(30, 320, 240)
    worn = list(degrade(frames, kind, 2))
    made = list(PLAIN.load("cpu")(worn))
    assert apart(made, frames) > apart(worn, frames) + better
    if kind == "flicker":
        assert jumps(made) < 0.4 * jumps(worn)


def test_classic_holds_the_gate_still():
    frames = scene(30)
    worn = list(degrade(frames, "weave", 1))
    made = list(PLAIN.load("cpu")(worn))

    def shakes(some: list[Frame]) -> float:
        greys = [f.grey.astype(np.float32) for f in some]
        steps = [cv2.phaseCorrelate(a, b)[0] for a, b in pairwise(greys)]
        return float(np.std(steps, 0).mean())

    assert shakes(made) < 0.6 * shakes(worn)


def test_classic_leaves_alone_what_is_well():
    """A post and a window frame are no scratches, a passing thing is no dirt."""
    frames = scene(40)
    for n, frame in enumerate(frames):
        image = frame.image.copy()
        image[:, 150 - n : 153 - n] = 20
        image[40:52, 20 + 3 * n : 32 + 3 * n] = 240
        frames[n] = frame.with_image(image)
    assert apart(list(PLAIN.load("cpu")(frames)), frames) > 34


def test_classic_leaves_a_fade_and_takes_a_lamp_that_slowly_goes_down():
    frames, away = scene(60), np.arange(60)
    fade = [
        f.with_grey((f.grey * share).astype(np.uint8))
        for f, share in zip(frames, np.clip(1.2 - away / 40, 0.1, 1), strict=True)
    ]
    assert apart(list(PLAIN.load("cpu")(fade)), fade) > 34
    lamp = [
        f.with_grey((f.grey * share).astype(np.uint8))
        for f, share in zip(frames, 0.92 + 0.06 * np.sin(away / 7), strict=True)
    ]
    assert jumps(list(PLAIN.load("cpu")(lamp))) < 0.6 * jumps(lamp)


def test_dirt_is_seen_beside_what_moves_too_fast_to_be_followed():
    here = np.full((96, 128), 120, np.uint8)
    before, after = here.copy(), here.copy()
    for frame, x in ((before, 30), (here, 40), (after, 50)):
        frame[30:60, x : x + 20] = 160
    assert not specks(here, before, after, 1.0).any()
    here[44:49, 48:53] = 240
    found = specks(here, before, after, 1.0) > 0
    assert found[45:48, 49:52].all() and found.sum() < 120


def test_denoise_and_contrast_do_what_they_say():
    frames = scene(12)
    worn = list(degrade(frames, "noise", 1))
    assert apart(list(Classic(contrast=0.0, denoise=1.0).load("cpu")(worn)), frames) > apart(worn, frames) + 3
    faded = list(degrade(frames, "faded", 1))
    made = list(Classic(denoise=0.0, contrast=1.0).load("cpu")(faded))
    assert np.ptp(made[5].grey) > 1.3 * np.ptp(faded[5].grey)


def test_what_is_lost_is_taken_from_the_frames_around():
    before, here, after = (f.grey / np.float32(255) for f in scene(3))
    lost = np.zeros_like(here)
    cv2.circle(lost, (96, 64), 14, 1.0, -1)
    guess = np.where(lost > 0, here.mean(), here).astype(np.float32)
    nothing = np.zeros_like(lost)
    filled, taken = fill(guess, lost, [(before, nothing), (after, nothing)])
    inside = lost > 0
    assert np.abs(filled - here)[inside].mean() < 0.25 * np.abs(guess - here)[inside].mean()
    assert taken[inside].mean() > 0.6 and np.array_equal(filled[~inside], guess[~inside])
    _, taken = fill(guess, lost, [(before, lost), (after, lost)])
    assert taken.mean() < 0.3 * inside.mean()


def test_the_middle_of_a_hole_is_like_what_is_around():
    slope = np.tile(np.linspace(0.2, 0.8, 160, dtype=np.float32), (120, 1))
    hidden = np.zeros((120, 160), bool)
    hidden[30:80, 40:110] = True
    torn = np.where(hidden, np.float32(1), slope)
    made = patched(torn, hidden)
    assert np.abs(made - slope)[45:65, 55:95].mean() < 0.05 and np.array_equal(made[~hidden], torn[~hidden])
    assert np.array_equal(patched(torn, np.ones_like(hidden)), torn)


def test_the_white_middle_of_a_hole_is_lost_and_a_white_sky_is_not():
    torn = np.full((120, 160), 0.5, np.float32)
    torn[30:80, 40:110] = 1
    hole, rim = torn == 1, np.zeros_like(torn, bool)
    rim[30:80, 40:60] = rim[30:45, 40:110] = True
    assert np.array_equal(blanks(rim, torn), hole)
    torn[80:, :] = 1
    assert not blanks(rim, torn).any()
    assert not blanks(rim, 0.8 * torn).any()


def tiny(tiny_weights, **options):
    return UNetGAN(weights=str(tiny_weights["restore unet-gan"]), **options)


def test_a_negative_becomes_a_positive(tiny_weights):
    frames = scene(4)
    worn = list(degrade(frames, "negative", 1))

    def likeness(**options) -> list[float]:
        made = tiny(tiny_weights, **options).load("cpu")(worn)
        return [np.corrcoef(a.grey.ravel(), b.grey.ravel())[0, 1] for a, b in zip(made, frames, strict=True)]

    assert min(likeness(kind="negative")) > 0.8
    assert min(likeness(kind="negative", dense=0.05, base=0.9)) > 0.8
    assert max(likeness(kind="print")) < -0.8


def test_a_faded_print_has_black_and_white_again_and_a_fresh_one_is_left(tiny_weights):
    frames = [dataclasses.replace(frame, shot=None) for frame in scene(4)]
    pale = list(degrade(frames, "faded", 1))

    def span(worn, **options) -> tuple[int, int]:
        made = list(tiny(tiny_weights, strength=0.0, **options).load("cpu")(worn))
        return min(int(f.grey.min()) for f in made), max(int(f.grey.max()) for f in made)

    assert span(pale)[0] < 16 and span(pale)[1] > 240
    filmed = [frame.renumbered(frame.index, Shot(0, 4)) for frame in pale]
    assert span(filmed)[1] < 240 < span(filmed, kind="faded")[1]
    assert span(pale, kind="print") == (min(f.grey.min() for f in pale), max(f.grey.max() for f in pale))
    assert span(frames) == (min(f.grey.min() for f in frames), max(f.grey.max() for f in frames))


def test_strength_is_how_much_is_changed(tiny_weights):
    frames = scene(3)

    def changed(strength: float) -> float:
        work = tiny(tiny_weights, kind="print", strength=strength, alone=True).load("cpu")
        return float(np.abs(next(iter(work(frames))).grey.astype(int) - frames[0].grey).mean())

    change = [changed(strength) for strength in (0.0, 0.5, 1.0)]
    assert change[0] == 0 and 0 < change[1] < change[2]


def test_a_tall_picture_in_strips_is_the_same(tiny_weights):
    work = tiny(tiny_weights, kind="print").load("cpu")
    tall = np.random.default_rng(0).random((900, 64), np.float32)
    for whole, strips in zip(work.strip(tall), work.ask(tall), strict=True):
        assert np.abs(whole - strips).max() < 0.02


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"kind": "negativ"}, "did you mean 'negative'"),
        ({"strength": 2.0}, "--strength 2 is out of range"),
        ({"dense": 0.9, "base": 0.2}, "--dense 0.9 is not below --base 0.2"),
    ],
)
def test_what_is_out_of_range_is_refused(options, text, tiny_weights):
    with pytest.raises(StageError, match=text):
        recipe.check(tiny(tiny_weights, **options))
    with pytest.raises(StageError, match="--denoise 3 is out of range"):
        recipe.check(Classic(denoise=3.0))


def test_restoring_comes_first(film, tmp_path):
    mine = tmp_path / "mine.toml"
    steps = ('colorize"\nmodel = "tint', 'restore"\nmodel = "classic')
    mine.write_text("".join(f'[[step]]\nstage = "{step}"\n\n' for step in steps))
    with pytest.raises(ReimagineError, match=":6: step 2: 'restore' comes before 'colorize'"):
        recipe.read(mine)
    reimagine.run(film, [reimagine.model("colorize", "tint")()], tmp_path / "run")
    code, _, err = run_cli("restore", tmp_path / "run", "--model", "classic", "-q")
    assert code == 1 and "comes first" in err and "--into" in err


def test_a_run_reports_what_was_found(tmp_path, tiny_weights):
    source = make_film(tmp_path / "film.mp4", 30, size=SIZE)
    worn = tmp_path / "worn.mp4"
    assert run_cli("degrade", source, "--kind", "scratches", "-o", worn, "-q")[0] == 0
    done = reimagine.run(worn, [Classic()], tmp_path / "run")
    found = done.report["found"]
    assert found["negative"] is False and found["noise"] > 0
    assert set(found) >= {"flicker", "scratches_a_frame"}
    assert not [name for name in done.report["counts"] if "summed" in name]
    negative = reimagine.run(worn, [tiny(tiny_weights, kind="negative")], tmp_path / "other")
    assert negative.report["found"]["negative"] is True
    assert 0 <= negative.report["found"]["filled_from_frames_around_percent"] <= 100


def test_degrade_a_film_and_a_picture(film, tmp_path):
    out = tmp_path / "worn.mp4"
    code, said, _ = run_cli("degrade", film, "--kind", "old-print", "--seed", "3", "-o", out, "-q")
    assert code == 0 and said.strip() == str(out) and open_film(out).frames == 48
    true, worn = (np.array([f.grey.mean() for f in read_film(open_film(path))]) for path in (film, out))
    assert np.median(np.abs(np.diff(worn))) > 2 * np.median(np.abs(np.diff(true)))
    still = tmp_path / "still.png"
    write_image(still, picture(0, 96, 64, 1))
    assert run_cli("degrade", still, "--kind", "holes", "-o", tmp_path / "holes.png", "-q")[0] == 0
    assert read_image(tmp_path / "holes.png").shape == (64, 96, 3)
    for words, text in ((["--kind", "hoels"], "did you mean 'holes'"), (["-o", still], "is the film itself")):
        code, _, err = run_cli("degrade", still, *words, "-q")
        assert code == 1 and text in " ".join(err.split())


def test_evaluate_restore(tmp_path, film):
    photos = tmp_path / "photos"
    photos.mkdir()
    for n in range(2):
        write_image(photos / f"{n}.png", picture(n, 96, 64, n))
    words = ["evaluate", "restore", "--model", "classic", "--kind", "none", "--kind", "noise", "--json"]
    rows = json.loads(run_cli(*words, photos)[1])
    assert set(rows) == {"none", "noise"} and rows["noise"]["psnr_worn"] < 26 and rows["none"]["psnr"] > 30
    rows = json.loads(run_cli(*words, film, "--kind", "flicker", "--frames", "12")[1])
    assert rows["flicker"]["flicker"] < rows["flicker"]["flicker_worn"] and rows["none"]["warp"] >= 0
    assert "did you mean 'noise'" in run_cli("evaluate", "restore", photos, "--kind", "nosie")[2]
    one = json.loads(run_cli(*words, photos / "1.png")[1])
    assert set(one) == {"none", "noise"} and one["noise"]["psnr_worn"] < 26


def test_training_goes_on_and_what_it_leaves_restores(tmp_path):
    from reimagine.stages.restore.unet_gan.train import TrainRestore

    photos = tmp_path / "photos"
    photos.mkdir()
    for n in range(6):
        write_image(photos / f"{n}.png", picture(3 * n, 96, 80, n % 3))
    train = TrainRestore(
        photos,
        size=32,
        last_size=48,
        batch=4,
        minutes=0.01,
        detector_minutes=0.005,
        hard_minutes=0.005,
        critic_minutes=0.005,
        gan_minutes=0.005,
    )
    weights = train(tmp_path / "run")
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["detector", "hard", "generator", "critic", "gan"]
    assert (tmp_path / "run" / "samples.png").exists()
    dataclasses.replace(train, minutes=0.02)(tmp_path / "run")
    last = (tmp_path / "run" / "log.csv").read_text().splitlines()[-1].split(",")
    assert int(last[2]) > int(rows[-1].split(",")[2])
    made = list(UNetGAN(weights=str(weights)).load("cpu")(scene(2)))
    assert all(f.grey.std() > 5 for f in made)
