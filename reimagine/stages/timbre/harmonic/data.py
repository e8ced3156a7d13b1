"""Notes of a soundfont taken apart: how loud each harmonic, and the noise between them, is over time.

Following harmonic plus noise models (Serra & Smith 1990): the pitch is known, so a window of two
periods measures each partial apart from its neighbours, and one of four periods what lies between.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reimagine.media import Note, Notes
from reimagine.stages.timbre.additive import (
    BANDS,
    CENTRES,
    FLOOR,
    TIMES,
    WIDTHS,
    hertz,
    partials,
)
from reimagine.stages.timbre.soundfont import rendered

from .net import HIGHEST, LOWEST

RATE, HELD, RING, GAP = 44100, 3.0, 0.8, 0.4
"""Samples a second; seconds a note is held, looked at after its end, and silence to the next."""
VELOCITIES = (40, 80, 120)
DETUNES = 2 ** (np.arange(-40, 41, 4) / 1200)
STRETCHES = np.concatenate([[0], np.geomspace(1e-5, 2e-3, 24)])


def notes_of(font: Path, program: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """(pitch, velocity, samples) of each note, from the key down to RING after its release."""
    step = HELD + RING + GAP
    pitches = range(LOWEST, HIGHEST + 1)
    asked = [(p, v) for v in VELOCITIES for p in pitches]
    music = Notes(tuple(Note(n * step, n * step + HELD, p, v) for n, (p, v) in enumerate(asked)))
    samples = rendered(music, font, program, RATE).samples
    left, both = samples[0], samples.mean(0)
    mono = both if both.std() > 0.7 * left.std() else left  # wide patches cancel in the middle
    length = int((HELD + RING) * RATE)
    mono = np.pad(mono, (0, length))
    for n, (pitch, velocity) in enumerate(asked):
        first = round(n * step * RATE)
        yield pitch, velocity, mono[first : first + length]


def taken_apart(wave: np.ndarray, pitch: int) -> tuple[np.ndarray, float, float]:
    """Levels in dB, (len(TIMES), HARMONICS + BANDS) float32; the stretch of the partials; the fall after
    the release in dB a second (positive)."""
    first = hertz(pitch)
    detune, stretch = _tuning(wave, first)
    places = partials(first * detune, stretch)
    tones = _tones(wave, places, first)
    noise = _noise(wave, places, first)
    levels = np.concatenate([tones, noise], 1)
    held, after = (_power(wave, t) for t in (HELD - 0.1, HELD + 0.15))
    fall = 10 * np.log10((held + 1e-12) / (after + 1e-12)) / 0.25
    return np.maximum(levels, FLOOR).astype(np.float32), stretch, float(np.clip(fall, 5, 400))


def _power(wave: np.ndarray, start: float) -> float:
    return float(np.square(wave[int(start * RATE) :][: int(0.1 * RATE)]).mean())


def _tuning(wave: np.ndarray, first: float) -> tuple[float, float]:
    """(detune, stretch) under which the partials catch most of the spectrum."""
    piece = wave[int(0.08 * RATE) : int(1.1 * RATE)]
    size = 1 << 17
    seen = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), size)) ** 0.5
    seen = np.maximum.reduce([np.roll(seen, n) for n in range(-3, 4)])
    k = np.arange(1, 41)
    roots = np.sqrt((1 + STRETCHES[:, None] * k**2) / (1 + STRETCHES[:, None]))
    places = first * DETUNES[:, None, None] * k * roots
    inside = places < 0.45 * RATE
    score = (seen[np.minimum(places * size / RATE, size // 2).astype(int)] * inside).sum(2)
    plain, best = score[:, 0].argmax(), np.unravel_index(score.argmax(), score.shape)
    if score[best] < 1.04 * score[plain, 0]:
        best = (plain, 0)
    return float(DETUNES[best[0]]), float(STRETCHES[best[1]])


def _windows(wave: np.ndarray, length: int) -> np.ndarray:
    """(len(TIMES), length): centred on TIMES, silence before the note."""
    before = length // 2
    padded = np.pad(wave, (before, length))
    return padded[(TIMES[:, None] * RATE).astype(int) + np.arange(length)]


def _tones(wave: np.ndarray, places: np.ndarray, first: float) -> np.ndarray:
    length = int(max(2 / first, 0.016) * RATE)
    shape = np.hanning(length)
    shape *= 2 / shape.sum()
    turning = np.exp(-2j * np.pi * np.outer(np.arange(length), places / RATE)) * shape[:, None]
    level = np.abs(_windows(wave, length).astype(np.complex64) @ turning.astype(np.complex64))
    return 20 * np.log10(np.where(places < 0.45 * RATE, level, 0) + 1e-9)


def _noise(wave: np.ndarray, places: np.ndarray, first: float) -> np.ndarray:
    """Power between the partials, as level of each band."""
    length = int(max(4 / first, 0.016) * RATE)
    shape = np.hanning(length)
    size = 1 << (2 * length - 1).bit_length()
    power = np.abs(np.fft.rfft(_windows(wave, length) * shape, size)) ** 2
    power *= 2 / (np.square(shape).sum() * RATE)
    beyond = np.arange(places[-1] + first, 0.45 * RATE, first)
    edges = np.concatenate([[0], places[places < 0.45 * RATE], beyond])
    middles = (edges[1:] + edges[:-1]) / 2
    there = np.maximum(power[:, np.minimum(middles * size / RATE, size // 2).astype(int)], 1e-14)
    return np.stack([_band(there, middles, n) for n in range(BANDS)], 1)


def _band(power: np.ndarray, middles: np.ndarray, band: int) -> np.ndarray:
    """dB of a band from the power (frames, middles) a hertz."""
    low, high = CENTRES[band] - WIDTHS[band] / 2, CENTRES[band] + WIDTHS[band] / 2
    inside = (middles >= low) & (middles < high)
    if not inside.any():
        inside = np.arange(len(middles)) == np.abs(middles - CENTRES[band]).argmin()
    return 10 * np.log10(power[:, inside].mean(1) * WIDTHS[band])
