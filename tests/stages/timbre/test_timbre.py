"""Timbres: instrument schedules, note lengths and ranges, state of a call, soundfonts."""

from __future__ import annotations

import numpy as np
import pytest

import reimagine
from reimagine.errors import ReimagineError, StageError
from reimagine.media import Note, Notes
from reimagine.metrics.notes import note_scores
from reimagine.stages.contract import Counts
from reimagine.stages.timbre.additive import TIMES, sustain_loop
from reimagine.stages.timbre.instruments import InstrumentSchedule, instrument_schedule, slerp
from reimagine.stages.timbre.player import fold_octaves

PITCHES = (60, 64, 67, 72, 71, 67, 62, 60)
TUNE = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, p, 90) for n, p in enumerate(PITCHES)))


def test_scheduled_instruments_are_interpolated():
    latents = {"church-organ": np.array([1.0, 0, 0]), "flute": np.array([0.0, 2, 0])}
    schedule = instrument_schedule("flute@0, organ@50%", latents, lambda: np.zeros(3), 20.0)
    assert schedule.times == (0.0, 10.0)
    assert np.allclose(schedule.at(-1), latents["flute"]) and np.allclose(schedule.at(99), latents["church-organ"])
    middle = schedule.at(5.0)
    assert middle[0] > 0.5 and middle[1] > 0.5


def test_unknown_instruments_and_malformed_times_are_refused():
    latents = {"flute": np.zeros(3)}
    with pytest.raises(StageError, match="did you mean 'flute'"):
        instrument_schedule("flite", latents, lambda: np.zeros(3), 20.0)
    with pytest.raises(StageError, match="flute@30"):
        instrument_schedule("flute@soon", latents, lambda: np.zeros(3), 20.0)


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("harmonic", {"instruments": "flite"}, "did you mean 'flute'"),
        ("harmonic", {"instruments": "random", "change_every": 0.0}, "--change-every"),
        ("gansynth", {"instruments": "flute"}, "instrument"),
        ("soundfont", {"program": 128}, "--program 128 is out of range; give 0 to 127"),
    ],
)
def test_options_that_cannot_work_are_refused_before_the_work(name, options, error):
    with pytest.raises(ReimagineError, match=error):
        reimagine.model("timbre", name)(**options).check()


def test_slerp_of_parallel_latents_is_finite():
    a = np.array([1.0, 2.0])
    assert np.isfinite([slerp(a, b, 0.3) for b in (a, -a, 2 * a)]).all()


def test_with_cuts_the_instrument_is_constant_within_a_shot():
    schedule = InstrumentSchedule((0.0, 10.0), (np.array([1.0, 0]), np.array([0.0, 1])), (0.0, 4.0, 8.0))
    assert np.array_equal(schedule.at(4.1), schedule.at(7.9))
    assert not np.array_equal(schedule.at(3.9), schedule.at(4.1))


def test_random_instruments_depend_on_the_seed():
    def synthesize(seed: int) -> np.ndarray:
        model = reimagine.model("timbre")(instruments="random", seed=seed, change_every=1.0)
        return model.load("cpu")(TUNE).samples

    assert np.array_equal(synthesize(3), synthesize(3)) and not np.array_equal(synthesize(3), synthesize(4))


@pytest.mark.parametrize("name", ["harmonic", "gansynth"])
def test_each_film_gets_the_random_instruments_of_the_seed(name, tiny_weights):
    """A loaded model is used for one film after another."""
    weights = {"weights": str(tiny_weights["timbre gansynth"])} if name == "gansynth" else {}
    work = reimagine.model("timbre", name)(instruments="random", change_every=1.0, **weights).load("cpu")
    first = work(TUNE).samples
    work(Notes((Note(0.0, 0.5, 40), Note(2.0, 2.5, 50))))
    assert np.array_equal(work(TUNE).samples, first)


def test_sustained_notes_last_as_long_as_they_are_written():
    work = reimagine.model("timbre")(instruments="violin", room=0.0).load("cpu")
    sound = work(Notes((Note(0.0, 9.0, 69, 90),)))
    power = [np.square(sound.samples[:, int(t * 48000) :][:, :24000]).mean() for t in (1.0, 8.0)]
    assert power[1] > 0.2 * power[0] and sound.seconds < 12


def test_decaying_envelopes_continue_to_decay():
    decaying = np.linspace(0, -30, len(TIMES))[None].astype(np.float32)
    later = sustain_loop(decaying, np.array([1.0, 2.9, 6.0, 20.0]))[0]
    assert np.all(np.diff(later) < 0) and later[-1] < -100


def test_notes_out_of_range_are_moved_by_octaves_and_counted():
    work, counts = reimagine.model("timbre")(instruments="flute").load("cpu"), Counts()
    work(Notes((Note(0, 0.5, 12), Note(0.5, 1, 60), Note(1, 1.5, 110))), counts)
    assert counts == {"notes moved by octaves": 2}
    assert [fold_octaves(Note(0, 1, p), 24, 84).pitch for p in (12, 23, 84, 96)] == [24, 35, 84, 84]


@pytest.mark.parametrize("name", ["acoustic-grand-piano", "violin", "flute", "clarinet", "vibraphone"])
def test_synthesized_notes_are_transcribed_again(name):
    sound = reimagine.model("timbre")(instruments=name, room=0.0).load("cpu")(TUNE)
    notes = reimagine.model("transcribe")().load("cpu")(sound)
    assert note_scores(notes, TUNE)["recall"] >= 0.85


def test_the_instruments_of_the_weights_are_listed():
    assert {"flute", "violin"} <= set(reimagine.model("timbre")().choices()["instruments"])
