"""The thresholds with which a trained network finds the notes of held-out pieces best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from reimagine.degradation.sound import degrade_sound
from reimagine.media import Note, Notes, Sound
from reimagine.metrics.notes import note_scores
from reimagine.stages.transcribe.onsets_frames.dataset import FULL_SCALE, Piece
from reimagine.stages.transcribe.onsets_frames.decoding import Activations, Thresholds, decode
from reimagine.stages.transcribe.onsets_frames.inference import predict
from reimagine.stages.transcribe.onsets_frames.net import RATE, OnsetsFramesNet

ONSETS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
"""Onset thresholds that are compared."""
FRAMES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Frame thresholds that are compared."""
MAX_PIECES = 8
"""Pieces on which they are compared, each clean and with damage."""


def best_thresholds(net: OnsetsFramesNet, pieces: Sequence[Piece], device: str) -> tuple[Thresholds, dict[str, float]]:
    """The onset threshold with the best F1, then the frame threshold with the best `f1_offsets`; and these scores."""
    predicted = list(_predictions(net, pieces[:MAX_PIECES], device))
    onset = max(ONSETS, key=lambda value: mean_score(predicted, Thresholds(onset=value), "f1"))
    frame = max(FRAMES, key=lambda value: mean_score(predicted, Thresholds(onset, value), "f1_offsets"))
    chosen = Thresholds(onset, frame)
    return chosen, {name: mean_score(predicted, chosen, name) for name in ("f1", "f1_offsets")}


def _predictions(net: OnsetsFramesNet, pieces: Sequence[Piece], device: str) -> Iterable[tuple[Activations, Notes]]:
    """Activations and true notes of each piece, clean and then with the damage of an optical sound track."""
    for number, piece in enumerate(pieces):
        sound = Sound(piece.samples[None].astype(np.float32) / FULL_SCALE, RATE)
        rows = (row for row in piece.notes.tolist() if row[0] < sound.seconds)
        truth = Notes(tuple(sorted(Note(start, end, int(pitch)) for start, end, pitch, _ in rows)))
        for heard in (sound, degrade_sound(sound, "optical", number)):
            yield predict(net, heard, device), truth


def mean_score(predicted: Iterable[tuple[Activations, Notes]], thresholds: Thresholds, name: str) -> float:
    """Mean of a score of `metrics.notes` over predictions and their true notes."""
    scores = (note_scores(decode(activations, thresholds), truth) for activations, truth in predicted)
    return float(np.mean([score[name] for score in scores]))
