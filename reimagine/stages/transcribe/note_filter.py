"""Removes false notes from a transcription: overtones, speech and noise of old sound tracks, too many voices."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reimagine.errors import RecipeError, unknown_name
from reimagine.media import Note

OVERTONES = (12, 19, 24, 28, 31, 36)
"""Semitones of harmonics 2 to 8 above a note, without the seventh."""
SIMULTANEOUS = 0.05
"""Seconds. Notes that start within this time of each other start together; the tolerance of transcription metrics."""
MIN_OVERLAP = 0.03
"""Seconds by which an overtone and its fundamental must sound together."""
MUSIC_WINDOW = 2.0
"""Seconds before and after a note in which the share of sustained notes is measured."""
MIN_SUSTAINED = 0.35
"""Share of that time with sustained notes below which a passage is not music."""
SUSTAINED_SECONDS = 0.2
"""Seconds. Notes from this length on are sustained; those transcribed from speech are shorter."""
MUSIC_STEP = 0.05
"""Seconds. Resolution of the measurement."""


@dataclass(frozen=True)
class NoteFilter:
    """Which notes are removed.

    Attributes:
        ghost_ratio: a note at an overtone of a lower one that starts before or with it is removed if its velocity is
            below this ratio of the lower one's; 0 removes none.
        voices: the most notes at a time; 0 is no limit.
        music_only: remove passages of scattered short notes (speech, noise).
    """

    ghost_ratio: float = 0.0
    voices: int = 0
    music_only: bool = False


@dataclass(frozen=True)
class Thresholds:
    """Thresholds for decoding activations to notes.

    Attributes:
        onset: onset probability from which on a note begins, 0..1.
        frame: note probability from which on it continues, 0..1.
        shortest: seconds below which notes are dropped.
        filter: notes that are removed afterwards.
    """

    onset: float
    frame: float
    shortest: float
    filter: NoteFilter


PRESETS: dict[str, Thresholds] = {
    "film": Thresholds(0.6, 0.35, 0.06, NoteFilter(ghost_ratio=0.55, voices=10, music_only=True)),
    "published": Thresholds(0.5, 0.3, 0.1277, NoteFilter()),
}
"""By name: for old sound tracks; those of the basic-pitch package."""


def thresholds(
    preset: str, onset: float | None, frame: float | None, shortest: float | None, voices: int | None
) -> Thresholds:
    """A preset, with the values that are not None in place of its own.

    Raises:
        RecipeError: there is no such preset; the nearest name is offered.
    """
    if preset not in PRESETS:
        raise RecipeError(unknown_name("thresholds", preset, PRESETS))
    chosen = PRESETS[preset]
    values = {"onset": onset, "frame": frame, "shortest": shortest}
    if voices is not None:
        chosen = replace(chosen, filter=replace(chosen.filter, voices=voices))
    return replace(chosen, **{name: value for name, value in values.items() if value is not None})


def filter_notes(notes: Sequence[Note], settings: NoteFilter) -> list[Note]:
    """The notes in order of time, without those that the filter removes."""
    result = sorted(notes)
    if settings.ghost_ratio:
        result = _without_ghosts(result, settings.ghost_ratio)
    if settings.music_only:
        result = _music_only(result)
    if settings.voices:
        result = _limit_voices(result, settings.voices)
    return result


def _without_ghosts(notes: list[Note], ratio: float) -> list[Note]:
    """Without soft notes at overtones of notes that already sound or start at the same time."""
    result = []
    sounding: list[Note] = []
    for note in notes:
        sounding = [other for other in sounding if other.end > note.start - MIN_OVERLAP]
        simultaneous = [other for other in notes_starting_near(notes, note) if other is not note]
        fundamentals = (n for n in (*sounding, *simultaneous) if note.pitch - n.pitch in OVERTONES)
        if not any(note.velocity < ratio * n.velocity and n.end > note.start + MIN_OVERLAP for n in fundamentals):
            result.append(note)
            sounding.append(note)
    return result


def notes_starting_near(notes: list[Note], note: Note) -> list[Note]:
    """The notes, `note` included, that start within SIMULTANEOUS of it; `notes` are in order of time."""
    first = bisect_left(notes, note.start - SIMULTANEOUS, key=lambda n: n.start)
    last = bisect_left(notes, note.start + SIMULTANEOUS, key=lambda n: n.start)
    return notes[first:last]


def _music_only(notes: list[Note]) -> list[Note]:
    """Without notes around which sustained notes cover less than MIN_SUSTAINED of the time."""
    import numpy as np

    if not notes:
        return []
    sustained = np.zeros(int(max(n.end for n in notes) / MUSIC_STEP) + 2)
    for n in notes:
        if n.end - n.start >= SUSTAINED_SECONDS:
            sustained[int(n.start / MUSIC_STEP) : int(n.end / MUSIC_STEP) + 1] = 1
    window = np.ones(int(2 * MUSIC_WINDOW / MUSIC_STEP) + 1)
    covered = np.convolve(sustained, window, "same")
    total = np.convolve(np.ones(len(sustained)), window, "same")
    frames = [int(n.start / MUSIC_STEP) for n in notes]
    return [n for n, at in zip(notes, frames, strict=True) if covered[at] >= MIN_SUSTAINED * total[at]]


def _limit_voices(notes: list[Note], voices: int) -> list[Note]:
    """Where more than `voices` notes would sound, the softest of them is removed."""
    candidates: list[Note] = []
    sounding: list[Note] = []
    dropped: set[int] = set()
    for note in notes:
        sounding = [other for other in sounding if other.end > note.start]
        sounding.append(note)
        candidates.append(note)
        if len(sounding) > voices:
            softest = min(sounding, key=lambda n: n.velocity)
            sounding.remove(softest)
            dropped.add(id(softest))
    return [note for note in candidates if id(note) not in dropped]
