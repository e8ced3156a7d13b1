"""Tunes as grids: one pitch class of a vocabulary at each sixteenth note.

The argmax-vector representation: a tune is a row of one-hot vectors, so that a network's softest wish
still ends in a definite note (or rest), never in silence by rounding.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reimagine.errors import MediaError
from reimagine.media import Note, Notes

from .net import HOLD, LOWEST, PHRASE, REST, STEP, TONES


def grid_of(notes: Notes, steps: int | None = None) -> np.ndarray:
    """A melody (the highest note, where several sound) as classes (n,) int64; times by its tempo and beat."""
    quarter = 60 / notes.tempo
    grid = np.full(steps or int(np.ceil((notes.seconds - notes.beat) / quarter / STEP)) + 1, REST)
    top = np.zeros(len(grid), int)
    for note in sorted(notes, key=lambda n: n.pitch):
        first = round((note.start - notes.beat) / quarter / STEP)
        last = max(first + 1, round((note.end - notes.beat) / quarter / STEP))
        if first < 0 or first >= len(grid):
            continue
        grid[first:last] = HOLD
        grid[first], top[first] = class_of(note.pitch), note.pitch
    return grid


def class_of(pitch: int) -> int:
    """Of a MIDI pitch, brought into range by octaves."""
    while pitch < LOWEST:
        pitch += 12
    while pitch >= LOWEST + TONES:
        pitch -= 12
    return pitch - LOWEST + 2


def notes_of(grid: np.ndarray, tempo: float, start: float = 0.0, velocity: int = 84) -> Iterator[Note]:
    """Classes (n,) back to notes."""
    step = 60 / tempo * STEP
    edges = [n for n in range(len(grid)) if grid[n] != HOLD]
    for first, last in zip(edges, [*edges[1:], len(grid)], strict=True):
        if grid[first] >= 2:
            loud = velocity + (8 if first % 16 == 0 else 4 if first % 4 == 0 else 0)
            yield Note(start + first * step, start + last * step, int(grid[first]) - 2 + LOWEST, loud)


def tunes(tar: Path) -> list[np.ndarray]:
    """Every tune in two or four beats a bar of a .tar of MIDI files, (n,) uint8 classes each."""
    import pretty_midi

    found = []
    try:
        with tarfile.open(tar) as box:
            for member in box:
                if not member.name.endswith(".mid"):
                    continue
                try:
                    midi = pretty_midi.PrettyMIDI(io.BytesIO(box.extractfile(member).read()))
                except Exception:  # a damaged tune among many
                    continue
                if grid := _even(midi):
                    found.append(np.array(grid, np.uint8))
    except (tarfile.TarError, OSError) as error:
        raise MediaError(f"{tar}: not a .tar of MIDI files ({error})") from error
    if not found:
        raise MediaError(f"{tar}: holds no tune in 2/4, 2/2 or 4/4")
    return found


def _even(midi) -> list[int]:
    """A tune by its ticks; [] if its bars are not of 16 (or 8) steps or its notes lie between steps."""
    bars = {(s.numerator, s.denominator) for s in midi.time_signature_changes}
    notes = [n for track in midi.instruments for n in track.notes]
    if not notes or not bars <= {(2, 4), (2, 2), (4, 4)} or len(bars) != 1:
        return []
    sixteenth = midi.resolution * STEP

    def place(second: float) -> float:
        return midi.time_to_tick(second) / sixteenth

    places = [(place(n.start), place(n.end), n.pitch) for n in notes]
    if np.mean([abs(p - round(p)) < 0.1 for p, _, _ in places]) < 0.9:
        return []
    grid = [REST] * (round(max(last for _, last, _ in places)) // PHRASE * PHRASE + PHRASE)
    for first, last, pitch in places:
        first, last = round(first), max(round(first) + 1, round(last))
        grid[first:last] = [HOLD] * (last - first)
        grid[first] = class_of(pitch)
    return grid[: round(max(last for _, last, _ in places))]
