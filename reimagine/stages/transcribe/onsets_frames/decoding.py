"""Notes from the activations of the transcription network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reimagine.media import Note, Notes

FRAME_SECONDS = 0.02
"""Seconds of a frame."""
FIRST_PITCH = 21
"""MIDI pitch of the first key."""
OFFSET = 0.3
"""Activation of an offset from which on it ends a note."""
SILENT_FRAMES = 2
"""Frames without activation that end a note."""
MIN_FRAMES = 1.5
"""Shortest note, in frames."""


class Activations(NamedTuple):
    """The network's output for a whole sound: (frames, keys) floating point in 0..1 each."""

    onsets: np.ndarray
    offsets: np.ndarray
    frames: np.ndarray
    velocities: np.ndarray


@dataclass(frozen=True)
class Thresholds:
    """Activations from which on a note starts, and continues."""

    onset: float = 0.4
    frame: float = 0.4


def decode(activations: Activations, thresholds: Thresholds) -> Notes:
    """The notes of activations, in order of time.

    A note starts at a local maximum of its key's onsets. It ends where its frames fall below the threshold, at an
    offset, or where its key is struck again.
    """
    notes: list[Note] = []
    for key in range(activations.onsets.shape[1]):
        columns = Activations(*(array[:, key].astype(np.float32) for array in activations))
        if columns.onsets.max(initial=0) >= thresholds.onset:
            notes += _notes_of_key(columns, thresholds, FIRST_PITCH + key)
    return Notes(tuple(sorted(notes)))


def _notes_of_key(columns: Activations, thresholds: Thresholds, pitch: int) -> Iterator[Note]:
    """The notes of one key; the arrays are (frames,)."""
    starts = _peaks(columns.onsets, thresholds.onset)
    ends = _peaks(columns.offsets, OFFSET)
    for start, following in zip(starts, [*starts[1:], len(columns.onsets)], strict=True):
        last = _end(columns.frames, int(start), int(following), thresholds.frame)
        offsets = ends[(ends > start + 1) & (ends <= last + 1)]
        quiet = [offset for offset in offsets if columns.frames[min(offset + 2, len(columns.frames) - 1)] < 0.5]
        first = exact_peak(columns.onsets, int(start))
        end = exact_peak(columns.offsets, int(quiet[0])) if quiet else float(last)
        end = max(min(end, float(following)), first + MIN_FRAMES)
        velocity = int(np.clip(round(127 * float(columns.velocities[start])), 1, 127))
        yield Note(max(0.0, first) * FRAME_SECONDS, end * FRAME_SECONDS, pitch, velocity)


def _peaks(values: np.ndarray, threshold: float) -> np.ndarray:
    """Numbers of the frames that are local maxima of at least `threshold`; of a plateau the first."""
    before, after = np.concatenate([[-1], values[:-1]]), np.concatenate([values[1:], [-1]])
    return np.flatnonzero((values >= threshold) & (values > before) & (values >= after))


def _end(frames: np.ndarray, start: int, following: int, threshold: float) -> int:
    """The first frame after a start from which on SILENT_FRAMES frames are below a threshold, at most `following`."""
    sounding = frames[start + 1 : following] >= threshold
    silent = ~sounding
    for _ in range(SILENT_FRAMES - 1):
        silent = silent & np.concatenate([silent[1:], [True]])
    ends = np.flatnonzero(silent)
    return start + 1 + int(ends[0]) if len(ends) else following


def exact_peak(values: np.ndarray, peak: int) -> float:
    """The time of a peak in frames, between frames: the crossing of the two slopes (Kong et al. 2021, equation 11)."""
    if not 0 < peak < len(values) - 1:
        return float(peak)
    before, at, after = (float(values[n]) for n in (peak - 1, peak, peak + 1))
    lower = min(before, after)
    return peak + (after - before) / (2 * (at - lower)) if at > lower else float(peak)
