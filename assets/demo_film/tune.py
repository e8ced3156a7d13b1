"""A waltz for a detuned upright piano, composed for this film."""

from __future__ import annotations

import numpy as np

RATE = 44100
"""Sample rate in Hz."""
BEAT = 5 / 12
"""Seconds per beat: at 144 beats per minute eight bars of three beats last ten seconds."""

MELODY = (
    ((74, 1), (71, 0.5), (74, 0.5), (79, 1)),
    ((76, 1), (79, 0.5), (76, 0.5), (72, 1)),
    ((69, 0.5), (72, 0.5), (78, 1), (76, 0.5), (74, 0.5)),
    ((79, 1), (74, 0.5), (71, 0.5), (67, 1)),
    ((76, 1), (79, 0.5), (83, 1), (79, 0.5)),
    ((84, 1), (79, 0.5), (76, 0.5), (72, 1)),
    ((74, 0.5), (78, 0.5), (81, 1), (78, 0.5), (74, 0.5)),
    ((79, 2), (67, 1)),
)
"""One line per bar: MIDI pitch and length in beats."""

G = (43, 59, 62)
"""G major: MIDI pitches of the bass note and of the two notes above it; likewise below."""
C = (48, 60, 64)
"""C major."""
D = (50, 60, 66)
"""D major seventh, without its fifth."""
E = (40, 59, 64)
"""E, without its third."""
CHORDS = (G, C, D, G, E, C, D, G)
"""Per bar, the bass note of the first beat and the two notes of the other beats."""


def piano_note(pitch: int, seconds: float, force: float) -> np.ndarray:
    """Return one piano note (n,) float: two detuned strings, whose high partials decay faster."""
    time = np.arange(int((seconds + 0.5) * RATE)) / RATE
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    wave = np.zeros_like(time)
    for n in range(1, 10):
        partial = n * hertz * np.sqrt(1 + 0.0003 * n * n)
        loud = force ** (n / 6) / n**1.3 * np.exp(-time * (1.2 + 0.8 * n))
        for detune in (0.9994, 1.0006):
            wave += loud * np.sin(2 * np.pi * partial * detune * time)
    damped = np.exp(-np.maximum(0, time - seconds) * 16)
    return force * wave * damped * np.minimum(1, time / 0.004)


def render_tune(seconds: float) -> np.ndarray:
    """Return the whole piece, exactly `seconds` long: (n,) float32 with peak 0.7."""
    sound = np.zeros(round(seconds * RATE))
    for beat, pitch, beats, force in score():
        start = round(beat * BEAT * RATE)
        note = piano_note(pitch, beats * BEAT, force)[: max(0, len(sound) - start)]
        sound[start : start + len(note)] += note
    sound = horn_filter(sound)
    fade = min(len(sound), RATE // 4)
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade)
    return (sound / np.abs(sound).max() * 0.7).astype(np.float32)


def score() -> list[tuple[float, int, float, float]]:
    """Return every note: its beat, MIDI pitch, length in beats, and force in 0..1."""
    notes = []
    for bar, (phrase, (bass, *upper)) in enumerate(zip(MELODY, CHORDS, strict=True)):
        beat = 3.0 * bar
        for pitch, beats in phrase:
            notes.append((beat, pitch, 0.95 * beats, 1.0 if beat % 3 == 0 else 0.85))
            beat += beats
        notes.append((3.0 * bar, bass, 1.2, 0.6))
        notes += [(3.0 * bar + after, pitch, 0.55, 0.32) for after in (1, 2) for pitch in upper]
    return notes


def horn_filter(sound: np.ndarray) -> np.ndarray:
    """Apply the band-pass of an old recording horn: half the amplitude remains at 70 Hz and at 4.5 kHz."""
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    passed = 1 / (1 + (70 / np.maximum(hertz, 1)) ** 4) / (1 + (hertz / 4500) ** 6)
    return np.fft.irfft(np.fft.rfft(sound) * passed, len(sound))
