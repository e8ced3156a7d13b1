"""Evaluation of transcribers on recordings with known notes, and of instruments on a scale."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from reimagine.degradation.sound import degrade_sound
from reimagine.errors import MediaError
from reimagine.evaluation.common import Rows, with_mean
from reimagine.media.audio.sound import Sound, read_sound
from reimagine.metrics.notes import find_reference_notes, note_scores, read_reference_notes
from reimagine.metrics.timbre import timbre_scores
from reimagine.stages.contract import Synthesizer, Transcriber, TranscriptionModel


def evaluate_transcription(
    model: TranscriptionModel,
    recordings: Sequence[Path],
    truth: Path | None = None,
    damage: str | None = None,
    seed: int = 0,
) -> Rows:
    """Transcribe recordings and compare with the notes in the file beside each, or in `truth`.

    Args:
        damage: a kind of `degradation.sound` that the recordings get first; None for none.
        seed: random seed of the damage; the same for each recording.

    Returns:
        A row per recording, see `metrics.notes`, with the speed as a multiple of real time; and their mean.

    Raises:
        MediaError: several recordings but one file of notes, or no file of notes beside a recording.
        StageError: there is no such kind of damage.
    """
    if truth and len(recordings) > 1:
        raise MediaError("--truth belongs to one recording; put the notes of each beside it instead")
    transcribe = model.load("cpu")
    rows: Rows = {}
    for path in recordings:
        sound = read_sound(path, 0.0, None, model.sample_rate, 1)
        sound = degrade_sound(sound, damage, seed) if damage else sound
        begun = time.monotonic()
        notes = transcribe(sound)
        elapsed = time.monotonic() - begun
        rows[path.stem] = note_scores(notes, read_reference_notes(truth or find_reference_notes(path)))
        rows[path.stem]["times_real_time"] = sound.seconds / elapsed
    return with_mean(rows)


def evaluate_timbre(
    instruments: Iterable[tuple[str, Synthesizer, Sound | None]], transcribe: Transcriber | None = None
) -> Rows:
    """Measure instruments on a scale.

    Args:
        instruments: name, synthesizer, and the recording of a real instrument playing the same scale, if there is one.
        transcribe: measures how many of the notes can be transcribed again.

    Returns:
        A row per instrument, see `metrics.timbre`, and their mean.
    """
    rows = {name: timbre_scores(synthesize, real, transcribe) for name, synthesize, real in instruments}
    return with_mean(rows)
