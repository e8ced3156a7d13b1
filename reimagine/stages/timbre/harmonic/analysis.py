"""Analysis of a soundfont's notes: levels of partials and noise over time.

A harmonics-plus-noise model (Serra & Smith 1990). The pitch is known, so a window of two periods separates each
partial from its neighbours, and a window of four periods measures the noise between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reimagine.media import Note, Notes
from reimagine.media.fluidsynth import render
from reimagine.stages.timbre.additive import (
    BAND_CENTRES,
    BAND_WIDTHS,
    FLOOR_DB,
    NOISE_BANDS,
    TIMES,
    PartialEnvelopes,
    hertz,
    partial_frequencies,
)
from reimagine.stages.timbre.harmonic.net import HIGHEST_PITCH, LOWEST_PITCH

RATE = 44100
"""Hz. The sample rate of most soundfonts."""
NOTE_SECONDS = 3.0
"""Seconds from a note's start to its release; TIMES end there."""
RELEASE_SECONDS = 0.8
"""Seconds analysed after the release."""
GAP_SECONDS = 0.4
"""Seconds of silence before the next note."""
VELOCITIES = (40, 80, 120)
"""MIDI velocities rendered: soft, medium, loud."""
DETUNINGS = 2 ** (np.arange(-40, 41, 4) / 1200)
"""Frequency ratios tried, 40 cents down to 40 cents up: samples are not exactly in tune."""
INHARMONICITIES = np.concatenate([[0], np.geomspace(1e-5, 2e-3, 24)])
"""Inharmonicity coefficients tried; a piano's are 1e-4 to 1e-3."""
INHARMONICITY_GAIN = 1.04
"""An inharmonicity above 0 is accepted only if it captures this much more of the spectrum."""
MAX_FREQUENCY = 0.45 * RATE
"""Hz. Partials above are not measured."""
MIN_WINDOW = 0.016
"""Seconds. Shortest window; a shorter one would not separate the tone from low noise."""
RELEASE_RANGE = (5, 400)
"""dB per second. Limits of the measured release rate."""


def render_notes(font: Path, program: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """(pitch, velocity, samples) of each pitch and velocity, from the note's start to RELEASE_SECONDS after its end."""
    step = NOTE_SECONDS + RELEASE_SECONDS + GAP_SECONDS
    pitches = range(LOWEST_PITCH, HIGHEST_PITCH + 1)
    keys = [(pitch, velocity) for velocity in VELOCITIES for pitch in pitches]
    music = Notes(tuple(Note(n * step, n * step + NOTE_SECONDS, p, v) for n, (p, v) in enumerate(keys)))
    samples = render(music, font, program, RATE).samples
    left, mean = samples[0], samples.mean(0)
    mono = mean if mean.std() > 0.7 * left.std() else left  # the channels of wide stereo samples cancel in the mean
    length = int((NOTE_SECONDS + RELEASE_SECONDS) * RATE)
    mono = np.pad(mono, (0, length))
    for n, (pitch, velocity) in enumerate(keys):
        first = round(n * step * RATE)
        yield pitch, velocity, mono[first : first + length]


def analyze_note(wave: np.ndarray, pitch: int) -> PartialEnvelopes:
    """The envelopes of a recorded note of this MIDI pitch, samples (n,) at RATE."""
    fundamental = hertz(pitch)
    detuning, inharmonicity = _tuning(wave, fundamental)
    frequencies = partial_frequencies(fundamental * detuning, inharmonicity)
    tones = _partial_levels(wave, frequencies, fundamental)
    noise = _noise_levels(wave, frequencies, fundamental)
    levels = np.concatenate([tones, noise], 1)
    sustained, released = (_power(wave, second) for second in (NOTE_SECONDS - 0.1, NOTE_SECONDS + 0.15))
    release_rate = 10 * np.log10((sustained + 1e-12) / (released + 1e-12)) / 0.25
    levels = np.maximum(levels, FLOOR_DB).astype(np.float32).T
    return PartialEnvelopes(levels, inharmonicity, float(np.clip(release_rate, *RELEASE_RANGE)))


def _power(wave: np.ndarray, start: float) -> float:
    """Mean power of the 0.1 s from `start`."""
    return float(np.square(wave[int(start * RATE) :][: int(0.1 * RATE)]).mean())


def _tuning(wave: np.ndarray, fundamental: float) -> tuple[float, float]:
    """(detuning, inharmonicity) for which the first 40 partials capture most of the spectrum, by grid search."""
    piece = wave[int(0.08 * RATE) : int(1.1 * RATE)]
    size = 1 << 17
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), size)) ** 0.5
    spectrum = np.maximum.reduce([np.roll(spectrum, n) for n in range(-3, 4)])
    k = np.arange(1, 41)
    roots = np.sqrt((1 + INHARMONICITIES[:, None] * k**2) / (1 + INHARMONICITIES[:, None]))
    frequencies = fundamental * DETUNINGS[:, None, None] * k * roots
    inside = frequencies < MAX_FREQUENCY
    score = (spectrum[np.minimum(frequencies * size / RATE, size // 2).astype(int)] * inside).sum(2)
    harmonic, best = score[:, 0].argmax(), np.unravel_index(score.argmax(), score.shape)
    if score[best] < INHARMONICITY_GAIN * score[harmonic, 0]:
        best = (harmonic, 0)
    return float(DETUNINGS[best[0]]), float(INHARMONICITIES[best[1]])


def _windows(wave: np.ndarray, length: int) -> np.ndarray:
    """(len(TIMES), length) samples centred on TIMES; silence before the note."""
    before = length // 2
    padded = np.pad(wave, (before, length))
    return padded[(TIMES[:, None] * RATE).astype(int) + np.arange(length)]


def _partial_levels(wave: np.ndarray, frequencies: np.ndarray, fundamental: float) -> np.ndarray:
    """(len(TIMES), HARMONICS) dB: the Fourier transform of a Hann window of two periods at each partial."""
    length = int(max(2 / fundamental, MIN_WINDOW) * RATE)
    window = np.hanning(length)
    window *= 2 / window.sum()
    phasors = np.exp(-2j * np.pi * np.outer(np.arange(length), frequencies / RATE)) * window[:, None]
    amplitude = np.abs(_windows(wave, length).astype(np.complex64) @ phasors.astype(np.complex64))
    return 20 * np.log10(np.where(frequencies < MAX_FREQUENCY, amplitude, 0) + 1e-9)


def _noise_levels(wave: np.ndarray, frequencies: np.ndarray, fundamental: float) -> np.ndarray:
    """(len(TIMES), NOISE_BANDS) dB: power halfway between the partials, per band."""
    length = int(max(4 / fundamental, MIN_WINDOW) * RATE)
    window = np.hanning(length)
    size = 1 << (2 * length - 1).bit_length()
    power = np.abs(np.fft.rfft(_windows(wave, length) * window, size)) ** 2
    power *= 2 / (np.square(window).sum() * RATE)
    above = np.arange(frequencies[-1] + fundamental, MAX_FREQUENCY, fundamental)
    edges = np.concatenate([[0], frequencies[frequencies < MAX_FREQUENCY], above])
    middles = (edges[1:] + edges[:-1]) / 2
    sampled = np.maximum(power[:, np.minimum(middles * size / RATE, size // 2).astype(int)], 1e-14)
    return np.stack([_band_level(sampled, middles, n) for n in range(NOISE_BANDS)], 1)


def _band_level(power: np.ndarray, frequencies: np.ndarray, band: int) -> np.ndarray:
    """(frames,) dB of a band, from the power per Hz (frames, n) at `frequencies` (n,)."""
    low, high = BAND_CENTRES[band] - BAND_WIDTHS[band] / 2, BAND_CENTRES[band] + BAND_WIDTHS[band] / 2
    inside = (frequencies >= low) & (frequencies < high)
    if not inside.any():
        inside = np.arange(len(frequencies)) == np.abs(frequencies - BAND_CENTRES[band]).argmin()
    return 10 * np.log10(power[:, inside].mean(1) * BAND_WIDTHS[band])
