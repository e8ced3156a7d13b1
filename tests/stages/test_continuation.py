"""What comes after the end: what is learnt, and kept; and that it is the film that goes on."""

from __future__ import annotations

import csv
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from helpers import frames_of, picture

import reimagine
from reimagine.errors import RecipeError, StageError
from reimagine.media import Shot
from reimagine.media.clip import Clip
from reimagine.media.frames import frame_from_image
from reimagine.media.grain import add_grain, estimate_grain
from reimagine.media.motion.interpolation import FrameExtrapolator, FrameInterpolator
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run


def clip(count: int, shots=None, image=lambda n: picture(n, 96, 64, 0)) -> Clip:
    frames = [frame_from_image(n, image(n)) for n in range(count)]
    shots = [Shot(*s) for s in shots or [(0, count)]]
    return Clip(lambda a, b: iter(frames[a:b]), count, shots, Fraction(24))


@pytest.fixture
def recall(tiny_weights):
    return reimagine.model("continue", "recall")(weights=str(tiny_weights["continue recall"]), minutes=0.0)


def test_pairs_keep_the_films_order_and_never_cross_a_cut(recall, tmp_path):
    work = replace(recall, every=2).load("cpu")
    work.learn(clip(190, [(0, 60), (60, 70), (70, 190)]), tmp_path, NoProgress())
    rows = list(csv.DictReader((tmp_path / "pairs.csv").open()))
    pairs = [(row["for"], int(row["frame"]), int(row["next"])) for row in rows]
    assert all(b - a == 2 and (b < 60 or a >= 70) for _, a, b in pairs)  # 60..70 is too short for a shot
    for start, stop in ((0, 60), (70, 190)):
        parts = [
            [a for f, a, _ in pairs if f == part and start <= a < stop] for part in ("train", "validation", "test")
        ]
        assert max(parts[0]) < min(parts[1]) <= max(parts[1]) < min(parts[2])
        assert len(parts[0]) / sum(map(len, parts)) == pytest.approx(0.7, abs=0.12)


def test_a_film_is_learnt_once_and_only_rolls_on(tiny_weights, film, tmp_path):
    model = reimagine.model("continue", "recall")(
        seconds=0.5, minutes=0.01, weights=str(tiny_weights["continue recall"])
    )
    reimagine.run(film, [model], tmp_path / "run")
    (kept,) = (tmp_path / "run").glob("learnt-continue.recall-*")
    there = {"pairs.csv", "log.csv", "curves.png", "sheet.png", "weights.safetensors", "learnt.json"}
    assert there <= {p.name for p in kept.iterdir()}
    before = {p: p.stat().st_mtime_ns for p in kept.rglob("*.*") if p.suffix != ".npz"}
    done = reimagine.run(film, [replace(model, seconds=1.5)], tmp_path / "run")
    assert done.report["frames"] == 48 + 36
    assert before.items() <= {p: p.stat().st_mtime_ns for p in kept.rglob("*.*")}.items()


def test_an_interrupted_training_goes_on(tiny_weights, tmp_path):
    class Cut(NoProgress):
        def advance(self, count):
            raise KeyboardInterrupt

    class Told(NoProgress):
        begun: list = []

        def advance(self, count):
            self.begun.append(count)

    model = reimagine.model("continue", "recall")(minutes=0.02, weights=str(tiny_weights["continue recall"]))
    with pytest.raises(KeyboardInterrupt):
        model.load("cpu").learn(clip(40), tmp_path, Cut())
    assert (tmp_path / "checkpoint.pt").exists() is False
    model.load("cpu").learn(clip(40), tmp_path, told := Told())
    assert (tmp_path / "learnt.json").exists() and sum(told.begun) >= 1.2


def test_an_interrupted_dream_is_the_same_dream(recall, tmp_path):
    film, work = clip(40), recall.load("cpu")
    whole = [f.image for f in work(film, 60, tmp_path / "a")]
    frames = iter(recall.load("cpu")(film, 60, tmp_path / "b"))
    for _ in range(30):
        next(frames)
    frames.close()
    again = [f.image for f in recall.load("cpu")(film, 60, tmp_path / "b")]
    assert all(np.array_equal(a, b) for a, b in zip(whole, again, strict=True))


def test_two_seeds_are_two_endings(recall, film, tmp_path):
    done = reimagine.run(film, [replace(recall, seconds=1.0)], tmp_path / "run", endings=2)
    first, second = (frames_of(tmp_path / "run" / name) for name in ("film.mp4", "film-2.mp4"))
    assert done.film.name == "film.mp4" and len(first) == len(second) == 72
    apart = [np.abs(a.astype(int) - b).mean() for a, b in zip(first, second, strict=True)]
    assert max(apart[:48]) < 1 < apart[-1]
    with pytest.raises(RecipeError, match="--endings 2"):
        reimagine.run(film, [reimagine.model("continue", "hold")()], tmp_path / "run", endings=2)


def test_from_a_frame_on_the_film_is_another(film, tmp_path):
    """Picture and sound go on from there; what came in the film is gone."""
    hold = reimagine.model("continue", "hold")(seconds=0.5, from_frame=29)
    done = reimagine.run(film, [hold], tmp_path / "run")
    assert done.report["frames"] == 30 + 12 and abs(done.report["audio_minus_video_seconds"]) < 0.05
    picture = Run.open(tmp_path / "run").picture()
    frames = [f.image for f in picture.read(Run.open(tmp_path / "run").film)]
    assert len(frames) == 42 and all(np.array_equal(f, frames[29]) for f in frames[30:])
    assert not np.array_equal(frames[28], frames[29])


BAD = [
    ({}, clip(1), "has 1 frames, and 24 are needed"),
    ({"every": 3}, clip(48), "has 48 frames, and 72 are needed"),
    ({}, clip(60, [(0, 20), (20, 40), (40, 60)]), "has 20 frames"),
    ({}, clip(40, image=lambda n: picture(0, 96, 64, 0)), "nothing moves"),
]


@pytest.mark.parametrize(("options", "film", "text"), BAD)
@pytest.mark.parametrize("name", ["recall", "pix2pix"])
def test_what_cannot_be_learnt_is_said(name, options, film, text, tmp_path):
    with pytest.raises(StageError, match=text) as error:
        reimagine.model("continue", name)(**options).load("cpu").learn(film, tmp_path, NoProgress())
    assert "--model hold" in str(error.value)


@pytest.mark.parametrize(("option", "value"), [("seconds", 0.0), ("slow", 0.5), ("every", -1), ("minutes", -1.0)])
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(StageError, match=f"--{option} .* is out of range"):
        reimagine.model("continue", "recall")(**{option: value}).load("cpu")


def test_a_frame_that_is_not_there_is_refused(film, tmp_path):
    with pytest.raises(StageError, match="0 to 47"):
        reimagine.run(film, [reimagine.model("continue", "hold")(from_frame=48)], tmp_path / "run")


def test_short_of_memory_it_learns_from_fewer(tiny_weights, tmp_path, monkeypatch):
    from reimagine.stages.continuation.recall import train

    real, said = train.Fit.dream, []

    def dream(self, threads, *others):
        if len(threads) > 2:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ...")
        return real(self, threads, *others)

    class Told(NoProgress):
        def message(self, line):
            said.append(line)

    monkeypatch.setattr(train.Fit, "dream", dream)
    monkeypatch.setattr(train.Fit, "tested", lambda self, part="": {})
    weights = str(tiny_weights["continue recall"])
    model = reimagine.model("continue", "recall")(minutes=0.005, weights=weights)
    model.load("cpu").learn(clip(40), tmp_path, Told())
    assert any(line.startswith("not enough memory: 2 dreams") for line in said)
    assert (tmp_path / "learnt.json").exists()


def test_slower_is_the_same_dream_with_more_frames(recall, tmp_path):
    film = clip(40)
    fast = [f.image for f in recall.load("cpu")(film, 24, tmp_path)]
    slow = [f.image for f in replace(recall, slow=2.0).load("cpu")(film, 48, tmp_path)]
    for n in range(10, 24):  # past the joint
        assert np.abs(fast[n].astype(int) - slow[2 * n + 1]).mean() < 1.5


def test_it_is_as_large_as_the_film_and_as_grainy(recall, tmp_path):
    """More than is carried from step to step: 800 lines."""
    rng = np.random.default_rng(0)

    def image(n):
        return np.clip(picture(n, 1200, 800, 0) + rng.normal(0, 8, (800, 1200, 1)), 0, 255).astype(np.uint8)

    film = clip(24, image=image)
    *_, last = recall.load("cpu")(film, 12, tmp_path)
    assert last.image.shape == (800, 1200, 3)
    assert estimate_grain(last.grey) == pytest.approx(estimate_grain(film.last.grey), rel=0.35)


def test_the_cut_is_no_jump(recall, tmp_path):
    film = clip(40)
    frames = [film.last.image, *(f.image for f in recall.load("cpu")(film, 4, tmp_path))]
    step = np.abs(picture(39, 96, 64, 0).astype(int) - picture(38, 96, 64, 0)).mean()
    assert np.abs(frames[0].astype(int) - frames[1]).mean() < 2.5 * step


def test_between_two_frames_and_after_the_last():
    """A texture that moves 12 pixels to the left: half-way it has moved 6, after it 12 more."""
    a, truth, b, c = (picture(n, 160, 120, 0).astype(float) for n in (0, 3, 6, 12))
    a, b = a.astype(np.uint8), b.astype(np.uint8)
    inner = np.s_[16:-16, 16:-16]
    made = FrameInterpolator(a, b).at(0.5)
    mean = a / 2.0 + b / 2
    assert np.abs(made - truth)[inner].mean() < 0.35 * np.abs(mean - truth)[inner].mean()
    after = FrameExtrapolator(a, b).at(1.0)
    assert np.abs(after - c.astype(float))[inner].mean() < 0.35 * np.abs(b - c.astype(float))[inner].mean()


def test_grain_is_measured_and_given():
    even = np.full((120, 160, 3), 120, np.uint8)
    assert estimate_grain(even[..., 0]) < 0.1
    assert estimate_grain(add_grain(even, 6.0, 1)[..., 0]) == pytest.approx(6, rel=0.25)
