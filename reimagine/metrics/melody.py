"""Statistics of a generated melody, and its similarity to the tunes of the training set."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

MAJOR_SCALE = np.array([0, 2, 4, 5, 7, 9, 11])
"""Semitones above the key note."""
MAX_STEP = 7
"""Semitones (a fifth). Larger intervals are leaps."""


def melody_statistics(pitches: np.ndarray) -> dict[str, float]:
    """Statistics of MIDI pitches (n,) in order.

    Returns:
        `notes` and `different` pitches as counts; `repeats`, `leaps` as shares of the intervals; `in_scale`, the share
        of notes in the major scale that fits best.
    """
    intervals = np.abs(np.diff(pitches))
    return {
        "notes": float(len(pitches)),
        "different": float(len(set(pitches.tolist()))),
        "repeats": float((intervals == 0).mean()),
        "leaps": float((intervals > MAX_STEP).mean()),
        "in_scale": major_scale_share(pitches),
    }


def major_scale_share(pitches: np.ndarray) -> float:
    """Share of pitches (n,), in semitones from any origin, in the major scale that fits them best; 0 for none."""
    histogram = np.bincount(pitches % 12, minlength=12)
    return max(float(histogram[(key + MAJOR_SCALE) % 12].sum()) for key in range(12)) / max(1, histogram.sum())


def longest_common_run(pitches: np.ndarray, tunes: Iterable[np.ndarray]) -> int:
    """Length of the longest run of intervals that also occurs in one of the tunes, in any key."""
    intervals, longest = np.diff(pitches), 0
    for tune in tunes:
        tune_intervals = np.diff(tune)
        run = np.zeros(len(tune_intervals) + 1, int)
        for interval in intervals:
            run[1:] = np.where(tune_intervals == interval, run[:-1] + 1, 0)
            longest = max(longest, int(run.max()))
    return longest
