"""The training set: melodies from a .tar of MIDI files."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reimagine.errors import MediaError
from reimagine.stages.compose.melody.grid import HOLD, PHRASE, REST, STEP, pitch_class

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

METERS = {(2, 4), (2, 2), (4, 4)}
"""Time signatures whose bars are 8 or 16 steps."""
ON_STEP = 0.1
"""Steps by which a note's onset may lie beside a step."""
MIN_ON_STEP = 0.9
"""A melody is used if at least this share of its onsets lies on steps: no triplets."""


def read_melodies(tar: Path) -> list[np.ndarray]:
    """Every melody in 2/4, 2/2 or 4/4 of a .tar of MIDI files as a grid, (n,) uint8 each.

    Raises:
        MediaError: the file is not a .tar, or has no such melody.
    """
    try:
        grids = [grid for midi in _read_midi(tar) if len(grid := midi_to_grid(midi))]
    except (tarfile.TarError, OSError) as error:
        raise MediaError(f"{tar}: not a .tar of MIDI files ({error}); give one") from error
    if not grids:
        raise MediaError(f"{tar}: has no melody in 2/4, 2/2 or 4/4; give an archive that has some")
    return grids


def _read_midi(tar: Path) -> Iterator[PrettyMIDI]:
    """The readable MIDI files of a .tar; damaged ones are left out."""
    import pretty_midi

    with tarfile.open(tar) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".mid") else None
            if file is None:
                continue
            try:
                midi = pretty_midi.PrettyMIDI(io.BytesIO(file.read()))
            except Exception:  # pretty_midi raises errors of many kinds for damaged files
                continue
            yield midi


def midi_to_grid(midi: PrettyMIDI) -> np.ndarray:
    """The melody of a MIDI file as a grid, (n,) uint8; (0,) if its meter or its rhythm does not fit the steps."""
    meters = {(s.numerator, s.denominator) for s in midi.time_signature_changes}
    notes = [note for track in midi.instruments for note in track.notes]
    if not notes or not meters <= METERS or len(meters) != 1:
        return np.zeros(0, np.uint8)
    sixteenth = midi.resolution * STEP

    def step(second: float) -> float:
        return midi.time_to_tick(second) / sixteenth

    events = [(step(note.start), step(note.end), note.pitch) for note in notes]
    if np.mean([abs(start - round(start)) < ON_STEP for start, _, _ in events]) < MIN_ON_STEP:
        return np.zeros(0, np.uint8)
    length = round(max(end for _, end, _ in events))
    grid = [REST] * (length // PHRASE * PHRASE + PHRASE)
    for start, end, pitch in events:
        first, last = round(start), max(round(start) + 1, round(end))
        grid[first:last] = [HOLD] * (last - first)
        grid[first] = pitch_class(pitch)
    return np.array(grid[:length], np.uint8)
