"""The network of this project's own: sounds of any length, and notes from activations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

import reimagine
from reimagine.media import Note, Notes, Sound
from reimagine.stages.transcribe.onsets_frames import inference
from reimagine.stages.transcribe.onsets_frames.dataset import targets
from reimagine.stages.transcribe.onsets_frames.decoding import Activations, Thresholds, decode
from reimagine.stages.transcribe.onsets_frames.net import HOP, RATE, OnsetsFramesNet

PLAYED = Notes((Note(0.4, 1.013, 60, 100), Note(0.4, 2.5, 67, 40), Note(1.027, 1.8, 60, 64), Note(2.0, 2.1, 21, 10)))


@pytest.fixture(scope="module")
def net() -> OnsetsFramesNet:
    torch.manual_seed(1)
    net = OnsetsFramesNet(4).eval()
    torch.nn.init.normal_(net.heads.weight)
    torch.nn.init.zeros_(net.get_parameter("heads.bias"))
    return net


def noise(samples: int) -> Sound:
    return Sound(0.1 * np.random.default_rng(0).standard_normal((1, samples), np.float32), RATE)


def activations_of(notes: Notes, frames: int = 200) -> Activations:
    """What a perfect network predicts."""
    rows = np.array([(n.start, n.end, n.pitch, n.velocity) for n in notes], np.float32)
    onsets, offsets, sounding, velocities = targets(rows, frames)
    return Activations(onsets, offsets, sounding, velocities)


@pytest.mark.parametrize("samples", [5 * RATE, 5 * RATE + 1, 250 * HOP, 3 * 80 * HOP - 1])
def test_activations_in_blocks_are_those_of_the_whole_sound(net, samples, monkeypatch):
    sound = noise(samples)
    whole = inference.predict(net, sound, "cpu")
    monkeypatch.setattr(inference, "BLOCK_FRAMES", 80)
    blocks = inference.predict(net, sound, "cpu")
    assert len(whole.onsets) == samples // HOP + 1
    for name, a, b in zip(Activations._fields, whole, blocks, strict=True):
        assert a.std() > 0.01, name
        assert np.abs(a.astype(float) - b.astype(float)).max() < 2e-3, name


def test_perfect_activations_give_the_notes_with_times_between_frames():
    found = decode(activations_of(PLAYED), Thresholds())
    assert [n.pitch for n in found] == [n.pitch for n in PLAYED]
    for note, true in zip(found, PLAYED, strict=True):
        assert note.start == pytest.approx(true.start, abs=0.003)
        assert note.end == pytest.approx(true.end, abs=0.021)
        assert note.velocity == pytest.approx(true.velocity, abs=1)


def test_a_higher_onset_threshold_never_finds_more_notes():
    rng = np.random.default_rng(3)
    noisy = Activations(*(rng.random((300, 88), np.float32) for _ in range(4)))
    counts = [len(decode(noisy, Thresholds(onset, 0.3))) for onset in (0.3, 0.6, 0.9, 1.0)]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[2] > counts[3] == 0


def test_notes_of_one_key_do_not_overlap_and_have_a_length():
    rng = np.random.default_rng(4)
    found = decode(Activations(*(rng.random((400, 88), np.float32) for _ in range(4))), Thresholds())
    for pitch in {n.pitch for n in found}:
        same = [n for n in found if n.pitch == pitch]
        assert all(n.end > n.start >= 0 for n in same)
        assert all(a.end <= b.start + 0.03 for a, b in pairwise(same))


@pytest.mark.parametrize("samples", [0, 1, HOP, RATE // 10 + 1])
def test_silence_and_very_short_sounds(samples, tiny_weights):
    transcribe = reimagine.model("transcribe", "onsets-frames")(
        weights=str(tiny_weights["transcribe onsets-frames"])
    ).load("cpu")
    assert transcribe(Sound(np.zeros((2, samples), np.float32), 44100)) == Notes(())
    assert all(n.start <= samples / RATE for n in transcribe(noise(samples)))


def test_short_notes_are_dropped_on_request(tiny_weights):
    options = {"weights": str(tiny_weights["transcribe onsets-frames"]), "onset": 0.0, "frame": 0.0}
    cls = reimagine.model("transcribe", "onsets-frames")
    every = cls(shortest=0.0, **options).load("cpu")(noise(RATE))
    longer = cls(shortest=0.2, **options).load("cpu")(noise(RATE))
    assert len(every) > len(longer)
    assert all(n.end - n.start >= 0.2 for n in longer)
