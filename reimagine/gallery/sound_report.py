"""The entries of report.json on sound and notes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reimagine.media.midi.notes import read_notes
from reimagine.metrics.loudness import integrated_loudness

if TYPE_CHECKING:
    from reimagine.runs.tracks import FilmTracks


def sound_entries(tracks: FilmTracks) -> dict[str, Any]:
    """Duration in seconds, loudness in LUFS, number of notes, and tempo in quarter notes per minute.

    Sound and notes are those after all steps. Without notes, the last two are absent; without sound (MIDI), or if it is
    silent, the loudness is None.
    """
    sound = tracks.new_sound() or (tracks.original_sound() if tracks.film.sounds else None)
    loudness = integrated_loudness(sound) if sound else -math.inf
    entries: dict[str, Any] = {
        "duration_seconds": round(sound.seconds if sound else tracks.seconds, 2),
        "loudness_lufs": round(loudness, 1) if math.isfinite(loudness) else None,
    }
    if path := tracks.artifact("notes"):
        notes = read_notes(path)
        entries |= {"note_count": len(notes), "tempo": round(notes.tempo, 1)}
        if not sound:
            entries["duration_seconds"] = round(notes.seconds, 2)
    return entries
