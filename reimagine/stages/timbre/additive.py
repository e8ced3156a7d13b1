"""Harmonics-plus-noise synthesis (Serra & Smith 1990): a note from the levels of its partials and noise bands.

The partials of a note without bends have constant frequencies, so a frame of sound is a sum of fixed windowed
sinusoids: one matrix product for all frames. A note with bends is synthesized in the same way and then resampled along
its bends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reimagine.media import Note
from reimagine.stages.timbre.pitch_bend import highest_ratio, is_bent, resample_at, unbent_time

HARMONICS = 96
"""Partials per note: up to 9 kHz for a note of 94 Hz. Part of the network's architecture."""
NOISE_BANDS = 32
"""Bands of noise, geometrically spaced. Part of the network's architecture."""
FLOOR_DB = -100.0
"""dB. The level that stands for silence."""
AUDIBLE_DB = 6
"""dB. Levels less than this above the floor are silence."""
RATE = 48000
"""Hz. Sample rate of the synthesis."""
HOP = 256
"""Samples from one synthesis frame to the next (5.3 ms); windows are twice as long."""
MAX_FREQUENCY = 0.45 * RATE
"""Hz. Partials above are left out; they are inaudible and close to aliasing."""
LOOP_START = 1.4
"""Seconds. From here on the attack is over, and the envelopes may be repeated."""
LOOP_END = 2.9
"""Seconds. End of the repeated part; the measured envelopes end at 3.0 s."""
MIN_SECONDS = 0.03
"""Seconds. Shorter notes get the envelope of this length, or their attack would not be audible."""
RELEASE_DB = 50
"""dB. The release lasts until the level has dropped by this much."""
MAX_RELEASE = 2.5
"""Seconds. Longest release."""
RELEASE_MARGIN = 0.02
"""Seconds added to every release, so that it ends below the audible level."""


def _frame_times() -> np.ndarray:
    """(112,) seconds: steps of 4 ms at the attack, about 30 ms later, up to 3 s."""
    steps = np.minimum(0.004 * 1.1 ** np.arange(111), 0.03)
    steps[21:] *= (3.0 - steps[:21].sum()) / steps[21:].sum()
    return np.concatenate([[0], np.cumsum(steps)])


TIMES = _frame_times()
"""(112,) seconds at which envelopes are sampled."""
BAND_EDGES = np.geomspace(50, 19000, NOISE_BANDS + 1)
"""(NOISE_BANDS + 1,) Hz; the range in which instruments have audible noise."""
BAND_CENTRES = np.sqrt(BAND_EDGES[1:] * BAND_EDGES[:-1])
"""(NOISE_BANDS,) Hz, geometric centres."""
BAND_WIDTHS = np.diff(BAND_EDGES)
"""(NOISE_BANDS,) Hz."""


@dataclass(frozen=True)
class PartialEnvelopes:
    """The sound of one note.

    Attributes:
        levels: (HARMONICS + NOISE_BANDS, len(TIMES)) float32, dB.
        inharmonicity: B of a stiff string, whose partials are at k f0 sqrt(1 + B k^2).
        release_rate: dB per second by which the level drops after the note's end.
    """

    levels: np.ndarray
    inharmonicity: float
    release_rate: float


def hertz(pitch: float) -> float:
    """Frequency of a MIDI pitch in equal temperament, A4 = 440 Hz."""
    return 440 * 2 ** ((pitch - 69) / 12)


def partial_frequencies(fundamental: float, inharmonicity: float) -> np.ndarray:
    """(HARMONICS,) Hz: the partials of a stiff string, scaled so that the first is at `fundamental`."""
    k = np.arange(1, HARMONICS + 1)
    return fundamental * k * np.sqrt((1 + inharmonicity * k**2) / (1 + inharmonicity))


def synthesize(envelopes: PartialEnvelopes, note: Note, rng: np.random.Generator) -> np.ndarray:
    """The wave of a note with its release, (n,) float32 at RATE. The note's velocity is part of the envelopes.

    Args:
        rng: source of the noise.
    """
    seconds = note.end - note.start
    release = min(RELEASE_DB / envelopes.release_rate, MAX_RELEASE) + RELEASE_MARGIN
    frames = int(np.ceil((seconds + release) * RATE / HOP)) + 1
    amplitudes = _amplitudes(envelopes, np.arange(frames) * HOP / RATE, seconds)
    noise = amplitudes[HARMONICS:]
    noise[0.75 * hertz(note.pitch) > BAND_CENTRES] = 0  # below the fundamental the analysis measured its own leakage
    if is_bent(note):
        tones = _bent_sinusoids(envelopes, note, frames)
    else:
        frequencies = partial_frequencies(hertz(note.pitch), envelopes.inharmonicity)
        tones = _sinusoids(amplitudes[:HARMONICS], frequencies, MAX_FREQUENCY)
    return tones + _noise(noise, rng)


def _amplitudes(envelopes: PartialEnvelopes, time: np.ndarray, seconds: float) -> np.ndarray:
    """(HARMONICS + NOISE_BANDS, n) float32 amplitudes at `time` of a note of `seconds`; 0 at the last."""
    levels = sustain_loop(envelopes.levels, np.minimum(time, max(seconds, MIN_SECONDS)))
    levels -= (np.maximum(time - seconds, 0) * envelopes.release_rate).astype(np.float32)
    amplitudes = np.where(levels > FLOOR_DB + AUDIBLE_DB, 10 ** (levels / 20), 0).astype(np.float32)
    amplitudes[:, -1] = 0
    return amplitudes


def sustain_loop(levels: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Sustain loop: envelopes at any time.

    After LOOP_END the part since LOOP_START is repeated, alternately backwards and forwards, on top of its linear
    trend; a rising trend is not continued.

    Args:
        levels: (channels, len(TIMES)) dB.
        time: (n,) seconds.

    Returns:
        (channels, n) float32, dB.
    """
    loop = (TIMES >= LOOP_START) & (TIMES <= LOOP_END)
    centred = TIMES[loop] - TIMES[loop].mean()
    slope = (levels[:, loop] @ centred / np.square(centred).sum()).astype(np.float32)
    beyond = np.maximum(time - LOOP_END, 0)
    span = LOOP_END - LOOP_START
    back = span - np.abs((beyond + span) % (2 * span) - span) if beyond.any() else 0 * beyond
    inside = np.where(beyond > 0, LOOP_END - np.minimum(back, span), time)
    index = np.clip(np.searchsorted(TIMES, inside, "right") - 1, 0, len(TIMES) - 2)
    fraction = ((inside - TIMES[index]) / (TIMES[index + 1] - TIMES[index])).astype(np.float32)
    sampled = levels[:, index] * (1 - fraction) + levels[:, index + 1] * fraction
    detrended = slope[:, None] * (LOOP_END - inside).clip(0) * (beyond > 0)
    return (sampled + detrended + np.minimum(slope, 0)[:, None] * beyond).astype(np.float32)


def _bent_sinusoids(envelopes: PartialEnvelopes, note: Note, frames: int) -> np.ndarray:
    """The partials of a note with bends, (frames * HOP,) float32.

    The partials are synthesized at constant frequencies on a time axis that advances in proportion to the
    frequency ratio, with their amplitudes sampled on that axis, and then resampled to even times.
    """
    unbent = unbent_time(note, frames * HOP, RATE)
    count = int(np.ceil(unbent[-1] * RATE / HOP)) + 2
    time = np.interp(np.arange(count) * HOP / RATE, unbent, np.arange(frames * HOP) / RATE)
    amplitudes = _amplitudes(envelopes, time, note.end - note.start)[:HARMONICS]
    frequencies = partial_frequencies(hertz(note.pitch), envelopes.inharmonicity)
    wave = _sinusoids(amplitudes, frequencies, MAX_FREQUENCY / max(1.0, highest_ratio(note)))
    return resample_at(wave, unbent * RATE)


def _sinusoids(amplitudes: np.ndarray, frequencies: np.ndarray, highest: float) -> np.ndarray:
    """Sum of sinusoids, (frames * HOP,) float32.

    Args:
        amplitudes: (HARMONICS, frames).
        frequencies: (HARMONICS,) Hz; those from `highest` on are left out.
    """
    used = (frequencies < highest) & (amplitudes.max(1) > 0)
    frequencies, amplitudes = frequencies[used], amplitudes[used]
    angle = 2 * np.pi * frequencies / RATE
    phase = 2.4 * np.arange(len(frequencies)) ** 2  # quadratic phases keep the peaks of the sum low
    frames = np.arange(amplitudes.shape[1])
    phasors = amplitudes * np.exp(1j * (phase[:, None] + angle[:, None] * HOP * frames)).astype(np.complex64)
    window = np.hanning(2 * HOP + 1)[:-1]
    basis = (np.exp(1j * np.outer(angle, np.arange(-HOP, HOP))) * window).astype(np.complex64)
    return overlap_add(phasors.real.T @ basis.real - phasors.imag.T @ basis.imag)


def _noise(amplitudes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White noise filtered to the bands' amplitudes (NOISE_BANDS, frames), (frames * HOP,) float32."""
    size = 2 * HOP
    bins = np.fft.rfftfreq(size, 1 / RATE)
    density = (amplitudes / np.sqrt(BAND_WIDTHS)[:, None]).T
    position = np.interp(np.log(np.maximum(bins, 20)), np.log(BAND_CENTRES), np.arange(NOISE_BANDS))
    lower = np.minimum(position.astype(int), NOISE_BANDS - 2)
    fraction = (position - lower).astype(np.float32)
    gain = density[:, lower] * (1 - fraction) + density[:, lower + 1] * fraction
    white = rng.standard_normal((amplitudes.shape[1], size), np.float32)
    filtered = np.fft.irfft(np.fft.rfft(white) * gain * np.sqrt(RATE / 2), size)
    return overlap_add(filtered * np.sin(np.pi * (np.arange(size) + 0.5) / size))


def overlap_add(frames: np.ndarray) -> np.ndarray:
    """Overlap-add of frames (n, 2 * HOP) at a hop of HOP, the first centred on sample 0: (n * HOP,) float32."""
    first, second = frames[:, :HOP], frames[:, HOP:]
    total = second.copy()
    total[:-1] += first[1:]
    return total.ravel().astype(np.float32)
