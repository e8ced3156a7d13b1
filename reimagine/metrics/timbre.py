"""What one hears of an instrument: is it in tune, is it there, how near is it to the real one?"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from reimagine.media.notes import Note, Notes
from reimagine.media.sound import Sound
from reimagine.metrics.notes import note_scores

LONG, STEP = 1.0, 2.0
"""Seconds of a note, and from one to the next, of the scale that is judged."""


def scale(low: int = 24, high: int = 84, velocity: int = 90) -> Notes:
    pitches = enumerate(range(low, high + 1))
    return Notes(tuple(Note(n * STEP, n * STEP + LONG, p, velocity) for n, p in pitches))


def timbre_scores(
    play: Callable[[Notes], Sound], real: Sound | None = None, hear: Callable[[Sound], Notes] | None = None
) -> dict[str, float]:
    """An instrument on the scale: share of notes in tune (within 50 cents, by pYIN), notes that are silent or
    not numbers, range of loudness, real-time factor; how far it is from the `real` instrument on the same
    scale, and the F1 of the notes that a transcriber can `hear` in it."""
    notes = scale()
    begun = time.monotonic()
    sound = play(notes)
    took = time.monotonic() - begun
    mono = sound.mono()
    pieces = [mono[int(n.start * sound.rate) : int(n.end * sound.rate)] for n in notes]
    power = np.array([float(np.square(p).mean()) if len(p) else 0.0 for p in pieces])
    told = {
        "in_tune": tuning_error(sound, notes),
        "silent": float((power < 1e-9).sum()),
        "broken": float(np.count_nonzero(~np.isfinite(sound.samples))),
        "clipped": float(np.count_nonzero(np.abs(sound.samples) > 1)),
        "loudness_range_db": float(np.ptp(10 * np.log10(np.maximum(power, 1e-9)))),
        "times_real_time": sound.seconds / took,
    }
    if real is not None:
        told["apart_db"] = spectral_distance(sound, real)
    if hear is not None:
        told["heard_again"] = note_scores(hear(sound), notes)["f1"]
    return told


def tuning_error(sound: Sound, notes: Notes) -> float:
    """Share of notes whose pitch, by pYIN in the middle of the note, is within 50 cents of the asked one."""
    import librosa

    rate, hop = 22050, 512
    samples = sound.at_rate(rate).mono()
    right = 0
    for note in notes:
        first, last = int((note.start + 0.15) * rate), int(min(note.end, note.start + 0.8) * rate)
        size = 8192 if note.pitch < 36 else 4096 if note.pitch < 48 else 2048
        heard, _, _ = librosa.pyin(
            samples[first:last], fmin=27, fmax=1400, sr=rate, hop_length=hop, frame_length=size, resolution=0.2
        )
        if not np.isfinite(heard).any():
            continue
        pitch = librosa.hz_to_midi(np.median(heard[np.isfinite(heard)]))
        right += abs(pitch - note.pitch) <= 0.5
    return right / len(notes)


def spectral_distance(made: Sound, real: Sound) -> float:
    """Distance of log mel spectra in dB, each at its own level, where either is within 60 dB of its peak."""
    import librosa

    length = min(made.seconds, real.seconds)
    levels = []
    for sound in (made, real):
        samples = sound.at_rate(22050).mono()[: int(length * 22050)]
        mel = librosa.feature.melspectrogram(y=samples, sr=22050, n_fft=2048, hop_length=512, n_mels=96)
        levels.append(librosa.power_to_db(mel, ref=np.max, top_db=None))
    a, b = (level[:, : min(x.shape[1] for x in levels)] for level in levels)
    heard = np.maximum(a, b) > -60
    return float(np.sqrt(np.square(np.maximum(a, -70) - np.maximum(b, -70))[heard].mean()))
