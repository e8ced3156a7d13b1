"""Training of transcription: its music, its excerpts, interrupted and resumed, and its weights used."""

from __future__ import annotations

import csv
import shutil
from itertools import pairwise

import numpy as np
import pytest
import torch

from reimagine.errors import MediaError, StageError
from reimagine.media import Note, Notes, Sound
from reimagine.metrics.notes import note_scores
from reimagine.stages.transcribe.onsets_frames import dataset, train
from reimagine.stages.transcribe.onsets_frames.dataset import Piece
from reimagine.stages.transcribe.onsets_frames.decoding import Activations, Thresholds, decode
from reimagine.stages.transcribe.onsets_frames.music import HIGHEST, LOWEST, random_music
from reimagine.stages.transcribe.onsets_frames.net import HOP, RATE
from reimagine.stages.transcribe.onsets_frames.stage import OnsetsFrames
from reimagine.stages.transcribe.onsets_frames.train import TrainTranscribe, TranscribeTrainer

FRAMES = 60


def rendered(notes: Notes) -> Sound:
    """Decaying sines instead of a soundfont's instruments."""
    time = np.arange(int(RATE * dataset.PIECE_SECONDS)) / RATE
    samples = np.zeros(len(time), np.float32)
    for n in notes:
        first, last = int(n.start * RATE), int(min(n.end, dataset.PIECE_SECONDS) * RATE)
        decay = np.exp(-3 * time[: max(0, last - first)])
        wave = np.sin(2 * np.pi * 440 * 2 ** ((n.pitch - 69) / 12) * time[: len(decay)])
        samples[first : first + len(decay)] += (n.velocity / 127 * decay * wave).astype(np.float32)
    return Sound(samples[None], RATE)


@pytest.fixture
def soundfont(monkeypatch, tmp_path):
    """A soundfont that is played without fluidsynth; pieces have 6 s, and excerpts 1.2 s."""
    monkeypatch.setattr(dataset, "PIECE_SECONDS", 6.0)
    monkeypatch.setattr(train, "FRAMES", FRAMES)
    monkeypatch.setattr(train, "VALIDATION_EXCERPTS", 2)
    monkeypatch.setattr("reimagine.media.fluidsynth.render", lambda notes, font, program, rate: rendered(notes))
    path = tmp_path / "font.sf2"
    path.touch()
    return path


def interrupt_after(monkeypatch, steps: int) -> None:
    """The next training writes a checkpoint after every step and is interrupted in the step after `steps`."""
    step, calls = TranscribeTrainer.step, []

    def counted(self, *arguments):
        if len(calls) == steps:
            raise KeyboardInterrupt
        calls.append(1)
        return step(self, *arguments)

    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", -1.0)
    monkeypatch.setattr(TranscribeTrainer, "step", counted)


def test_a_training_is_interrupted_resumed_and_its_weights_transcribe(soundfont, tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    options = {"soundfonts": soundfont, "pieces": 4, "width": 4, "batch": 2}
    with monkeypatch.context() as patch:
        interrupt_after(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            TrainTranscribe(**options)(run)
    first = torch.load(run / "checkpoint.pt", weights_only=True)
    assert first["steps"] == 2
    stored = {path.name: path.stat().st_mtime_ns for path in (run / "notes").iterdir()}
    weights = TrainTranscribe(minutes=(first["clock"] + 0.4) / 60, **options)(run)
    last = torch.load(run / "checkpoint.pt", weights_only=True)
    assert "best on the held-out pieces: --onset 0." in capsys.readouterr().out
    assert last["steps"] > 2 and last["clock"] >= first["clock"] + 0.4
    assert {path.name: path.stat().st_mtime_ns for path in (run / "notes").iterdir()} == stored, "rendered again"
    rows = list(csv.DictReader((run / "log.csv").open()))
    assert [int(row["steps"]) for row in rows][:2] == [1, 2]
    assert all(np.isfinite(float(row["validation onset"])) for row in rows)
    notes = OnsetsFrames(weights=str(weights), onset=0.01, frame=0.01).load("cpu")(rendered(Notes((Note(0.2, 1, 60),))))
    assert all(n.end > n.start for n in notes)


def test_a_training_learns_to_find_notes(soundfont, tmp_path):
    """On one excerpt, over and over: the loss of the onsets falls to a fraction."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    piece = dataset.render_piece([soundfont], rng)
    example = dataset.excerpt(piece, 0, FRAMES, rng, False)
    trainer = TranscribeTrainer(TrainTranscribe(soundfont, width=8, rate=1e-2), tmp_path, "cpu", [piece], [piece])
    trainer.steps = train.WARM_UP
    losses = [trainer.step([example], 0.0)[0] for _ in range(25)]
    assert losses[-1] < 0.5 * losses[0]


def test_a_missing_soundfont_or_program_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(MediaError, match=r"no soundfont of all instruments there; give a \.sf2 file"):
        TrainTranscribe(tmp_path / "missing.sf2")(tmp_path / "run")
    (tmp_path / "font.sf2").touch()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(StageError, match="fluidsynth is not installed"):
        TrainTranscribe(tmp_path / "font.sf2", pieces=2)(tmp_path / "run")


def test_random_music_is_playable_and_depends_on_its_seed():
    for seed in range(12):
        parts = random_music(np.random.default_rng(seed), 20.0)
        assert parts == random_music(np.random.default_rng(seed), 20.0)
        for part in parts:
            assert part.notes
            assert all(LOWEST <= n.pitch <= HIGHEST and 1 <= n.velocity <= 127 for n in part.notes)
            for pitch in {n.pitch for n in part.notes}:
                same = sorted(n for n in part.notes if n.pitch == pitch)
                assert all(a.end <= b.start for a, b in pairwise(same))


def test_a_pedal_prolongs_the_sound_and_not_the_keys():
    parts = [part for seed in range(8) for part in random_music(np.random.default_rng(seed), 20.0)]
    pairs = [(note, release) for part in parts for note, release in zip(part.notes, part.releases, strict=True)]
    assert all(note.start < release <= note.end for note, release in pairs)
    assert 0.05 < np.mean([release < note.end - 0.05 for note, release in pairs]) < 0.8


def test_the_notes_of_an_excerpt_are_where_they_sound(soundfont):
    """Its tuning changes by up to 40 cents, and with it the times; the targets follow."""
    true = Notes(tuple(Note(0.5 + 0.4 * n, 0.8 + 0.4 * n, 60 + n, 90) for n in range(12)))
    rows = np.array([(n.start, n.end, n.pitch, n.velocity) for n in true], np.float32)
    piece = Piece((rendered(true).mono() * 32767).astype(np.int16), rows)
    for seed in range(8):
        example = dataset.excerpt(piece, 4000, 200, np.random.default_rng(seed), False)
        assert example.samples.shape == (200 * HOP,) and example.onsets.shape == (200, 88)
        found = decode(Activations(*example[1:]), Thresholds())
        level = np.abs(example.samples).reshape(-1, HOP // 4).max(1)
        for note in found:
            at = round(note.start * RATE / (HOP // 4))
            if at > 8:
                assert level[at + 1 : at + 8].max() > 1.5 * level[at - 6 : at - 2].max()


def test_the_truth_of_an_excerpt_decodes_to_the_notes(soundfont):
    piece = dataset.render_piece([soundfont], np.random.default_rng(2))
    onsets, offsets, frames, velocities = dataset.targets(piece.notes, round(dataset.PIECE_SECONDS * RATE / HOP))
    found = decode(Activations(onsets, offsets, frames, velocities), Thresholds())
    rows = (row for row in piece.notes if row[0] < 5.9)
    true = Notes(tuple(sorted(Note(float(row[0]), float(row[1]), int(row[2])) for row in rows)))
    scores = note_scores(found, true)
    assert scores["f1"] > 0.97 and scores["f1_offsets"] > 0.9
