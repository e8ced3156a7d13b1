"""Is an invented melody a melody, and is it invented?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])


def facts(pitches: np.ndarray) -> dict[str, float]:
    """Of MIDI pitches (n,) in order: how many different ones, repeats, leaps of more than a fifth, and notes
    of the major scale that fits best, as shares."""
    steps = np.abs(np.diff(pitches))
    classes = np.bincount(pitches % 12, minlength=12)
    return {
        "notes": float(len(pitches)),
        "different": float(len(set(pitches.tolist()))),
        "repeats": float((steps == 0).mean()),
        "leaps": float((steps > 7).mean()),
        "in_a_scale": max(float(classes[(key + MAJOR) % 12].sum()) for key in range(12)) / len(pitches),
    }


def longest_shared(pitches: np.ndarray, tunes: Iterable[np.ndarray]) -> int:
    """The longest run of intervals that also stands in one of the tunes (in whatever key)."""
    mine, best = np.diff(pitches), 0
    for tune in tunes:
        theirs = np.diff(tune)
        run = np.zeros(len(theirs) + 1, int)
        for step in mine:
            run[1:] = np.where(theirs == step, run[:-1] + 1, 0)
            best = max(best, int(run.max()))
    return best
