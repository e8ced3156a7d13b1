"""Notes heard, invented and played; sound mixed: what a listener relies on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import reimagine
from reimagine import stages
from reimagine.errors import StageError
from reimagine.media import Note, Notes, Sound
from reimagine.metrics.notes import note_scores
from reimagine.stages.mix.level import speech, true_peaks
from reimagine.stages.timbre.additive import TIMES, held
from reimagine.stages.timbre.instruments import Schedule, schedule, slerp
from reimagine.stages.transcribe import basic_pitch
from reimagine.stages.transcribe.note_filter import Cleaning, cleaned, meter

SHARED = Path(__file__).parents[3] / "shared" / "data"
FIXTURE = SHARED / "gansynth_fixture"
needs_fixture = pytest.mark.skipif(not FIXTURE.exists(), reason="the GANSynth fixture is not here")
PITCHES = (60, 64, 67, 72, 71, 67, 62, 60)
TUNE = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, p, 90) for n, p in enumerate(PITCHES)))


@pytest.fixture(scope="module")
def tune() -> Sound:
    return reimagine.model("timbre", "sine")().load("cpu")(TUNE)


# -- transcribe ----------------------------------------------------------------------------------


def test_chords_are_heard():
    chord = Notes(tuple(Note(0.3, 2.0, p, 90) for p in (48, 60, 64, 67)))
    sound = reimagine.model("timbre")(instruments="acoustic-grand-piano").load("cpu")(chord)
    heard = reimagine.model("transcribe")().load("cpu")(sound)
    assert {60, 64, 67} <= {n.pitch for n in heard if abs(n.start - 0.3) < 0.05}


def test_cut_into_pieces_it_hears_the_packages_own_notes(tune, monkeypatch):
    """Against the package's decoding of everything at once."""
    package = basic_pitch._package()
    import onnxruntime

    session = onnxruntime.InferenceSession(str(package.file), providers=["CPUExecutionProvider"])
    gap = np.zeros(30000, np.float32)
    samples = np.concatenate([p for _ in range(3) for p in (tune.at_rate(22050).mono(), gap)])
    notes, onsets, contours = basic_pitch._activations(session, samples, True)
    output = {"note": notes.copy(), "onset": onsets.copy(), "contour": contours}
    _, wanted = package.code.model_output_to_notes(output, 0.5, 0.3, min_note_len=11)
    wanted = sorted((round(s, 4), round(e, 4), p) for s, e, p, _, _ in wanted)
    for length in (10**6, 300):
        monkeypatch.setattr(basic_pitch, "LONG", length)
        assert len(list(basic_pitch._pieces(notes, 0.3))) == (1 if length > 1000 else 3)
        found = list(basic_pitch._decoded(package.code, notes, onsets, contours, 0.5, 0.3, 11))
        assert sorted((round(n.start, 4), round(n.end, 4), n.pitch) for n in found) == wanted
        assert all(n.bends for n in found)


def test_windows_are_the_packages(tune):
    """One window at a time, as it does it, beside ours in batches."""
    package = basic_pitch._package()
    import onnxruntime

    session = onnxruntime.InferenceSession(str(package.file), providers=["CPUExecutionProvider"])
    samples = tune.at_rate(22050).mono()
    padded = np.concatenate([np.zeros(3840, np.float32), samples])
    rows = []
    for start in range(0, len(padded), 43844 - 7680):
        window = padded[start : start + 43844]
        window = np.pad(window, (0, 43844 - len(window)))[None, :, None]
        made = session.run(["StatefulPartitionedCall:1"], {"serving_default_input_2:0": window})
        rows.append(made[0][0, 15:-15])
    wanted = np.concatenate(rows)[: int(len(samples) * 86 / 22050)]
    assert np.abs(basic_pitch._activations(session, samples, False)[0] - wanted).max() < 1e-5


def test_cleaning_takes_out_what_is_not_music():
    low, ghost, other = Note(0, 1, 48, 90), Note(0.01, 0.9, 60, 40), Note(0.01, 0.9, 61, 40)
    assert cleaned([low, ghost, other], Cleaning(ghost=0.6)) == [low, other]
    chord = [Note(0, 1, 40 + 5 * n, 50 + n) for n in range(8)]
    assert {n.pitch for n in cleaned(chord, Cleaning(voices=3))} == {65, 70, 75}
    speech_like = [Note(0.5 * n, 0.5 * n + 0.08, 50 + n % 7, 60) for n in range(20)]
    held_notes = [Note(20 + n, 20.9 + n, 60 + n, 60) for n in range(8)]
    assert cleaned([*speech_like, *held_notes], Cleaning(music=True)) == held_notes


def test_the_meter_is_found():
    rate, period = 86.0, 86.0 * 60 / 100
    strength = np.full(3000, 0.01)
    strength[(20 + np.arange(0, 2900, period)).astype(int)] = 1
    tempo, beat = meter(strength, rate)
    assert abs(tempo - 100) < 4 and abs(beat - 20 / rate) < 0.04


@pytest.mark.parametrize("name", stages.models_of("transcribe"))
def test_noise_has_hardly_a_note(name):
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 22050 * 4)).astype(np.float32)
    assert len(reimagine.model("transcribe", name)().load("cpu")(Sound(noise, 22050))) <= 2


# -- timbre --------------------------------------------------------------------------------------


def test_instruments_are_named_placed_and_turn_into_each_other():
    known = {"church-organ": np.array([1.0, 0, 0]), "flute": np.array([0.0, 2, 0])}
    plan = schedule("flute@0, organ@50%", known, lambda: np.zeros(3), 20.0)
    assert plan.moments == (0.0, 10.0)
    assert np.allclose(plan.at(-1), known["flute"]) and np.allclose(plan.at(99), known["church-organ"])
    middle = plan.at(5.0)
    assert middle[0] > 0.5 and middle[1] > 0.5
    with pytest.raises(StageError, match="did you mean 'flute'"):
        schedule("flite", known, lambda: np.zeros(3), 20.0)
    with pytest.raises(StageError, match="flute@30"):
        schedule("flute@soon", known, lambda: np.zeros(3), 20.0)


def test_slerp_of_equal_and_opposite_latents_is_a_number():
    a = np.array([1.0, 2.0])
    assert np.isfinite([slerp(a, b, 0.3) for b in (a, -a, 2 * a)]).all()


def test_at_cuts_nothing_turns_inside_a_shot():
    plan = Schedule((0.0, 10.0), (np.array([1.0, 0]), np.array([0.0, 1])), (0.0, 4.0, 8.0))
    assert np.array_equal(plan.at(4.1), plan.at(7.9)) and not np.array_equal(plan.at(3.9), plan.at(4.1))


def test_random_instruments_obey_the_seed():
    def play(seed):
        work = reimagine.model("timbre")(instruments="random", seed=seed, change_every=1.0).load("cpu")
        return work(TUNE).samples

    assert np.array_equal(play(3), play(3)) and not np.array_equal(play(3), play(4))


def test_a_note_lasts_as_long_as_it_is_written():
    work = reimagine.model("timbre")(instruments="violin", room=0.0).load("cpu")
    sound = work(Notes((Note(0.0, 9.0, 69, 90),)))
    level = [np.square(sound.samples[:, int(t * 48000) :][:, :24000]).mean() for t in (1.0, 8.0)]
    assert level[1] > 0.2 * level[0] and sound.seconds < 12


def test_levels_go_on_and_never_grow():
    fading = np.linspace(0, -30, len(TIMES))[None].astype(np.float32)
    later = held(fading, np.array([1.0, 2.9, 6.0, 20.0]))[0]
    assert np.all(np.diff(later) < 0) and later[-1] < -100


def test_pitches_out_of_range_are_folded_and_counted(tmp_path):
    work = reimagine.model("timbre")(instruments="flute").load("cpu")
    work(Notes((Note(0, 0.5, 12), Note(0.5, 1, 60), Note(1, 1.5, 110))))
    assert work.counts == Counter({"notes moved by octaves": 2})
    assert [work.within(Note(0, 1, p)).pitch for p in (12, 23, 84, 96)] == [24, 35, 84, 84]


@pytest.mark.parametrize("name", ["acoustic-grand-piano", "violin", "flute", "clarinet", "vibraphone"])
def test_what_is_played_is_heard_again(name):
    sound = reimagine.model("timbre")(instruments=name, room=0.0).load("cpu")(TUNE)
    heard = reimagine.model("transcribe")().load("cpu")(sound)
    assert note_scores(heard, TUNE)["recall"] >= 0.85


# -- GANSynth ------------------------------------------------------------------------------------


@needs_fixture
def test_gansynth_makes_what_magenta_makes(tmp_path, monkeypatch):
    import torch

    from reimagine import zoo
    from reimagine.stages.timbre import melgram
    from reimagine.stages.timbre.gansynth.net import Generator
    from reimagine.zoo import published

    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path))
    path, tensors = published.add("gansynth-acoustic", FIXTURE / "ckpt_small")
    assert tensors == 30
    net = zoo.load(str(path), Generator, "cpu")
    want = np.load(FIXTURE / "generator_small.npz")
    with torch.inference_mode():
        made = net(torch.from_numpy(want["z"]), torch.from_numpy(want["labels"]).long()).numpy()
    assert np.abs(made - want["melspecgrams_tanh"].transpose(0, 3, 1, 2)).mean() < 1e-5
    for ours, theirs in zip(melgram.waves(made), want["waves"], strict=True):
        noise = np.square(ours - theirs).sum()
        assert 10 * np.log10(np.square(theirs).sum() / noise) > 50
    sound = reimagine.model("timbre", "gansynth")(instruments="7@0,3@100%").load("cpu")(TUNE)
    assert np.isfinite(sound.samples).all() and np.abs(sound.samples).max() > 0.1


@needs_fixture
def test_the_mel_matrices_are_magentas():
    from reimagine.stages.timbre import melgram

    stored = np.load(FIXTURE / "mel_matrices_sparse.npz")
    for title, ours in (("l2m", melgram.mel_matrix()), ("m2l", melgram.linear_matrix())):
        theirs = np.zeros((1024, 1024))
        theirs[stored[f"{title}_rows"], stored[f"{title}_cols"]] = stored[f"{title}_vals"]
        assert np.abs(ours - theirs).max() < 1e-9


def test_long_notes_of_a_short_wave():
    from reimagine.stages.timbre.gansynth.stage import shaped

    wave = np.sin(np.arange(4 * 48000) * 0.05).astype(np.float32)
    for seconds in (0.01, 1.0, 9.0):
        made = shaped(wave, seconds, 48000)
        assert len(made) == int((seconds + 0.3) * 48000) and np.isfinite(made).all() and made[0] == 0
    assert np.square(shaped(wave, 9.0, 48000)[7 * 48000 : 8 * 48000]).mean() > 0.2


# -- mix -----------------------------------------------------------------------------------------


def tone(seconds: float, hertz: float = 440, rate: int = 48000, strength: float = 0.3) -> Sound:
    time = np.arange(int(seconds * rate)) / rate
    return Sound((strength * np.sin(2 * np.pi * hertz * time)).astype(np.float32)[None], rate)


def speaking(seconds: float) -> Sound:
    """Syllables: bursts of changing colour, four a second."""
    rng = np.random.default_rng(0)
    time = np.arange(int(seconds * 48000)) / 48000
    bright = np.convolve(rng.normal(size=len(time)), [1, -1], "same")
    dark = np.convolve(rng.normal(size=len(time)), np.hanning(60), "same") / 5
    turn = np.clip(np.sin(2 * np.pi * 2 * time), 0, 1)
    loud = np.clip(np.sin(2 * np.pi * 4 * time), 0, 1)
    return Sound((0.1 * loud * (turn * bright + (1 - turn) * dark)).astype(np.float32)[None], 48000)


def test_the_mix_has_the_asked_loudness_and_no_true_peak_above_the_ceiling(tune):
    import pyloudnorm

    count = np.arange(96000)
    spikes = np.where(count % 4800 == 0, 1, 0.02 * np.sin(count))
    spiky = Sound(spikes.astype(np.float32)[None], 48000)
    for new in (tune, spiky):
        mixed = reimagine.model("mix")(loudness=-18.0).load("cpu")(tone(2.0, strength=0.0), new)
        assert true_peaks(mixed.samples).max() <= 10 ** (-1 / 20) + 1e-4
    mixed = reimagine.model("mix")(loudness=-18.0).load("cpu")(tone(4.0, strength=0.0), tune)
    assert abs(pyloudnorm.Meter(48000).integrated_loudness(mixed.samples.T) + 18) < 0.5


def test_speech_is_told_from_a_tune(tune):
    assert speech(speaking(6).stereo().samples).mean() > 0.5
    assert speech(tune.at_rate(48000).stereo().samples).mean() < 0.1


def test_the_music_goes_down_where_the_kept_sound_speaks():
    own = np.concatenate([tone(6, strength=0.0).samples, speaking(6).samples], 1)
    new = tone(12, hertz=200)
    made = {
        duck: reimagine.model("mix")(keep_original=0.8, duck=duck).load("cpu")(Sound(own, 48000), new)
        for duck in (True, False)
    }

    def level(sound: Sound, first: int, last: int) -> float:
        piece = sound.samples[0, first * 48000 : last * 48000]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
        return spectrum[200 * (last - first) - 2 : 200 * (last - first) + 3].max()

    shares = {duck: level(s, 8, 11) / level(s, 2, 5) for duck, s in made.items()}
    assert shares[True] < 0.7 * shares[False]


def test_foolish_numbers_are_refused():
    for words in ({"keep_original": 1.5}, {"loudness": 3.0}):
        with pytest.raises(StageError, match="give"):
            reimagine.model("mix")(**words).load("cpu")


# -- compose -------------------------------------------------------------------------------------


def test_a_melody_is_neither_silent_nor_one_note_and_obeys_the_seed():
    def tune_of(seed, **more):
        return reimagine.model("compose")(seed=seed, bars=16, **more).load("cpu")(Notes((), 100.0))

    first, again, other = tune_of(1), tune_of(1), tune_of(2)
    assert list(first) == list(again) != list(other)
    for notes in (first, other):
        assert len(notes) >= 24 and len({n.pitch for n in notes}) >= 5
        assert notes.seconds <= 16 * 4 * 60 / 100 + 0.01 and notes.tempo == 100.0
        steps = np.abs(np.diff([n.pitch for n in notes]))
        assert np.median(steps) <= 5


def test_an_answer_keeps_what_was_asked():
    given = Notes(TUNE.notes, 120.0)
    made = reimagine.model("compose")(answer=True, bars=4).load("cpu")(given)
    assert made.notes[: len(given)] == given.notes and len(made) > len(given) + 4
    assert min(n.start for n in made.notes[len(given) :]) >= given.seconds - 0.1
