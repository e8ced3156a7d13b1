"""Separation of a sound into harmonic, percussive and residual parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from reimagine.errors import RecipeError, unknown_name
from reimagine.media.audio.sound import Sound

HARMONIC, PERCUSSIVE, HISS = STEMS = ("harmonic", "percussive", "hiss")
"""The parts: tones; strokes, clicks and consonants; noise without either structure, such as hiss."""
HEARD_HISS = 0.5
"""Level of the hiss in the sound from which notes are transcribed: it holds the ends of tones and soft overtones."""
WINDOW = 0.093
"""Seconds of a window of the Fourier transform, rounded to a power of two of samples."""
FILTER = 31
"""Frames and bins of the median filters (Fitzgerald 2010)."""
MARGIN = 2.0
"""How many times stronger a part must be than the other to be taken for it (Driedger et al. 2014); the rest is hiss."""
BLOCK_SECONDS = 30.0
"""Seconds separated at a time; bounds the memory."""
OVERLAP_SECONDS = 2.0
"""Seconds by which blocks overlap, cross-faded in their middle half: longer than half of the median filter."""


def separate(sound: Sound) -> dict[str, Sound]:
    """The parts of a sound by name, in the order of STEMS; their sum is the sound.

    Harmonic-percussive separation by median filters with a margin (librosa), channel by channel, block by block.
    """
    parts = {name: np.zeros_like(sound.samples) for name in STEMS}
    for first, last, weights in _blocks(sound.length, sound.rate):
        for channel, samples in enumerate(sound.samples[:, first:last]):
            for name, part in zip(STEMS, _separate_block(samples, sound.rate), strict=True):
                parts[name][channel, first:last] += weights * part
    return {name: Sound(samples, sound.rate) for name, samples in parts.items()}


def tonal_sound(sound: Sound) -> Sound:
    """The sound in mono without its percussive part, and with HEARD_HISS of its hiss."""
    parts = separate(Sound(sound.mono()[None], sound.rate))
    return Sound(parts[HARMONIC].samples + np.float32(HEARD_HISS) * parts[HISS].samples, sound.rate)


def parse_levels(text: str) -> dict[str, float]:
    """Levels of stems, such as "percussive,hiss=0.2": {"percussive": 1.0, "hiss": 0.2}; "" has none.

    Raises:
        RecipeError: a stem does not exist (the nearest name is offered), or a level is not a number from 0 to 1.
    """
    levels: dict[str, float] = {}
    for entry in text.split(",") if text.strip() else ():
        name, _, level = (part.strip().lower() for part in entry.partition("="))
        if name not in STEMS:
            raise RecipeError(unknown_name("stem", name, STEMS))
        if not re.fullmatch(r"(0|1|0?\.\d+|[01]\.\d*)?", level) or float(level or 1) > 1:
            raise RecipeError(f"--keep-stems {entry.strip()}: {level!r} is not a level; give {name}=0 to {name}=1")
        levels[name] = float(level or 1)
    return levels


def _blocks(length: int, rate: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """(first sample, last + 1, weight of each sample) of overlapping blocks; weights add up to 1."""
    hop, overlap = int((BLOCK_SECONDS - OVERLAP_SECONDS) * rate), int(OVERLAP_SECONDS * rate)
    ramp = np.clip(np.linspace(-0.5, 1.5, overlap, dtype=np.float32), 0, 1)
    for first in range(0, max(1, length - overlap), hop):
        last = min(length, first + hop + overlap)
        weights = np.ones(last - first, np.float32)
        if first:
            weights[:overlap] = ramp
        if last < length:
            weights[-overlap:] = 1 - ramp
        yield first, last, weights


def _separate_block(samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parts of samples (n,), in the order of STEMS, (n,) float32 each."""
    from librosa import istft, stft
    from librosa.decompose import hpss

    size = 1 << round(np.log2(WINDOW * rate))
    if len(samples) < size or not samples.any():
        return samples, np.zeros_like(samples), np.zeros_like(samples)
    spectrum = stft(samples, n_fft=size)
    parts = hpss(spectrum, kernel_size=FILTER, margin=MARGIN)
    harmonic, percussive = (istft(part, length=len(samples)) for part in parts)
    return harmonic, percussive, samples - harmonic - percussive
