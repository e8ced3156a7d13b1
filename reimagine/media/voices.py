"""Division of notes into voices: melody, middle and bass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reimagine.media.notes import VOICES, Notes

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
    firsts = np.searchsorted(starts, starts - (ends - starts).max())
    lasts = np.searchsorted(starts, ends)
    for n, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        overlap = np.minimum(ends[first:last], ends[n]) - np.maximum(starts[first:last], starts[n])
        others = pitches[first:last][overlap >= (ends[n] - starts[n]) / 2]
        above[n], below[n] = (others > pitches[n]).any(), (others < pitches[n]).any()
    return above, below


def _levels(starts: np.ndarray, pitches: np.ndarray, chosen: np.ndarray, share: float) -> np.ndarray:
    """(n,) percentile `share` of the pitches of the chosen notes around each note; NaN where there are none."""
    times, values = starts[chosen], pitches[chosen]
    firsts = np.searchsorted(times, starts - LEVEL_SECONDS)
    lasts = np.searchsorted(times, starts + LEVEL_SECONDS, "right")
    around = (values[first:last] for first, last in zip(firsts, lasts, strict=True))
    return np.array([np.percentile(each, share) if len(each) else np.nan for each in around])
