"""A cheerful tune for an upright piano that has seen better days."""
from __future__ import annotations

import numpy as np

RATE = 44100
BEAT = 0.5
"""Seconds; 120 beats a minute."""

MELODY = [(67, 0.5), (72, 0.5), (76, 0.5), (79, 0.5), (77, 0.5), (76, 0.5), (74, 1.0),
          (71, 0.5), (74, 0.5), (77, 0.5), (81, 0.5), (79, 0.5), (77, 0.5), (76, 1.0),
          (72, 0.5), (76, 0.5), (81, 1.0), (79, 0.5), (76, 0.5), (74, 0.5), (71, 0.5), (72, 2.0)]  # fmt: skip
CHORDS = [(48, 52, 55), (43, 50, 55), (43, 53, 59), (48, 55, 60), (45, 52, 57), (43, 50, 55), (48, 52, 55)]
"""One chord every three beats: its root on the first, the others after."""


def struck(pitch: int, seconds: float, force: float) -> np.ndarray:
    """One piano note, (n,) float in about -1..1: stretched partials that die the sooner the higher."""
    time = np.arange(int((seconds + 0.6) * RATE)) / RATE
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    wave = np.zeros_like(time)
    for n in range(1, 9):
        partial = n * hertz * np.sqrt(1 + 0.0004 * n * n)
        wave += np.sin(2 * np.pi * partial * time) * np.exp(-time * (1.4 + 0.9 * n)) / n**1.25
    damped = np.exp(-np.maximum(0, time - seconds) * 14)
    return force * wave * damped * np.minimum(1, time / 0.004)


def tune(seconds: float) -> np.ndarray:
    """The whole piece, exactly `seconds` long: (n,) float32, peak 0.7."""
    sound = np.zeros(round(seconds * RATE) + 2 * RATE)

    def play(beat: float, pitch: int, beats: float, force: float) -> None:
        at, note = int(beat * BEAT * RATE), struck(pitch, beats * BEAT * 0.92, force)
        if at < len(sound):
            sound[at : at + len(note)] += note[: len(sound) - at]

    beat = 0.0
    for pitch, beats in MELODY:
        play(beat, pitch, beats, 1.0)
        beat += beats
    for bar, (root, *rest) in enumerate(CHORDS):
        play(3 * bar, root, 1, 0.5)
        for after in (1, 2):
            for pitch in rest:
                play(3 * bar + after, pitch, 0.6, 0.25)
    sound = sound[: round(seconds * RATE)]
    sound[-RATE // 2 :] *= np.linspace(1, 0, RATE // 2)
    return (sound / np.abs(sound).max() * 0.7).astype(np.float32)
