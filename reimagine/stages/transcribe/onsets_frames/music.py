"""Random music to train transcription on: accompanied melodies, and notes without any order.

The music has what transcribers confuse: octaves, repeated notes, fast runs, wide dynamics, and notes that a sustain
pedal prolongs. It is not meant to be listened to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from reimagine.media import Note

Rng = np.random.Generator
Pattern = list[tuple[float, float, list[int]]]
"""Onset and duration in beats, and pitches of each chord or note of a bar."""

LOWEST, HIGHEST = 21, 108
"""MIDI pitches of the lowest and the highest key of a piano."""
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11), (0, 2, 3, 5, 7, 9, 10), (0, 2, 3, 5, 7, 8, 10))
"""Semitones above the tonic: major, harmonic minor, Dorian, natural minor."""
CHROMATIC = tuple(range(12))
"""The scale of twelve semitones."""
BEATS = 4
"""Beats per bar."""
RHYTHMS = ((4,), (2, 2), (1, 1, 1, 1), (0.5,) * 8, (1, 0.5, 0.5, 1, 1), (1.5, 0.5, 1.5, 0.5), (0.25,) * 16,
           (1 / 3,) * 12, (0.75, 0.25) * 4, (3, 1), (0.5, 0.25, 0.25) * 4, (2, 0.25, 0.25, 0.25, 0.25, 1))  # fmt: skip
"""Durations of a bar's notes in beats."""
TIMING_SECONDS = 0.012
"""Standard deviation of the onsets around the beat."""
MIN_SECONDS = 0.03
"""Shortest note."""
LONGEST_PEDAL = 4.0
"""Seconds for which a pedal prolongs notes, at most."""
PARTS = {
    "piano": ((0, 0, 0, 0, 1, 1, 2, 3), (LOWEST, HIGHEST)),
    "keys": ((4, 5, 6, 7, 16, 17, 18, 19, 20, 21), (29, 96)),
    "plucked": ((8, 9, 11, 12, 13, 24, 25, 26, 46), (36, 96)),
    "strings": ((40, 41, 42, 44, 45, 48, 49), (36, 96)),
    "winds": ((56, 57, 58, 60, 64, 65, 66, 68, 69, 70, 71, 72, 73, 74), (40, 96)),
    "bass": ((32, 33, 43), (28, 55)),
}
"""General MIDI programs of each group of instruments, and the range of pitches they play."""


@dataclass(frozen=True)
class Part:
    """The notes of one instrument.

    Attributes:
        program: General MIDI program.
        notes: as they sound; a pedal prolongs them.
        releases: seconds at which the key of each note is released, at most its end.
    """

    program: int
    notes: tuple[Note, ...]
    releases: tuple[float, ...]


def random_music(rng: Rng, seconds: float) -> list[Part]:
    """Music of about `seconds` seconds: a piano (six of ten pieces), or up to three other instruments."""
    if rng.random() < 0.6:
        played, sounding = _piano_notes(rng, seconds)
        return [_part(rng, "piano", played, sounding)]
    if rng.random() < 0.3:
        group = str(rng.choice([name for name in PARTS if name != "bass"]))
        return [_part(rng, group, random_notes(rng, seconds, *PARTS[group][1]))]
    melody, accompaniment = accompanied_melody(rng, seconds)
    parts = [_part(rng, str(rng.choice(["strings", "winds", "keys", "plucked"])), melody)]
    parts.append(_part(rng, str(rng.choice(["piano", "keys", "plucked", "strings"])), accompaniment))
    if rng.random() < 0.4:
        low = [replace(note, pitch=note.pitch - 12) for note in accompaniment[:: int(rng.integers(2, 5))]]
        parts.append(_part(rng, "bass", low))
    return parts


def _piano_notes(rng: Rng, seconds: float) -> tuple[list[Note], list[Note]]:
    """The notes of a piano as they are played, and as they sound with the pedal."""
    if rng.random() < 0.2:
        notes = random_notes(rng, seconds, LOWEST, HIGHEST)
        return notes, notes
    melody, accompaniment = accompanied_melody(rng, seconds)
    notes = melody + accompaniment
    return notes, with_pedal(rng, notes) if rng.random() < 0.6 else notes


def _part(rng: Rng, group: str, played: list[Note], sounding: list[Note] | None = None) -> Part:
    """Notes of an instrument of a group: octaves are moved into its range, and no key is struck while it sounds.

    Args:
        played: ended where keys are released.
        sounding: the same notes as they sound; None if these do not differ.
    """
    programs, (low, high) = PARTS[group]
    releases = {(note.start, _fold(note.pitch, low, high)): note.end for note in played}
    moved = (replace(note, pitch=_fold(note.pitch, low, high)) for note in sounding or played)
    notes = tuple(_without_overlaps(moved))
    ends = tuple(min(note.end, releases[note.start, note.pitch]) for note in notes)
    return Part(int(rng.choice(programs)), notes, ends)


def _fold(pitch: int, low: int, high: int) -> int:
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def _without_overlaps(notes: Iterator[Note]) -> Iterator[Note]:
    """The notes, each ended before its key is struck again; notes that become too short are left out."""
    by_pitch: dict[int, list[Note]] = {}
    for note in sorted(notes):
        by_pitch.setdefault(note.pitch, []).append(note)
    for same in by_pitch.values():
        nexts = [note.start - 0.01 for note in same[1:]] + [np.inf]
        for note, end in zip(same, nexts, strict=True):
            if min(note.end, end) - note.start >= MIN_SECONDS:
                yield replace(note, end=float(min(note.end, end)))


def random_notes(rng: Rng, seconds: float, low: int, high: int) -> list[Note]:
    """Notes at random times, pitches and velocities, between one and fifteen per second."""
    count = int(seconds * np.exp(rng.uniform(0, np.log(15))))
    starts, durations = rng.uniform(0, seconds, count), np.exp(rng.uniform(np.log(0.05), np.log(2.5), count))
    pitches, velocities = rng.integers(low, high + 1, count), rng.integers(15, 127, count)
    columns = zip(starts.tolist(), durations.tolist(), pitches.tolist(), velocities.tolist(), strict=True)
    return [Note(start, start + duration, pitch, velocity) for start, duration, pitch, velocity in columns]


def accompanied_melody(rng: Rng, seconds: float) -> tuple[list[Note], list[Note]]:
    """A melody and its accompaniment: bars of 4/4 on random chords, with a tempo that fluctuates."""
    scale = np.array(CHROMATIC if rng.random() < 0.1 else SCALES[rng.integers(len(SCALES))])
    tonic, beat = int(rng.integers(36, 48)), 60 / np.exp(rng.uniform(np.log(50), np.log(200)))
    octaves, level = int(rng.integers(2, 4)), rng.uniform(35, 100)
    degree, now = 7 * octaves, 0.0
    accompany = ACCOMPANIMENTS[rng.integers(len(ACCOMPANIMENTS))]
    melody: list[Note] = []
    accompaniment: list[Note] = []
    while now < seconds:
        root, loud = int(rng.integers(0, 7)), float(np.clip(level + rng.normal(0, 12), 15, 120))
        chord = [tonic + _pitch(scale, root + step) for step in ((0, 2, 4) if rng.random() < 0.7 else (0, 2, 4, 6))]
        bar, degree = melody_bar(rng, scale, tonic, degree, octaves)
        melody += _performed(rng, bar, now, beat, loud + 8)
        accompaniment += _performed(rng, accompany(rng, chord), now, beat, loud - 8)
        now += BEATS * beat
        beat *= float(np.exp(rng.normal(0, 0.03)))
        if rng.random() < 0.1:
            accompany = ACCOMPANIMENTS[rng.integers(len(ACCOMPANIMENTS))]
    return melody, accompaniment


def _pitch(scale: np.ndarray, degree: int) -> int:
    """Semitones above the tonic of a degree of a scale; degrees go on in higher and lower octaves."""
    octave, step = divmod(degree, len(scale))
    return int(12 * octave + scale[step])


def melody_bar(rng: Rng, scale: np.ndarray, tonic: int, degree: int, octaves: int) -> tuple[Pattern, int]:
    """One bar of melody that goes on from a degree of the scale, and the degree at which it ends."""
    rhythm, now, bar = RHYTHMS[rng.integers(len(RHYTHMS))], 0.0, []
    repeats, run = rng.random() < 0.1, int(rng.choice([-1, 1])) if len(rhythm) > 6 and rng.random() < 0.5 else 0
    doubling = int(rng.choice([0, 0, 0, 2, 5, 7], p=[0.3, 0.2, 0.1, 0.1, 0.1, 0.2]))
    for duration in rhythm:
        degree += 0 if repeats else run or int(rng.choice([-4, -2, -1, -1, 0, 1, 1, 2, 4]))
        degree = int(np.clip(degree, 7 * (octaves - 1), 7 * (octaves + 2)))
        pitches = [tonic + _pitch(scale, degree)] + ([tonic + _pitch(scale, degree - doubling)] if doubling else [])
        if rng.random() > 0.08:
            bar.append((now, duration * rng.choice([0.4, 0.9, 1.0, 1.05]), pitches))
        now += duration
    return bar, degree


def _block(rng: Rng, chord: list[int]) -> Pattern:
    times = int(rng.choice([1, 2, 4, 8]))
    return [(n * BEATS / times, BEATS / times * rng.choice([0.4, 0.95]), chord) for n in range(times)]


def _broken(rng: Rng, chord: list[int]) -> Pattern:
    order, step = ((0, 2, 1, 2), 0.5) if rng.random() < 0.6 else ((0, 1, 2, 1), 0.25)
    return [(n * step, step, [chord[order[n % 4]]]) for n in range(int(BEATS / step))]


def _arpeggio(rng: Rng, chord: list[int]) -> Pattern:
    step, rise = float(rng.choice([0.25, 1 / 3, 0.5])), [pitch + octave for octave in (0, 12, 24) for pitch in chord]
    line = rise + rise[-2:0:-1]
    return [(n * step, step * 1.5, [line[n % len(line)]]) for n in range(round(BEATS / step))]


def _stride(rng: Rng, chord: list[int]) -> Pattern:
    bass, upper = [chord[0] - 12, chord[0]][: int(rng.integers(1, 3))], [pitch + 12 for pitch in chord]
    return [(beat, 0.8, upper if beat % 2 else bass) for beat in range(BEATS)]


def _tremolo(rng: Rng, chord: list[int]) -> Pattern:
    low, high = ([chord[0]], [chord[0] + 12]) if rng.random() < 0.5 else (chord[:1], chord[1:])
    return [(n / 4, 0.25, high if n % 2 else low) for n in range(16)]


ACCOMPANIMENTS: tuple[Callable[[Rng, list[int]], Pattern], ...] = (_block, _broken, _arpeggio, _stride, _tremolo)
"""Accompaniments of a bar on a chord."""


def _performed(rng: Rng, bar: Pattern, start: float, beat: float, loud: float) -> list[Note]:
    """The notes of a bar that starts at `start` seconds, with beats of `beat` seconds, about as loud as `loud`."""
    notes = []
    for onset, duration, pitches in bar:
        begin = max(0.0, start + onset * beat + rng.normal(0, TIMING_SECONDS))
        spread = rng.uniform(0.02, 0.08) if len(pitches) > 2 and rng.random() < 0.1 else 0.0
        for number, pitch in enumerate(pitches):
            first = begin + number * spread + abs(rng.normal(0, 0.004))
            end = first + max(MIN_SECONDS, duration * beat * rng.uniform(0.8, 1.05))
            notes.append(Note(first, end, pitch, int(np.clip(loud + rng.normal(0, 9), 5, 127))))
    return notes


def with_pedal(rng: Rng, notes: list[Note]) -> list[Note]:
    """Notes prolonged by a sustain pedal, which is pressed for one to four seconds and released for a moment."""
    releases, now = [0.0], 0.0
    while notes and now < max(note.end for note in notes):
        now += float(rng.uniform(0.6, LONGEST_PEDAL))
        releases.append(now)
    times = np.array(releases)
    pressed = rng.random(len(times)) < 0.85
    held = []
    for note in notes:
        number = int(np.searchsorted(times, note.end))
        held.append(replace(note, end=float(times[number])) if number < len(times) and pressed[number] else note)
    return held
