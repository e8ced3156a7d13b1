"""Transcription metrics: precision, recall and F1 against reference notes (mir_eval; Bay et al. 2009)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reimagine.errors import MediaError
from reimagine.media.midi.notes import Note, Notes, read_notes

TRUTH_SUFFIXES = (".notes.tsv", ".notesA1.csv", ".mid")
"""Suffixes of a recording's reference notes, in order of preference."""
OFFSET_RATIO = 0.2
"""Tolerance of a note's end, as a share of its length (at least 50 ms)."""
MIN_SECONDS = 1e-3
"""Seconds. mir_eval refuses notes of length 0."""


def note_scores(estimated: Notes, reference: Notes, onset_tolerance: float = 0.05) -> dict[str, float]:
    """Scores of a transcription.

    A note is correct if it starts within `onset_tolerance` seconds of a reference note and lies within 50 cents of it.
    For `f1_offsets` its end must match as well, within 50 ms or a fifth of the note's length.
    """
    import mir_eval

    if not len(estimated) or not len(reference):
        both = float(len(estimated) == len(reference))
        return {"precision": both, "recall": both, "f1": both, "f1_offsets": both, "notes": float(len(estimated))}
    sides = (*_arrays(reference), *_arrays(estimated))
    measure = mir_eval.transcription.precision_recall_f1_overlap
    precision, recall, f1, _ = measure(
        *sides,
        onset_tolerance=onset_tolerance,
        offset_ratio=None,  # pyright: ignore[reportArgumentType]  # documented: None ignores offsets
    )
    f1_offsets = measure(*sides, onset_tolerance=onset_tolerance, offset_ratio=OFFSET_RATIO)[2]
    scores = {"precision": precision, "recall": recall, "f1": f1, "f1_offsets": f1_offsets}
    return scores | {"notes": float(len(estimated))}


def _arrays(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """Start and end in seconds (n, 2), frequencies in Hz (n,)."""
    times = np.array([(n.start, max(n.end, n.start + MIN_SECONDS)) for n in notes])
    return times, 440.0 * 2 ** ((np.array([n.pitch for n in notes]) - 69) / 12)


def find_reference_notes(recording: Path) -> Path:
    """The file of reference notes beside a recording.

    Raises:
        MediaError: there is none.
    """
    for suffix in TRUTH_SUFFIXES:
        path = recording.with_name(recording.stem + suffix)
        if path.exists():
            return path
    raise MediaError(f"{recording}: no reference notes beside it; give --truth, or add {recording.stem}.notes.tsv")


def read_reference_notes(path: Path) -> Notes:
    """Reference notes from a file.

    MIDI; a .tsv table of onset, offset, MIDI pitch[, velocity]; or a .csv table of onset, frequency in Hz, duration.
    Times are seconds.

    Raises:
        MediaError: the file is not such a table.
    """
    if path.suffix.lower() in (".mid", ".midi"):
        return read_notes(path)
    try:
        rows = np.loadtxt(path, delimiter="\t" if path.suffix == ".tsv" else ",", comments="#", ndmin=2)
    except (OSError, ValueError) as error:
        raise MediaError(f"{path}: not a table of notes ({error})") from error
    if path.suffix == ".tsv":
        return Notes(tuple(sorted(Note(row[0], row[1], round(row[2])) for row in rows)))
    pitches = np.round(69 + 12 * np.log2(rows[:, 1] / 440)).astype(int)
    return Notes(tuple(Note(row[0], row[0] + row[2], int(p)) for row, p in zip(rows, pitches, strict=True)))
