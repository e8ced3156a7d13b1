"""Beats and metre of notes: the times of all beats, how many make a bar, and where bars begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reimagine.media.midi.notes import Notes

RATE = 100
"""Hz. Sample rate of the onset strength from which beats are tracked."""
STEPS_PER_BEAT = 4
"""Steps of the grid (sixteenths) that is compared with the onsets."""
STEADY_DEVIATION = 0.13
"""Median distance of the onsets from that grid, in steps, below which the tempo is steady; random onsets have 0.25."""
TIGHTNESS = 100.0
"""How closely the tracked beats keep the tempo; the published value."""
MAX_BEATS = 60_000
"""Beats at most: four hours at 240 per minute."""
SLOWEST, FASTEST = 54.0, 168.0
"""Beats per minute that are easy to read; other tempi are doubled or halved."""
METRES = (4, 3)
"""Beats per bar that are compared; the first is preferred."""
SIGNIFICANT = 2.0
"""Standard score that the accents of the second metre must reach."""
BASS_PITCH = 55
"""MIDI pitch below which an onset counts BASS_WEIGHT times: accompaniments put the bass on the first beat."""
BASS_WEIGHT = 3.0
"""Weight of low notes in the accent of a beat."""
NEAR_BEAT = 0.2
"""Beats before and after a beat in which an onset accents it."""


@dataclass(frozen=True)
class Beats:
    """The beats of a piece.

    Attributes:
        times: (n,) seconds, ascending; the first begins a bar, and all notes lie between the first and the last.
        per_bar: beats per bar.
    """

    times: np.ndarray
    per_bar: int

    @property
    def tempo(self) -> float:
        """Beats per minute, the median."""
        return float(60 / np.median(np.diff(self.times)))

    def position(self, seconds: np.ndarray) -> np.ndarray:
        """Times in beats since the first."""
        return np.interp(seconds, self.times, np.arange(len(self.times)))


def find_beats(notes: Notes) -> Beats:
    """The beats of at least one note.

    The tempo and first beat of the notes are used as they are if most onsets lie on that grid. Otherwise beats are
    tracked from there (Ellis 2007), since musicians do not keep a constant tempo.
    """
    starts = np.array([n.start for n in notes])
    period = 60 / readable_tempo(notes.tempo)
    period = max(period, (notes.seconds + period) / MAX_BEATS)
    grid = notes.beat + period * np.arange(
        np.floor((starts.min() - notes.beat) / period), np.ceil((notes.seconds - notes.beat) / period) + 2
    )
    deviation = np.abs((starts - notes.beat) / period * STEPS_PER_BEAT)
    is_steady = np.median(np.abs(deviation - np.round(deviation))) < STEADY_DEVIATION
    times = grid if is_steady else _tracked(notes, period)
    sounding = int(np.searchsorted(times, starts.min() + NEAR_BEAT * period, "right")) - 1
    per_bar, first = find_metre(_accents(notes, times)[sounding:])
    missing = (per_bar - first) % per_bar  # beats before the first that sounds, in the bar of an upbeat
    before = times[sounding] - period * np.arange(missing, 0, -1)
    return Beats(np.concatenate([before, times[sounding:]]), per_bar)


def readable_tempo(tempo: float) -> float:
    """A tempo, doubled or halved until it is between SLOWEST and FASTEST."""
    while tempo > FASTEST:
        tempo /= 2
    while 0 < tempo < SLOWEST:
        tempo *= 2
    return tempo or 120.0


def _tracked(notes: Notes, period: float) -> np.ndarray:
    """Times of beats that follow the onsets, from before the first note until after the last (Ellis 2007).

    Dynamic programming, as `librosa.beat.beat_track` does it; that takes 40 s to compile before its first use.
    """
    strength = np.zeros(int(notes.seconds * RATE) + 2)
    for note in notes:
        strength[int(note.start * RATE)] += note.velocity
    strength = np.convolve(strength, np.hanning(9)[1:-1], "same")
    strength /= strength.std() or 1.0
    lags = np.arange(round(period * RATE / 2), round(period * RATE * 2) + 1)
    costs = TIGHTNESS * np.square(np.log(lags / (period * RATE)))
    total, origins = strength.copy(), np.full(len(strength), -1)
    for frame in range(int(lags[0]), len(strength)):
        reached = frame - lags[: np.searchsorted(lags, frame, "right")]
        scores = total[reached] - costs[: len(reached)]
        best = int(scores.argmax())
        if scores[best] > 0:
            total[frame] += scores[best]
            origins[frame] = reached[best]
    beats = [max(0, len(total) - len(lags)) + int(total[-len(lags) :].argmax())]
    while origins[beats[-1]] >= 0:
        beats.append(int(origins[beats[-1]]))
    return _extended(np.array(beats[::-1]) / RATE, notes, period)


def _extended(times: np.ndarray, notes: Notes, period: float) -> np.ndarray:
    """The beats, with further ones at an even pace before and after until all notes lie between them."""
    first, last = times[0], times[-1]
    before = first - period * np.arange(np.ceil(max(0, first - notes.notes[0].start) / period), 0, -1)
    after = last + period * np.arange(1, np.ceil(max(0, notes.seconds - last) / period) + 2)
    return np.concatenate([before, times, after])


def _accents(notes: Notes, times: np.ndarray) -> np.ndarray:
    """The accent of each beat: the velocities of the notes that start at it, low and long notes above all."""
    starts = np.array([n.start for n in notes])
    position = np.interp(starts, times, np.arange(len(times)))
    nearest = np.round(position).astype(int)
    weights = np.array([n.velocity * (BASS_WEIGHT if n.pitch < BASS_PITCH else 1) for n in notes])
    weights = weights * np.minimum(1, [n.end - n.start for n in notes])
    weights[np.abs(position - nearest) > NEAR_BEAT] = 0
    return np.bincount(nearest, weights)


def find_metre(accents: np.ndarray) -> tuple[int, int]:
    """(beats per bar, index of the first beat that begins a bar) with the most significant accents on first beats."""
    spread = accents.std() or 1.0

    def significance(period: int, phase: int) -> float:
        """Standard score of the mean accent of the beats `phase`, `phase + period` ..."""
        chosen = accents[phase::period]
        return float((chosen.mean() - accents.mean()) / spread * np.sqrt(len(chosen))) if len(chosen) else 0.0

    best = {n: max(range(n), key=lambda phase, n=n: significance(n, phase)) for n in (2, *METRES)}
    scores = {n: significance(n, phase) for n, phase in best.items()}
    scores[METRES[0]] = max(scores[METRES[0]], scores.pop(2))  # every bar of four has two halves
    per_bar = METRES[scores[METRES[1]] > max(SIGNIFICANT, scores[METRES[0]])]
    return per_bar, best[per_bar]
