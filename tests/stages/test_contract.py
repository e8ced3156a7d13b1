"""One contract for every row of the table; a new model is covered as soon as it is in the table."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from helpers import picture

from reimagine import recipe, stages
from reimagine.errors import StageError
from reimagine.media import Frame, Note, Notes, Shot, Sound
from reimagine.media.video.clip import Clip
from reimagine.media.video.frames import frame_from_image
from reimagine.progress import NoProgress
from reimagine.stages import contract
from reimagine.stages.contract import Counts, Kind

CONTRACTS = {
    Kind.PICTURE: contract.PictureModel,
    Kind.INTERPOLATION: contract.InterpolationModel,
    Kind.CONTINUATION: contract.ContinuationModel,
    Kind.TRANSCRIPTION: contract.TranscriptionModel,
    Kind.COMPOSITION: contract.CompositionModel,
    Kind.SYNTHESIS: contract.SynthesisModel,
    Kind.MIX: contract.MixModel,
}
ROWS = [(stage, name) for stage, row in stages.STAGES.items() for name in row.models]


def rows_of(kind: Kind) -> list[tuple[str, str]]:
    return [(stage, name) for stage, name in ROWS if stages.STAGES[stage].kind is kind]


PICTURE = [row for row in rows_of(Kind.PICTURE) if row != ("upscale", "spandrel")]  # it has no weights of its own
TUNE = Notes((Note(0.1, 0.6, 60), Note(0.7, 1.2, 64), Note(1.3, 1.9, 67)))


def build(stage: str, name: str, weights, **options) -> object:
    """The model with tiny random weights, if it has a network."""
    cls = stages.model_class(stage, name)
    if "weights" in {field.name for field in dataclasses.fields(cls)}:
        options["weights"] = str(weights[f"{stage} {name}"])
    return cls(**options)


def film(count: int, size=(96, 64), consumed: list | None = None, scene: int = 0) -> Iterator[Frame]:
    for n in range(count):
        if consumed is not None:
            consumed.append(n)
        yield frame_from_image(n, picture(n, *size, scene)).renumbered(n, Shot(0, count))


def largest_difference(a: list[np.ndarray], b: list[np.ndarray]) -> int:
    assert len(a) == len(b)
    return max(int(np.abs(x.astype(int) - y).max()) for x, y in zip(a, b, strict=True))


# -- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("stage", "name"), ROWS)
def test_a_model_inherits_the_contract_of_its_stage(stage, name):
    assert CONTRACTS[stages.STAGES[stage].kind] in stages.model_class(stage, name).__mro__


@pytest.mark.parametrize(("stage", "name"), ROWS)
def test_options_survive_toml(stage, name, tmp_path):
    model = stages.model_class(stage, name)()
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.write([model]))
    assert recipe.read(path) == [model]


@pytest.mark.parametrize(("stage", "name"), ROWS)
def test_every_option_has_a_type_a_default_and_a_help_text(stage, name):
    for option in recipe.options(stages.model_class(stage, name)):
        assert option.help and option.default is not dataclasses.MISSING
        assert option.default is None or isinstance(option.default, option.type)


@pytest.mark.parametrize(("stage", "name"), ROWS)
def test_renamed_options_are_accepted_under_their_old_names(stage, name):
    cls = stages.model_class(stage, name)
    present = {option.name: option for option in recipe.options(cls)}
    for old, new in cls.renamed_options.items():
        assert old not in present
        assert recipe.build(stage, name, {old: present[new].default}) == cls()


@pytest.mark.parametrize(("stage", "name"), ROWS)
def test_inference_options_are_options(stage, name):
    cls = stages.model_class(stage, name)
    if stages.STAGES[stage].kind.writes == "picture":
        assert set(cls.inference_options) <= {option.name for option in recipe.options(cls)}


# -- pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(96, 64), (61, 47)])
@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_same_numbers_stated_size_real_pictures(stage, name, size, tiny_weights):
    model = build(stage, name, tiny_weights)
    results = list(model.load("cpu")(film(9, size)))
    width, height = model.output_size(*size)
    assert [f.index for f in results] == list(range(9))
    for frame in results:
        assert frame.image.shape == (height, width, 3) and frame.image.dtype == np.uint8
        assert frame.image.std() > 5


@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_cut_into_parts_is_the_same_as_uncut(stage, name, tiny_weights):
    model = build(stage, name, tiny_weights)
    whole = [f.image for f in model.load("cpu")(film(12))]
    frames, work = list(film(12)), model.load("cpu")
    first, stop = max(0, 7 - model.context), 7 + model.look_ahead
    parts = [f.image for f in work(frames[:stop]) if f.index < 7]
    parts += [f.image for f in work(frames[first:]) if f.index >= 7]
    assert largest_difference(whole, parts) <= 2


@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_frames_are_read_lazily(stage, name, tiny_weights):
    consumed: list[int] = []
    model = build(stage, name, tiny_weights)
    next(iter(model.load("cpu")(film(80, consumed=consumed))))
    assert len(consumed) <= 8 + 2 * model.look_ahead


@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_a_loaded_model_keeps_no_state_between_films(stage, name, tiny_weights):
    """Unrelated stills, in any order and twice, give the pictures and counts that each gives alone."""
    model = build(stage, name, tiny_weights)

    def still(work, number: int) -> tuple[np.ndarray, Counts]:
        counts = Counts()
        frame = next(film(1, scene=number))
        return next(iter(work([frame], counts))).image, counts

    alone = [still(model.load("cpu"), number) for number in range(4)]
    shared, order = model.load("cpu"), [*range(4), *range(4)]
    random.Random(1).shuffle(order)
    for number in order:
        image, counts = still(shared, number)
        assert np.array_equal(image, alone[number][0]) and counts == alone[number][1]


@pytest.mark.parametrize(("stage", "name"), PICTURE)
def test_two_films_at_once_do_not_mix(stage, name, tiny_weights):
    """Two calls of one loaded model, their frames taken alternately."""
    model = build(stage, name, tiny_weights)
    alone = [[f.image for f in model.load("cpu")(film(6, scene=scene))] for scene in (0, 1)]
    shared = model.load("cpu")
    pairs = list(zip(shared(film(6, scene=0)), shared(film(6, scene=1)), strict=True))
    for number in (0, 1):
        assert largest_difference(alone[number], [pair[number].image for pair in pairs]) == 0


@pytest.mark.parametrize("name", stages.models_of("colorize"))
def test_colorizers_do_not_change_the_luma(name, tiny_weights):
    frames, work = list(film(5)), build("colorize", name, tiny_weights).load("cpu")
    for before, after in zip(frames, work(iter(frames)), strict=True):
        assert np.array_equal(before.luma, after.luma)
        assert not np.array_equal(before.chroma[0], after.chroma[0])


# -- continuations -----------------------------------------------------------------------------


def quick(model):
    """The model with a tiny network and a training of 0.3 seconds."""
    names = {field.name for field in dataclasses.fields(model)}
    small = {"minutes": 0.005, "width": 2}
    return dataclasses.replace(model, **{k: v for k, v in small.items() if k in names})


@pytest.mark.parametrize("name", stages.models_of("continue"))
def test_frame_numbers_continue_those_of_the_film(name, tiny_weights, tmp_path):
    """A longer continuation from the same folder begins with the same frames, without another training."""
    frames = list(film(30))
    clip = Clip(lambda a, b: iter(frames[a:b]), 30, [Shot(0, 30)], Fraction(24))
    work = quick(build("continue", name, tiny_weights)).load("cpu")
    short, long = (list(work(clip, count, tmp_path, NoProgress())) for count in (4, 30))
    assert [f.index for f in long] == list(range(30, 60))
    for a, b in zip(short, long, strict=False):
        assert np.array_equal(a.image, b.image) and a.image.shape == (64, 96, 3)
    if name != "pix2pix":  # it starts from random weights
        assert all(f.image.std() > 5 for f in long)


@pytest.mark.parametrize("name", stages.models_of("continue"))
def test_a_continuation_keeps_no_state_of_another_film(name, tiny_weights, tmp_path):
    model = quick(build("continue", name, tiny_weights))
    clips = []
    for scene in (0, 1):
        frames = list(film(30, scene=scene))
        clips.append(Clip(lambda a, b, frames=frames: iter(frames[a:b]), 30, [Shot(0, 30)], Fraction(24)))
    shared = model.load("cpu")
    for number, clip in enumerate(clips):
        mine = [f.image for f in shared(clip, 3, tmp_path / f"{number}", NoProgress())]
        alone = [f.image for f in model.load("cpu")(clip, 3, tmp_path / f"{number}", NoProgress())]
        assert largest_difference(mine, alone) == 0


# -- sound and notes ---------------------------------------------------------------------------


def sound_of(hertz: float, seconds: float = 2.0, rate: int = 22050) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return Sound((0.4 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)[None], rate)


def playable(stage: str, name: str, weights):
    """A loaded synthesizer; the test is skipped where its program or soundfont is not installed."""
    options = {"instruments": "flute@0,violin@100%"} if name == "harmonic" else {}
    try:
        return build(stage, name, weights, **options).load("cpu")
    except StageError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", stages.models_of("timbre"))
def test_timbres_play(name, tiny_weights):
    work = playable("timbre", name, tiny_weights)
    try:
        sound = work(TUNE)
    except StageError as error:
        pytest.skip(str(error))
    assert np.isfinite(sound.samples).all() and 0.01 < np.abs(sound.samples).max() <= 1
    assert sound.seconds >= TUNE.seconds - 0.1


@pytest.mark.parametrize("name", stages.models_of("timbre"))
def test_a_loaded_timbre_is_deterministic(name, tiny_weights):
    work, low = playable("timbre", name, tiny_weights), Notes((Note(0.0, 0.5, 20), Note(0.5, 1.0, 30)))
    try:
        first = [work(TUNE), work(low)]
    except StageError as error:
        pytest.skip(str(error))
    counts = [Counts(), Counts()]
    again = [work(TUNE, counts[0]), work(low, counts[1])]
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a.samples, b.samples)
    repeated = Counts()
    work(low, repeated)
    assert repeated == counts[1]


@pytest.mark.parametrize(
    ("name", "options"),
    [("harmonic", {"instruments": "acoustic-grand-piano", "room": 0.0}), ("sine", {})],
)
def test_timbres_are_in_tune_and_transcribers_hear(name, options):
    sound = stages.model_class("timbre", name)(**options).load("cpu")(TUNE)
    transcribed = stages.model_class("transcribe", "pyin")().load("cpu")(sound)
    assert [n.pitch for n in transcribed] == [60, 64, 67]
    assert all(abs(a.start - b.start) < 0.06 for a, b in zip(transcribed, TUNE, strict=True))


@pytest.mark.parametrize("name", stages.models_of("transcribe"))
def test_a_loaded_transcriber_keeps_no_state_between_sounds(name, tiny_weights):
    if name == "transkun":
        pytest.importorskip("transkun", reason="the optional package transkun is not installed")
    work = build("transcribe", name, tiny_weights).load("cpu")
    sounds = [sound_of(440), Sound(np.zeros((1, 44100), np.float32), 44100), sound_of(330)]
    once = [work(sound) for sound in sounds]
    assert len(once[1]) == 0
    assert [work(sound) for sound in reversed(sounds)] == once[::-1]


@pytest.mark.parametrize("name", stages.models_of("compose"))
def test_composers_take_notes_or_none_and_keep_the_tempo(name, tiny_weights):
    work = build("compose", name, tiny_weights).load("cpu")
    given = [Notes((), 90.0), Notes(TUNE.notes, 90.0, 0.1)]
    results = [work(notes) for notes in given]
    for notes in results:
        assert notes.tempo == 90.0 and all(n.end > n.start >= 0 for n in notes)
    assert [work(notes) for notes in reversed(given)] == results[::-1]


@pytest.mark.parametrize("name", stages.models_of("mix"))
def test_mixes_fit_the_film_and_do_not_clip(name):
    time = np.arange(96000) / 48000
    new = Sound(np.sin(2000 * time).astype(np.float32)[None] * 3, 48000)
    own = Sound(np.zeros((1, 33000), np.float32), 44100)
    mixed = stages.model_class("mix", name)().load("cpu")(own, new)
    assert mixed.rate == 48000 and mixed.channels == 2
    assert mixed.length == round(33000 / 44100 * 48000)
    assert 0.05 < np.abs(mixed.samples).max() <= 10 ** (-1 / 20) + 1e-6
