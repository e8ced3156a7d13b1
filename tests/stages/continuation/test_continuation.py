"""Continuations: what is learned from the film and reused, and how the generated frames fit the film."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import clip_of, frames_of, picture

import reimagine
from reimagine.errors import RecipeError, StageError
from reimagine.media.images.grain import add_grain, estimate_grain
from reimagine.media.motion import FrameExtrapolator, FrameInterpolator
from reimagine.metrics.continuation import collapse_frame
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run


@pytest.fixture
def recall(tiny_weights):
    return reimagine.model("continue", "recall")(weights=str(tiny_weights["continue recall"]), minutes=0.0)


def continued(model, clip, count, folder) -> list[np.ndarray]:
    """The images of a continuation."""
    return [f.image for f in model.load("cpu")(clip, count, folder, NoProgress())]


# -- learning ----------------------------------------------------------------------------------


def test_pairs_are_in_order_and_never_cross_a_cut(recall, tmp_path):
    continued(replace(recall, frame_stride=2), clip_of(190, [(0, 60), (60, 70), (70, 190)]), 1, tmp_path)
    rows = list(csv.DictReader((tmp_path / "pairs.csv").open()))
    pairs = [(row["split"], int(row["frame"]), int(row["next"])) for row in rows]
    assert all(b - a == 2 and (b < 60 or a >= 70) for _, a, b in pairs)  # the shot 60..70 is too short
    for start, stop in ((0, 60), (70, 190)):
        parts = [
            [a for name, a, _ in pairs if name == part and start <= a < stop]
            for part in ("train", "validation", "test")
        ]
        assert max(parts[0]) < min(parts[1]) <= max(parts[1]) < min(parts[2])
        assert len(parts[0]) / sum(map(len, parts)) == pytest.approx(0.7, abs=0.12)


def test_a_longer_continuation_reuses_what_was_learned_and_generated(tiny_weights, film, tmp_path):
    weights = str(tiny_weights["continue recall"])
    model = reimagine.model("continue", "recall")(seconds=0.5, minutes=0.01, weights=weights)
    reimagine.run(film, [model], tmp_path / "run")
    (learned,) = (tmp_path / "run").glob("learned-continue.recall-*")
    expected = {"pairs.csv", "log.csv", "curves.png", "sheet.png", "weights.safetensors", "learned.json"}
    assert expected <= {p.name for p in learned.iterdir()}
    before = {p: p.stat().st_mtime_ns for p in learned.rglob("*.*") if p.suffix != ".npz"}
    done = reimagine.run(film, [replace(model, seconds=1.5)], tmp_path / "run")
    assert done.report["frames"] == 48 + 36
    assert before.items() <= {p: p.stat().st_mtime_ns for p in learned.rglob("*.*")}.items()


UNSUITABLE = [
    ({}, clip_of(1), "has 1 frames, and 24 are needed"),
    ({"frame_stride": 3}, clip_of(48), "has 48 frames, and 72 are needed"),
    ({}, clip_of(60, [(0, 20), (20, 40), (40, 60)]), "has 20 frames"),
    ({}, clip_of(40, image=lambda n: picture(0, 96, 64, 0)), "nothing moves"),
]


@pytest.mark.parametrize(("options", "clip", "text"), UNSUITABLE)
@pytest.mark.parametrize("name", ["recall", "pix2pix"])
def test_films_that_cannot_be_learned_are_refused(name, options, clip, text, tmp_path):
    with pytest.raises(StageError, match=text) as error:
        continued(reimagine.model("continue", name)(**options), clip, 1, tmp_path)
    assert "--model hold" in str(error.value)


def test_out_of_memory_halves_the_batch_of_the_learning(tiny_weights, tmp_path, monkeypatch):
    from reimagine.stages.continuation.recall.trainer import NextFrameTrainer

    rollout, messages = NextFrameTrainer.rollout, []

    def limited(self, rollouts, *others):
        if len(rollouts) > 2:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ...")
        return rollout(self, rollouts, *others)

    class Recorder(NoProgress):
        def message(self, line):
            messages.append(line)

    monkeypatch.setattr(NextFrameTrainer, "rollout", limited)
    monkeypatch.setattr(NextFrameTrainer, "measure", lambda self, part="": {})
    model = reimagine.model("continue", "recall")(minutes=0.005, weights=str(tiny_weights["continue recall"]))
    model.load("cpu")(clip_of(40), 1, tmp_path, Recorder())
    assert any(line.startswith("not enough memory: 2 rollouts") for line in messages)
    assert (tmp_path / "learned.json").exists()


# -- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"), [("seconds", 0.0), ("slowdown", 0.5), ("frame_stride", -1), ("minutes", -1.0)]
)
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(RecipeError, match=f"--{option.replace('_', '-')} .* is out of range"):
        reimagine.model("continue", "recall")(**{option: value})


def test_a_frame_that_does_not_exist_is_refused(film, tmp_path):
    with pytest.raises(StageError, match="0 to 47"):
        reimagine.run(film, [reimagine.model("continue", "hold")(from_frame=48)], tmp_path / "run")


def test_each_seed_gives_another_ending(recall, film, tmp_path):
    done = reimagine.run(film, [replace(recall, seconds=1.0)], tmp_path / "run", endings=2)
    first, second = (frames_of(tmp_path / "run" / name) for name in ("film.mp4", "film-2.mp4"))
    assert done.film.name == "film.mp4" and len(first) == len(second) == 72
    differences = [np.abs(a.astype(int) - b).mean() for a, b in zip(first, second, strict=True)]
    assert max(differences[:48]) < 1 < differences[-1]


def test_a_model_without_a_seed_has_one_ending(film, tmp_path):
    with pytest.raises((RecipeError, StageError), match="--endings"):
        reimagine.run(film, [reimagine.model("continue", "hold")()], tmp_path / "run", endings=2)


def test_from_frame_replaces_the_rest_of_picture_and_sound(film, tmp_path):
    hold = reimagine.model("continue", "hold")(seconds=0.5, from_frame=29)
    done = reimagine.run(film, [hold], tmp_path / "run")
    assert done.report["frames"] == 30 + 12 and abs(done.report["audio_minus_video_seconds"]) < 0.05
    run = Run.open(tmp_path / "run")
    frames = [f.image for f in run.tracks.picture().read()]
    assert len(frames) == 42 and all(np.array_equal(f, frames[29]) for f in frames[30:])
    assert not np.array_equal(frames[28], frames[29])


def test_slowdown_gives_the_same_continuation_with_more_frames(recall, tmp_path):
    fast = continued(recall, clip_of(40), 24, tmp_path)
    slow = continued(replace(recall, slowdown=2.0), clip_of(40), 48, tmp_path)
    for n in range(10, 24):  # after the cross-fade
        assert np.abs(fast[n].astype(int) - slow[2 * n + 1]).mean() < 1.5


# -- freezing ----------------------------------------------------------------------------------


def test_a_frozen_rollout_dissolves_to_a_moment_that_moves(recall, tmp_path, monkeypatch):
    """A network that repeats the last image would stand still for good."""
    from reimagine.stages.continuation.recall.net import Prediction
    from reimagine.stages.continuation.recall.predictor import RecallPredictor

    def repeat(self, index, exemplar):
        zero = np.zeros((*exemplar.shape[:2], 2), np.float32)
        weights = np.concatenate([zero[..., :1] + 1, zero, zero[..., :1]], 2)
        return Prediction(zero, zero, weights, exemplar * 0)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(RecallPredictor, "_predict", repeat)
    monkeypatch.setattr(RecallPredictor, "_drift_correction", lambda self: 0.0)
    still = picture(0, 96, 64, 0)
    clip = clip_of(120, [(0, 60), (60, 120)], lambda n: picture(n, 96, 64, 0) if n < 60 else still)
    images = continued(recall, clip, 240, tmp_path)
    film = [frame.image for frame in clip.read(0, 60)]
    assert collapse_frame(images, film, 48) is None


def test_a_still_picture_under_grain_counts_as_frozen():
    rng = np.random.default_rng(0)
    film = [picture(n, 480, 320, 0) for n in range(48)]
    noise = [rng.normal(0, 5, (320, 480, 1)) for _ in range(48)]
    frozen = [np.clip(film[-1] + grain, 0, 255).astype(np.uint8) for grain in noise]
    moving = [np.clip(image + grain, 0, 255).astype(np.uint8) for image, grain in zip(film, noise, strict=True)]
    assert collapse_frame(frozen, film, 24) == 0
    assert collapse_frame(moving, film, 24) is None


# -- state -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["recall", "pix2pix"])
def test_an_interrupted_rollout_continues_the_same(name, recall, tmp_path):
    clip = clip_of(40)
    model = recall if name == "recall" else reimagine.model("continue", name)(minutes=0.001, width=2)
    list(model.load("cpu")(clip, 1, tmp_path / "b", NoProgress()))  # what is learned is the same for both
    (tmp_path / "b").rename(tmp_path / "a")
    for path in (tmp_path / "a").glob("rollout-*/*"):
        path.unlink()
    (tmp_path / "b").mkdir()
    for path in (p for p in (tmp_path / "a").iterdir() if p.is_file()):
        (tmp_path / "b" / path.name).write_bytes(path.read_bytes())
    whole = continued(model, clip, 60, tmp_path / "a")
    frames = model.load("cpu")(clip, 60, tmp_path / "b", NoProgress())
    for _ in range(30):
        next(frames)
    frames.close()
    again = continued(model, clip, 60, tmp_path / "b")
    assert all(np.array_equal(a, b) for a, b in zip(whole, again, strict=True))


@pytest.mark.parametrize("name", ["recall", "pix2pix"])
def test_training_and_prediction_do_not_change_the_global_random_state(name, tiny_weights, tmp_path):
    options = {"weights": str(tiny_weights["continue recall"])} if name == "recall" else {"width": 2}
    torch.manual_seed(5)
    np.random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1]
    continued(reimagine.model("continue", name)(minutes=0.001, **options), clip_of(40), 3, tmp_path)
    assert torch.equal(before[0], torch.get_rng_state()) and np.array_equal(before[1], np.random.get_state()[1])


# -- the film's look ---------------------------------------------------------------------------


def test_frames_have_the_size_and_the_grain_of_a_large_film(recall, tmp_path):
    """800 lines: more than the images of a rollout have."""
    rng = np.random.default_rng(0)

    def image(n):
        return np.clip(picture(n, 1200, 800, 0) + rng.normal(0, 8, (800, 1200, 1)), 0, 255).astype(np.uint8)

    clip = clip_of(24, image=image)
    *_, last = recall.load("cpu")(clip, 12, tmp_path, NoProgress())
    assert last.image.shape == (800, 1200, 3)
    assert estimate_grain(last.grey) == pytest.approx(estimate_grain(clip.last.grey), rel=0.35)


def test_the_continuation_starts_without_a_jump(recall, tmp_path):
    clip = clip_of(40)
    first = continued(recall, clip, 4, tmp_path)[0]
    change = np.abs(picture(39, 96, 64, 0).astype(int) - picture(38, 96, 64, 0)).mean()
    assert np.abs(clip.last.image.astype(int) - first).mean() < 2.5 * change


def test_interpolation_and_extrapolation_follow_the_motion():
    """A texture moves 12 pixels to the left: after half the time it has moved 6, after twice the time 24."""
    a, middle, b, c = (picture(n, 160, 120, 0).astype(float) for n in (0, 3, 6, 12))
    a, b = a.astype(np.uint8), b.astype(np.uint8)
    inner = np.s_[16:-16, 16:-16]
    interpolated = FrameInterpolator(a, b).at(0.5)
    mean = a / 2.0 + b / 2
    assert np.abs(interpolated - middle)[inner].mean() < 0.35 * np.abs(mean - middle)[inner].mean()
    extrapolated = FrameExtrapolator(a, b).at(1.0)
    assert np.abs(extrapolated - c)[inner].mean() < 0.35 * np.abs(b - c)[inner].mean()


def test_grain_is_estimated_and_added():
    even = np.full((120, 160, 3), 120, np.uint8)
    assert estimate_grain(even[..., 0]) < 0.1
    assert estimate_grain(add_grain(even, 6.0, 1)[..., 0]) == pytest.approx(6, rel=0.25)
