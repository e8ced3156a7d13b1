"""Division of notes into voices: melody, middle and bass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from reimagine.media.midi.notes import VOICES, Notes

MELODY, MIDDLE, BASS = VOICES
LEVEL_SECONDS = 4.0
"""Seconds before and after a note in which the levels of melody and bass are measured."""
MELODY_SHARE, BASS_SHARE = 75, 15
"""Percentiles of the highest and of the lowest notes in that time that are the levels of melody and bass."""
MELODY_REACH = 12
"""Semitones below its level that the melody reaches; lower notes are in the middle, even if none is above them."""
BASS_REACH = 7
"""Semitones above its level that the bass reaches, less than from a bass note to the chord that follows it."""


def with_voices(notes: Notes) -> Notes:
    """The notes with a voice each; those that all have one are unchanged.

    Melody are the highest notes (the skyline), bass the lowest, near the levels of melody and bass around them; middle
    are the others. A note that sounds alone belongs to the line whose level is nearer.
    """
    if not len(notes) or all(note.voice for note in notes):
        return notes
    pitches = np.array([n.pitch for n in notes])
    starts, ends = np.array([n.start for n in notes]), np.array([n.end for n in notes])
    above, below = _neighbours(starts, ends, pitches)
    high = _levels(starts, pitches, below & ~above, MELODY_SHARE)
    low = _levels(starts, pitches, above & ~below, BASS_SHARE)
    is_alone = ~(above | below)
    nearer_bass = np.abs(pitches - low) < np.abs(pitches - high)
    is_melody = np.where(is_alone, ~nearer_bass, ~above & (pitches >= high - MELODY_REACH))
    is_bass = np.where(is_alone, nearer_bass, ~below & (pitches <= low + BASS_REACH))
    names = np.where(is_melody, MELODY, np.where(is_bass, BASS, MIDDLE)).tolist()
    return replace(notes, notes=tuple(replace(n, voice=name) for n, name in zip(notes, names, strict=True)))


def _neighbours(starts: np.ndarray, ends: np.ndarray, pitches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether other notes sound above, and below, each note for half of its time; `starts` are ascending."""
    above, below = np.zeros((2, len(starts)), bool)
    for pitch in np.unique(pitches):  # at most 128; comparing each note with each is slow for chords of thousands
        chosen = pitches == pitch
        half = (ends[chosen] - starts[chosen]) / 2
        for found, others in ((above, pitches > pitch), (below, pitches < pitch)):
            sounding = _sounding_time(starts[others], ends[others])
            found[chosen] = sounding(ends[chosen]) - sounding(starts[chosen]) >= half
    return above, below


def _sounding_time(starts: np.ndarray, ends: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The function of time that gives the seconds before it in which any of the notes sounds; `starts` ascend."""
    if not len(starts):
        return np.zeros_like
    latest = np.maximum.accumulate(ends)
    first = np.concatenate([[True], starts[1:] > latest[:-1]])
    last = np.concatenate([first[1:], [True]])
    times = np.stack([starts[first], latest[last]], axis=1)
    sums = np.cumsum(times[:, 1] - times[:, 0])
    values = np.stack([np.concatenate([[0.0], sums[:-1]]), sums], axis=1)
    return partial(np.interp, xp=times.ravel(), fp=values.ravel())


def _levels(starts: np.ndarray, pitches: np.ndarray, chosen: np.ndarray, share: float) -> np.ndarray:
    """(n,) percentile `share` of the pitches of the chosen notes around each note; NaN where there are none."""
    times, values = starts[chosen], pitches[chosen]
    firsts = np.searchsorted(times, starts - LEVEL_SECONDS)
    lasts = np.searchsorted(times, starts + LEVEL_SECONDS, "right")
    around = (values[first:last] for first, last in zip(firsts, lasts, strict=True))
    return np.array([np.percentile(each, share) if len(each) else np.nan for each in around])
