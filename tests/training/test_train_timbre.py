"""Training of the harmonic timbre: interrupted, resumed, and its weights used."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from reimagine.errors import MediaError
from reimagine.media import Note, Notes
from reimagine.stages.timbre.additive import FLOOR_DB, HARMONICS, hertz
from reimagine.stages.timbre.harmonic import analysis, dataset, train
from reimagine.stages.timbre.harmonic.stage import HarmonicTimbre
from reimagine.stages.timbre.harmonic.train import TimbreTrainer, TrainTimbre


def recording(pitch: int, velocity: int, brightness: float) -> np.ndarray:
    """A decaying note of 3 s with ten harmonics and its release, as a soundfont would play it."""
    time = np.arange(int((analysis.NOTE_SECONDS + analysis.RELEASE_SECONDS) * analysis.RATE)) / analysis.RATE
    wave = sum(np.sin(2 * np.pi * k * hertz(pitch) * time) * brightness**k for k in range(1, 11))
    release = np.exp(-20 * np.maximum(0, time - analysis.NOTE_SECONDS))
    return (0.2 * velocity / 127 * wave * np.exp(-time) * release).astype(np.float32)


@pytest.fixture
def soundfont(monkeypatch, tmp_path):
    """A soundfont whose notes are computed instead of rendered by fluidsynth; `rendered` lists its programs."""
    rendered: list[int] = []

    def render_notes(font, program: int) -> Iterator[tuple[int, int, np.ndarray]]:
        rendered.append(program)
        for velocity in analysis.VELOCITIES:
            for pitch in (48, 60, 72):
                yield pitch, velocity, recording(pitch, velocity, 0.4 if program else 0.8)

    monkeypatch.setattr(dataset, "render_notes", render_notes)
    return tmp_path / "font.sf2", rendered


def interrupt_after(monkeypatch, steps: int) -> None:
    """The next training writes a checkpoint after every step and is interrupted in the step after `steps`."""
    step, calls = TimbreTrainer.step, []

    def counted(self, *arguments):
        if len(calls) == steps:
            raise KeyboardInterrupt
        calls.append(1)
        return step(self, *arguments)

    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", -1.0)
    monkeypatch.setattr(TimbreTrainer, "step", counted)


def rows(run) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def test_an_interrupted_training_is_resumed_and_its_weights_play(soundfont, monkeypatch, tmp_path):
    font, rendered = soundfont
    run, options = tmp_path / "run", {"programs": "0,73", "latent": 4, "width": 8, "batch": 4}
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        interrupt_after(patched, 3)
        TrainTimbre(font, minutes=60.0, **options)(run)
    first, checkpoint = rows(run), torch.load(run / "checkpoint.pt", weights_only=True)
    assert [row["steps"] for row in first] == ["1", "2", "3"] and checkpoint["steps"] == 3

    weights = TrainTimbre(font, minutes=(checkpoint["clock"] + 0.3) / 60, **options)(run)
    last = torch.load(run / "checkpoint.pt", weights_only=True)
    assert rows(run)[:3] == first and last["steps"] > 3 and last["clock"] > checkpoint["clock"]
    assert rendered == [0, 73]

    model = HarmonicTimbre(weights=str(weights), instruments="flute")
    model.check()
    sound = model.load("cpu")(Notes((Note(0.0, 0.5, 60),)))
    assert np.isfinite(sound.samples).all() and sound.seconds > 0.4


def test_a_resumed_training_has_the_weights_of_the_checkpoint(soundfont, monkeypatch, tmp_path):
    font, _ = soundfont
    options, run = TrainTimbre(font, programs="0", latent=4, width=8, batch=4), tmp_path / "run"
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        interrupt_after(patched, 2)
        options(run)
    checkpoint = torch.load(run / "checkpoint.pt", weights_only=True)
    examples = dataset.collect_examples(font, [0], run / "notes")
    resumed = TimbreTrainer(options, run, "cpu", examples, ["acoustic-grand-piano"])
    assert (resumed.steps, resumed.clock) == (2, checkpoint["clock"])
    for network, saved in ((resumed.net, checkpoint["net"]), (resumed.ema, checkpoint["ema"])):
        assert all(torch.equal(value, saved[name]) for name, value in network.state_dict().items())


def test_the_analysis_measures_the_harmonics_of_a_note():
    envelopes = analysis.analyze_note(recording(60, 127, 0.5), 60)
    levels = envelopes.levels[:HARMONICS, 20]
    assert np.allclose(np.diff(levels[:6]), 20 * np.log10(0.5), atol=1.0)
    assert levels[12:].max() < levels[0] - 60 and envelopes.levels.min() >= FLOOR_DB
    assert envelopes.inharmonicity == 0 and envelopes.release_rate > 50


def test_lists_of_programs():
    assert dataset.parse_programs("0-2, 5") == [0, 1, 2, 5]
    with pytest.raises(MediaError, match="0 to 127"):
        dataset.parse_programs("0-128")
