"""Melodies as grids: one class per sixteenth note, either a rest, the continuation of a note, or a new pitch.

A network's logits over these classes become a melody by argmax, so every step is a definite event.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reimagine.media import Note, Notes

REST = 0
"""Class of a rest."""
HOLD = 1
"""Class of a step in which the note before continues."""
FIRST_PITCH = 2
"""Class of the lowest pitch; each further class is a semitone higher."""
LOWEST_PITCH = 55
"""MIDI pitch, G3, the lowest note of a violin."""
PITCHES = 34
"""Semitones, up to E6."""
CLASSES = PITCHES + FIRST_PITCH
"""Classes per step. Part of the network's architecture."""
STEP = 0.25
"""Quarter notes per step."""
BAR = 16
"""Steps per bar of four beats."""
PHRASE = 4 * BAR
"""Steps per phrase, four bars. Part of the network's architecture."""
VELOCITY = 84
"""MIDI velocity of a note off the beat."""
BEAT_ACCENT = 4
"""Added to the velocity on a beat."""
BAR_ACCENT = 8
"""Added to the velocity on a bar's first beat."""


def to_grid(notes: Notes, steps: int | None = None) -> np.ndarray:
    """The melody (the highest note at each step) as classes, (n,) int64, aligned with the notes' tempo and first beat.

    Args:
        steps: length of the grid; by default as long as the notes.
    """
    quarter = 60 / notes.tempo
    grid = np.full(steps or int(np.ceil((notes.seconds - notes.beat) / quarter / STEP)) + 1, REST)
    for note in sorted(notes, key=lambda n: n.pitch):
        first = round((note.start - notes.beat) / quarter / STEP)
        last = max(first + 1, round((note.end - notes.beat) / quarter / STEP))
        if first < 0 or first >= len(grid):
            continue
        grid[first:last] = HOLD
        grid[first] = pitch_class(note.pitch)
    return grid


def pitch_class(pitch: int) -> int:
    """The class of a MIDI pitch, moved into the range by octaves."""
    while pitch < LOWEST_PITCH:
        pitch += 12
    while pitch >= LOWEST_PITCH + PITCHES:
        pitch -= 12
    return pitch - LOWEST_PITCH + FIRST_PITCH


def to_notes(grid: np.ndarray, tempo: float, start: float = 0.0) -> Iterator[Note]:
    """The notes of a grid (n,).

    Args:
        tempo: quarter notes per minute.
        start: seconds at which the grid begins.
    """
    step = 60 / tempo * STEP
    onsets = [n for n in range(len(grid)) if grid[n] != HOLD]
    for first, last in zip(onsets, [*onsets[1:], len(grid)], strict=True):
        if grid[first] >= FIRST_PITCH:
            accent = BAR_ACCENT if first % BAR == 0 else BEAT_ACCENT if first % 4 == 0 else 0
            pitch = int(grid[first]) - FIRST_PITCH + LOWEST_PITCH
            yield Note(start + first * step, start + last * step, pitch, VELOCITY + accent)
