"""From all the notes a network believes in to those a listener hears: for old film sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reimagine.errors import RecipeError, unknown_name
from reimagine.media import Note

if TYPE_CHECKING:
    import numpy as np

OVERTONES = (12, 19, 24, 28, 31, 36)
"""Semitones of a note's harmonics 2 to 8 above it."""


@dataclass(frozen=True)
class Cleaning:
    """What is taken out.

    Attributes:
        ghost: a note that starts with, or inside, a lower one of which it is a harmonic goes if it is
            weaker than `ghost` times that one; 0 keeps all.
        voices: notes at once at most; 0 is no limit.
        music: passages of scattered short notes (speech, noise) go.
    """

    ghost: float = 0.0
    voices: int = 0
    music: bool = False


PRESETS: dict[str, tuple[float, float, float, Cleaning]] = {
    # onset, frame, shortest note in seconds
    "film": (0.6, 0.35, 0.06, Cleaning(ghost=0.55, voices=10, music=True)),
    "published": (0.5, 0.3, 0.1277, Cleaning()),
}


def preset(
    name: str, onset: float | None, frame: float | None, shortest: float | None, voices: int | None
) -> tuple[float, float, float, Cleaning]:
    """A preset's thresholds, with those a user gave in their place."""
    if name not in PRESETS:
        raise RecipeError(unknown_name("thresholds", name, PRESETS))
    own = PRESETS[name]
    given = [a if a is not None else b for a, b in zip((onset, frame, shortest), own[:3], strict=True)]
    cleaning = own[3] if voices is None else replace(own[3], voices=voices)
    return given[0], given[1], given[2], cleaning


def cleaned(notes: Sequence[Note], how: Cleaning) -> list[Note]:
    """Sorted by time, without what `how` takes out."""
    kept = sorted(notes)
    if how.ghost:
        kept = _without_ghosts(kept, how.ghost)
    if how.music:
        kept = _music_only(kept)
    if how.voices:
        kept = _few_voices(kept, how.voices)
    return kept


def _without_ghosts(notes: list[Note], share: float) -> list[Note]:
    kept = []
    sounding: list[Note] = []
    for note in notes:
        sounding = [n for n in sounding if n.end > note.start - 0.03]
        together = [n for n in notes_from(notes, note) if n is not note]
        under = (n for n in (*sounding, *together) if note.pitch - n.pitch in OVERTONES)
        if not any(note.velocity < share * n.velocity and n.end > note.start + 0.03 for n in under):
            kept.append(note)
            sounding.append(note)
    return kept


def notes_from(notes: list[Note], note: Note, within: float = 0.05) -> list[Note]:
    """Those that start within so many seconds of a note; `notes` in order of time."""
    from bisect import bisect_left

    first = bisect_left(notes, note.start - within, key=lambda n: n.start)
    last = bisect_left(notes, note.start + within, key=lambda n: n.start)
    return notes[first:last]


def _music_only(notes: list[Note], reach: float = 2.0, least: float = 0.35) -> list[Note]:
    """Music holds its notes: where, within `reach` seconds of a note, less than `least` of the time is
    covered by notes of a fifth of a second or more, nothing is kept."""
    import numpy as np

    if not notes:
        return []
    step = 0.05
    held = np.zeros(int(max(n.end for n in notes) / step) + 2)
    for n in notes:
        if n.end - n.start >= 0.2:
            held[int(n.start / step) : int(n.end / step) + 1] = 1
    size = int(2 * reach / step) + 1
    total = np.convolve(held, np.ones(size), "same")
    there = np.convolve(np.ones(len(held)), np.ones(size), "same")
    return [n for n in notes if total[int(n.start / step)] >= least * there[int(n.start / step)]]


def _few_voices(notes: list[Note], voices: int) -> list[Note]:
    """When a note would be one too many, the softest of those that sound goes."""
    kept: list[Note] = []
    sounding: list[Note] = []
    dropped: set[int] = set()
    for note in notes:
        sounding = [n for n in sounding if n.end > note.start]
        sounding.append(note)
        kept.append(note)
        if len(sounding) > voices:
            softest = min(sounding, key=lambda n: n.velocity)
            sounding.remove(softest)
            dropped.add(id(softest))
    return [n for n in kept if id(n) not in dropped]


def meter(strength: np.ndarray, rate: float) -> tuple[float, float]:
    """(quarter notes a minute, seconds to the first beat) from how strongly notes begin in each frame.

    The autocorrelation of the onsets under a preference for 120 a minute (Ellis 2007), then the comb of beats
    that fits best. (librosa's does the first half as well; loading it takes longer than the rest of a step.)
    """
    import numpy as np

    if len(strength) < 4 * rate or not strength.any():
        return 120.0, 0.0
    soft = np.convolve(strength - strength.mean(), [0.5, 1, 0.5], "same")
    size = 1 << (2 * len(soft)).bit_length()
    echo = np.fft.irfft(np.abs(np.fft.rfft(soft, size)) ** 2)[: int(2 * rate)]
    lags = np.arange(int(0.25 * rate), len(echo))
    liked = np.exp(-0.5 * np.log2(60 * rate / lags / 120) ** 2)
    guess = 60 * rate / lags[np.argmax(echo[lags] * liked)]

    def fit(tempo: float, offset: float) -> float:
        """How strongly notes begin on these beats."""
        beats = np.arange(offset, len(soft) - 1, 60 / tempo * rate)
        return float(soft[np.round(beats).astype(int)].mean())

    tries = [(t, o) for t in guess * np.linspace(0.98, 1.02, 41) for o in np.arange(0, 60 / t * rate, 1.0)]
    tempo, offset = max(tries, key=lambda pair: fit(*pair))
    return float(tempo), float(offset / rate)
