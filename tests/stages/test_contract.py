"""One contract for every row of the table; a new model joins by standing in it."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from conftest import picture

from reimagine import recipe, stages
from reimagine.errors import StageError
from reimagine.media import Frame, Note, Notes, Shot, Sound
from reimagine.media.clip import Clip
from reimagine.media.frames import frame_from_image
from reimagine.progress import NoProgress

ROWS = [(s, m) for s, models in stages.MODELS.items() for m in models]
PICTURE = [(s, m) for s, m in ROWS if stages.STAGES[s] == ("picture", "picture") and s != "continue"]


def build(stage: str, name: str, weights) -> object:
    cls = stages.model_class(stage, name)
    needs = {f.name for f in dataclasses.fields(cls)} & {"weights"}
    return cls(**({"weights": str(weights[f"{stage} {name}"])} if needs else {}))


def film(count: int, size=(96, 64), seen: list | None = None) -> Iterator[Frame]:
    for n in range(count):
        if seen is not None:
            seen.append(n)
        yield frame_from_image(n, picture(n, *size, 0)).renumbered(n, Shot(0, count))


@pytest.mark.parametrize(("stage", "name"), ROWS)
def test_options_survive_toml(stage, name, tmp_path):
    model = stages.model_class(stage, name)()
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.write([model]))
    assert recipe.read(path) == [model]


@pytest.mark.parametrize(("stage", "name"), ROWS)
def test_every_option_has_a_type_a_default_and_a_sentence(stage, name):
    for option in recipe.options(stages.model_class(stage, name)):
        assert option.help and option.default is not dataclasses.MISSING
        assert option.default is None or isinstance(option.default, option.type)


@pytest.mark.parametrize("size", [(96, 64), (61, 47)])
@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_same_numbers_same_size_real_pictures(stage, name, size, tiny_weights):
    made = list(build(stage, name, tiny_weights).load("cpu")(film(9, size)))
    assert [f.index for f in made] == list(range(9))
    for frame in made:
        assert frame.image.shape == (size[1], size[0], 3) and frame.image.dtype == np.uint8
        assert frame.image.std() > 5


@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_cut_into_parts_is_the_same_as_uncut(stage, name, tiny_weights):
    model = build(stage, name, tiny_weights)
    whole = [f.image for f in model.load("cpu")(film(12))]
    frames, work = list(film(12)), model.load("cpu")
    warm, until = max(0, 7 - model.context), 7 + getattr(model, "ahead", 0)
    parts = [*(f for f in work(frames[:until]) if f.index < 7),
             *(f for f in work(frames[warm:]) if f.index >= 7)]  # fmt: skip
    for a, b in zip(whole, parts, strict=True):
        assert np.abs(a.astype(int) - b.image).max() <= 2


@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_lazy(stage, name, tiny_weights):
    seen: list[int] = []
    model = build(stage, name, tiny_weights)
    next(iter(model.load("cpu")(film(80, seen=seen))))
    assert len(seen) <= 8 + 2 * getattr(model, "ahead", 0)


@pytest.mark.parametrize("name", stages.MODELS["colorize"])
def test_colorizers_leave_the_luma_alone(name, tiny_weights):
    frames, work = list(film(5)), build("colorize", name, tiny_weights).load("cpu")
    for before, after in zip(frames, work(iter(frames)), strict=True):
        assert np.array_equal(before.luma, after.luma)
        assert not np.array_equal(before.chroma[0], after.chroma[0])


@pytest.mark.parametrize("name", stages.MODELS["continue"])
def test_continuations_number_on(name, tiny_weights, tmp_path):
    """Longer than asked for before: the same beginning, and nothing is learnt twice."""
    frames = list(film(30))
    clip = Clip(lambda a, b: iter(frames[a:b]), 30, [Shot(0, 30)], Fraction(24))
    model = quick(build("continue", name, tiny_weights))
    ends = []
    for more in (4, 30):
        work = model.load("cpu")
        if hasattr(work, "learn"):
            work.learn(clip, tmp_path, NoProgress())
        ends.append(list(work(clip, more, tmp_path)))
    assert [f.index for f in ends[1]] == list(range(30, 60))
    for short, long in zip(ends[0], ends[1], strict=False):
        assert np.array_equal(short.image, long.image) and short.image.shape == (64, 96, 3)
    if name != "pix2pix":  # which knows nothing yet
        assert all(f.image.std() > 5 for f in ends[1])


def quick(model):
    """So small, and taught so shortly, that a test can wait for it."""
    small = {"minutes": 0.005, "width": 2}
    return dataclasses.replace(model, **{k: v for k, v in small.items() if hasattr(model, k)})


TUNE = Notes((Note(0.1, 0.6, 60), Note(0.7, 1.2, 64), Note(1.3, 1.9, 67)))


@pytest.mark.parametrize("name", stages.MODELS["timbre"])
def test_timbres_play(name, tiny_weights):
    model = build("timbre", name, tiny_weights)
    if name == "harmonic":
        model = dataclasses.replace(model, instruments="flute@0,violin@100%")
    try:
        sound = model.load("cpu")(TUNE)
    except StageError as error:
        pytest.skip(str(error))
    assert np.isfinite(sound.samples).all() and 0.01 < np.abs(sound.samples).max() <= 1
    assert sound.seconds >= TUNE.seconds - 0.1


@pytest.mark.parametrize(("name", "options"), [
    ("harmonic", {"instruments": "acoustic-grand-piano", "room": 0.0}), ("sine", {}),
])  # fmt: skip
def test_timbres_are_in_tune_and_transcribers_hear(name, options):
    sound = stages.model_class("timbre", name)(**options).load("cpu")(TUNE)
    heard = stages.model_class("transcribe", "pyin")().load("cpu")(sound)
    assert [n.pitch for n in heard] == [60, 64, 67]
    assert all(abs(a.start - b.start) < 0.06 for a, b in zip(heard, TUNE, strict=True))


@pytest.mark.parametrize("name", stages.MODELS["transcribe"])
def test_silence_has_no_notes(name):
    silence = Sound(np.zeros((1, 44100), np.float32), 44100)
    assert len(stages.model_class("transcribe", name)().load("cpu")(silence)) == 0


@pytest.mark.parametrize("name", stages.MODELS["compose"])
def test_composers_take_notes_or_none_and_keep_the_tempo(name, tiny_weights):
    for given in (Notes((), 90.0), Notes(TUNE.notes, 90.0, 0.1)):
        made = build("compose", name, tiny_weights).load("cpu")(given)
        assert made.tempo == 90.0 and all(n.end > n.start >= 0 for n in made)


@pytest.mark.parametrize("name", stages.MODELS["mix"])
def test_mixes_fit_the_film_and_do_not_clip(name):
    time = np.arange(96000) / 48000
    new = Sound(np.sin(2000 * time).astype(np.float32)[None] * 3, 48000)
    own = Sound(np.zeros((1, 33000), np.float32), 44100)
    mixed = stages.model_class("mix", name)().load("cpu")(own, new)
    assert mixed.rate == 48000 and mixed.channels == 2
    assert mixed.length == round(33000 / 44100 * 48000)
    assert 0.05 < np.abs(mixed.samples).max() <= 10 ** (-1 / 20) + 1e-6
