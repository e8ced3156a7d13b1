"""Pitch bends: the frequency of a note over time, and resampling that follows it.

A note's bends are its pitch offsets in equal steps of its duration. The pitch is interpolated linearly between the
centres of the steps, and is constant before the first centre and after the last. Phases are integrals of the frequency,
so the wave has no jumps.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from reimagine.media import Note

TAPS = 32
"""Input samples per output sample of the windowed sinc; flat up to about 0.4 of the sample rate."""
PHASES = 1024
"""Positions between two input samples for which the sinc is tabulated; linear interpolation between them leaves an
error below -110 dB."""
KAISER_BETA = 9.0
"""Shape of the sinc's window: stop band below -90 dB."""
BLOCK = 1 << 16
"""Output samples resampled at a time; bounds the memory to about 40 MB."""


def is_bent(note: Note) -> bool:
    """Whether the note's pitch differs from its MIDI pitch anywhere."""
    return any(note.bends)


def frequency_ratio(note: Note, time: np.ndarray) -> np.ndarray:
    """Frequency at `time`, in seconds after the note's start, divided by that of the note's MIDI pitch."""
    count = len(note.bends)
    positions = (np.arange(count) + 0.5) / count * (note.end - note.start)
    return 2 ** (np.interp(time, positions, note.bends) / 12)


def highest_ratio(note: Note) -> float:
    """The highest frequency of a note, divided by that of its MIDI pitch; 1.0 without bends."""
    return 2 ** (max(note.bends, default=0.0) / 12)


def unbent_time(note: Note, count: int, rate: int) -> np.ndarray:
    """The integral of the frequency ratio at each of `count` samples, (count,) seconds, from 0.

    A sinusoid of the note's MIDI pitch at these times is the sinusoid with the note's bends at even sample times.
    """
    ratio = frequency_ratio(note, np.arange(count) / rate)
    return np.concatenate([[0.0], np.cumsum((ratio[1:] + ratio[:-1]) / (2 * rate))])[:count]


def resample_at(wave: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Band-limited interpolation of a wave.

    Args:
        wave: (n,) samples; silent outside.
        positions: (m,) float, ascending sample positions from 0.

    Returns:
        (m,) float32.
    """
    table = _sinc_table()
    padding = TAPS + max(0, int(positions.max(initial=0)) - len(wave) + 1)
    padded = np.pad(wave, (TAPS // 2 - 1, padding)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, TAPS)
    output = np.empty(len(positions), np.float32)
    for first in range(0, len(positions), BLOCK):
        position = positions[first : first + BLOCK]
        sample = position.astype(int)
        phase = (position - sample) * PHASES
        row = phase.astype(int)
        fraction = (phase - row).astype(np.float32)[:, None]
        kernels = table[row] * (1 - fraction) + table[row + 1] * fraction
        output[first : first + BLOCK] = np.einsum("nt,nt->n", windows[sample], kernels)
    return output


@lru_cache(1)
def _sinc_table() -> np.ndarray:
    """(PHASES + 1, TAPS) float32: kernels for positions 0 to 1 after the sample at index TAPS / 2 - 1."""
    fractions = np.arange(PHASES + 1)[:, None] / PHASES
    distance = np.arange(TAPS) - (TAPS // 2 - 1) - fractions
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0, 1 - (distance / (TAPS / 2)) ** 2))) / np.i0(KAISER_BETA)
    return (np.sinc(distance) * window).astype(np.float32)
