"""How well notes were heard: precision, recall and F1 against the true ones (mir_eval; Bay et al. 2009)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reimagine.errors import MediaError
from reimagine.media.notes import Note, Notes, read_notes

TRUTH_SUFFIXES = (".notes.tsv", ".notesA1.csv", ".mid")
"""Of the truth beside a recording."""


def note_scores(found: Notes, true: Notes, window: float = 0.05) -> dict[str, float]:
    """A note counts if it begins within `window` seconds and lies within 50 cents; `f1_offsets` asks for its
    end too (within 50 ms or a fifth of its length)."""
    import mir_eval

    if not len(found) or not len(true):
        same = float(len(found) == len(true))
        return {"precision": same, "recall": same, "f1": same, "f1_offsets": same, "notes": float(len(found))}
    sides = (*_arrays(true), *_arrays(found))
    measure = mir_eval.transcription.precision_recall_f1_overlap
    precision, recall, f1, _ = measure(*sides, onset_tolerance=window, offset_ratio=None)
    ends = measure(*sides, onset_tolerance=window, offset_ratio=0.2)[2]
    told = {"precision": precision, "recall": recall, "f1": f1, "f1_offsets": ends}
    return told | {"notes": float(len(found))}


def _arrays(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    times = np.array([(n.start, max(n.end, n.start + 1e-3)) for n in notes])
    return times, 440.0 * 2 ** ((np.array([n.pitch for n in notes]) - 69) / 12)


def find_truth(recording: Path) -> Path:
    """The file of true notes beside a recording."""
    for ending in TRUTH_SUFFIXES:
        path = recording.with_name(recording.stem + ending)
        if path.exists():
            return path
    raise MediaError(f"{recording}: no true notes beside it; give --truth, or put {recording.stem}.notes.tsv there")


def read_truth(path: Path) -> Notes:
    """A MIDI file; a table of onset, offset, pitch[, velocity]; or, as a .csv, of onset, hertz, duration."""
    if path.suffix.lower() in (".mid", ".midi"):
        return read_notes(path)
    try:
        rows = np.loadtxt(path, delimiter="\t" if path.suffix == ".tsv" else ",", comments="#", ndmin=2)
    except (OSError, ValueError) as error:
        raise MediaError(f"{path}: not a table of notes ({error})") from error
    if path.suffix == ".tsv":
        return Notes(tuple(sorted(Note(r[0], r[1], round(r[2])) for r in rows)))
    pitches = np.round(69 + 12 * np.log2(rows[:, 1] / 440)).astype(int)
    return Notes(tuple(Note(r[0], r[0] + r[2], int(p)) for r, p in zip(rows, pitches, strict=True)))
