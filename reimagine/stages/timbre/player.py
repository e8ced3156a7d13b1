"""Notes into sound, whatever sings them: each at its place, from left to right, in a room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from reimagine.media import Note, Notes, Sound
from reimagine.stages.timbre.instruments import Latent, schedule

RATE, BATCH = 48000, 32
WIDTH, RINGS, LATE = 0.35, 0.9, 0.012
"""How far the lowest and highest notes sit from the middle; how many seconds the room rings, and after
how many its first echo comes."""

Sing = Callable[[list[Note], list[Latent]], Iterator[np.ndarray]]
"""Notes and the latents they are sung with -> samples of each, (n,) float32 at 48 kHz."""


class Choice(Protocol):
    """The options every timbre with latents has."""

    instruments: str
    change_every: float
    at_cuts: bool
    room: float


class Player:
    """Notes in, 48 kHz stereo out, peak 0.5. `counts` says how many notes were moved by octaves."""

    def __init__(
        self, sing: Sing, known: Mapping[str, Latent], draw: Callable[[], Latent], choice: Choice, span: tuple[int, int]
    ) -> None:
        self.sing, self.known, self.draw, self.choice, self.span = sing, known, draw, choice, span
        self.counts: Counter[str] = Counter()

    def __call__(self, notes: Notes) -> Sound:
        cuts = notes.cuts if self.choice.at_cuts else ()
        plan = schedule(self.choice.instruments, self.known, self.draw, notes.seconds, self.choice.change_every, cuts)
        inside = [self.within(note) for note in notes]
        sound = np.zeros((2, int((notes.seconds + 3.0) * RATE)), np.float32)
        for start in range(0, len(inside), BATCH):
            batch = inside[start : start + BATCH]
            for note, wave in zip(batch, self.sing(batch, [plan.at(n.start) for n in batch]), strict=True):
                place(sound, note, wave)
        return finished(sound, self.choice.room)

    def within(self, note: Note) -> Note:
        """Out of the instrument's range, a note is brought in by octaves."""
        low, high = self.span
        pitch = note.pitch + 12 * max(0, -((note.pitch - low) // 12))
        pitch -= 12 * max(0, -((high - pitch) // 12))
        self.counts["notes moved by octaves"] += pitch != note.pitch
        return replace(note, pitch=pitch)


def place(sound: np.ndarray, note: Note, wave: np.ndarray) -> None:
    """Add a note's samples to (2, n): low notes left, high ones right, as at a piano."""
    at = int(note.start * RATE)
    wave = wave[: max(0, sound.shape[1] - at)]
    angle = (1 + WIDTH * np.clip((note.pitch - 60) / 36, -1, 1)) * np.pi / 4
    sound[0, at : at + len(wave)] += np.float32(np.cos(angle)) * wave
    sound[1, at : at + len(wave)] += np.float32(np.sin(angle)) * wave


def finished(sound: np.ndarray, room: float) -> Sound:
    """In a room, without the silence at the end, peak 0.5."""
    if room > 0:
        sound = sound + np.float32(room) * _echo(sound)
    loud = np.flatnonzero(np.abs(sound).max(0) > 1e-5)
    sound = sound[:, : loud[-1] + 1 if len(loud) else 0]
    peak = float(np.abs(sound).max(initial=0)) or 1.0
    return Sound((sound * np.float32(0.5 / peak)).astype(np.float32), RATE)


def _echo(sound: np.ndarray) -> np.ndarray:
    """What a room gives back: noise that dies away, duller than what was sung (Moorer 1979)."""
    from scipy.signal import oaconvolve

    time = np.arange(int(RINGS * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal((2, len(time)))
    dull = np.stack([np.convolve(n, np.hanning(14), "same") for n in noise])
    tail = np.pad(dull * np.exp(-6.9 * time / RINGS), ((0, 0), (int(LATE * RATE), 0)))
    tail /= np.sqrt(np.square(tail).sum(1, keepdims=True)) / 3
    return oaconvolve(sound, tail.astype(np.float32), axes=1)[:, : sound.shape[1]]
