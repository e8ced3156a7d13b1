"""GANSynth: agreement with Magenta's implementation, lengths of notes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import reimagine
from reimagine.media import Note, Notes
from reimagine.stages.timbre import melgram

FIXTURE = Path(__file__).parents[4] / "shared" / "data" / "gansynth_fixture"
needs_fixture = pytest.mark.skipif(not FIXTURE.exists(), reason="the GANSynth fixture is not here")
TUNE = Notes(tuple(Note(0.5 * n, 0.5 * n + 0.45, p, 90) for n, p in enumerate((60, 64, 67, 72))))


@needs_fixture
def test_the_generator_agrees_with_magentas(tmp_path, monkeypatch):
    import torch

    from reimagine import zoo
    from reimagine.stages.timbre.gansynth.net import Generator
    from reimagine.zoo import published

    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path))
    path, tensors = published.add("gansynth-acoustic", FIXTURE / "ckpt_small")
    assert tensors == 30
    net = zoo.load(str(path), Generator, "cpu")
    expected = np.load(FIXTURE / "generator_small.npz")
    with torch.inference_mode():
        output = net(torch.from_numpy(expected["z"]), torch.from_numpy(expected["labels"]).long()).numpy()
    assert np.abs(output - expected["melspecgrams_tanh"].transpose(0, 3, 1, 2)).mean() < 1e-5
    for wave, target in zip(melgram.output_to_waves(output), expected["waves"], strict=True):
        error = np.square(wave - target).sum()
        assert 10 * np.log10(np.square(target).sum() / error) > 50
    sound = reimagine.model("timbre", "gansynth")(instruments="7@0,3@100%").load("cpu")(TUNE)
    assert np.isfinite(sound.samples).all() and np.abs(sound.samples).max() > 0.1


@needs_fixture
def test_the_mel_matrices_agree_with_magentas():
    stored = np.load(FIXTURE / "mel_matrices_sparse.npz")
    for title, matrix in (("l2m", melgram.mel_matrix()), ("m2l", melgram.linear_matrix())):
        expected = np.zeros((1024, 1024))
        expected[stored[f"{title}_rows"], stored[f"{title}_cols"]] = stored[f"{title}_vals"]
        assert np.abs(matrix - expected).max() < 1e-9


@pytest.mark.parametrize("bends", [(), (0.0, -2.0, 1.0)])
def test_notes_of_any_length_come_from_a_wave_of_four_seconds(bends):
    from reimagine.stages.timbre.gansynth.synthesis import play_wave

    wave = np.sin(np.arange(4 * 48000) * 0.05).astype(np.float32)
    for seconds in (0.01, 1.0, 9.0):
        played = play_wave(wave, Note(0.0, seconds, 60, 90, bends), 48000)
        assert len(played) == int((seconds + 0.3) * 48000) and np.isfinite(played).all() and played[0] == 0
    assert np.square(played[7 * 48000 : 8 * 48000]).mean() > 0.2
