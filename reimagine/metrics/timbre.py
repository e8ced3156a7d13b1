"""Timbre metrics: intonation, audibility, spectral distance to a recorded instrument."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from reimagine.media.audio.sound import Sound
from reimagine.media.midi.notes import Note, Notes
from reimagine.metrics.notes import note_scores

NOTE_SECONDS = 1.0
"""Seconds of each note of the measured scale."""
STEP_SECONDS = 2.0
"""Seconds from one note of the scale to the next; the release ends in between."""
SILENT_POWER = 1e-9
"""Mean power (-90 dB) below which a note is silent."""
RATE = 22050
"""Hz. Sample rate of the measurements."""
HOP = 512
"""Samples from one window to the next."""
DYNAMIC_RANGE = 60
"""dB below a spectrogram's peak up to which levels are compared."""
LEVEL_FLOOR = -70
"""dB below the peak to which lower levels are raised, so that inaudible differences count little."""


def scale(low: int = 24, high: int = 84, velocity: int = 90) -> Notes:
    """A chromatic scale from MIDI pitch `low` to `high`, separated by silence."""
    pitches = enumerate(range(low, high + 1))
    return Notes(tuple(Note(n * STEP_SECONDS, n * STEP_SECONDS + NOTE_SECONDS, p, velocity) for n, p in pitches))


def timbre_scores(
    synthesize: Callable[[Notes], Sound],
    reference: Sound | None = None,
    transcribe: Callable[[Sound], Notes] | None = None,
) -> dict[str, float]:
    """Scores of an instrument on the scale.

    Args:
        synthesize: the instrument.
        reference: the recorded instrument on the same scale, for `spectral_distance_db`.
        transcribe: a transcriber, for `transcription_f1`.

    Returns:
        `in_tune` (share of notes within 50 cents), `silent` (notes), `non_finite` and `clipped` (samples),
        `loudness_range_db`, `times_real_time`, and those that the arguments select.
    """
    notes = scale()
    started = time.monotonic()
    sound = synthesize(notes)
    seconds = time.monotonic() - started
    mono = sound.mono()
    pieces = [mono[int(n.start * sound.rate) : int(n.end * sound.rate)] for n in notes]
    power = np.array([float(np.square(piece).mean()) if len(piece) else 0.0 for piece in pieces])
    scores = {
        "in_tune": share_in_tune(sound, notes),
        "silent": float((power < SILENT_POWER).sum()),
        "non_finite": float(np.count_nonzero(~np.isfinite(sound.samples))),
        "clipped": float(np.count_nonzero(np.abs(sound.samples) > 1)),
        "loudness_range_db": float(np.ptp(10 * np.log10(np.maximum(power, SILENT_POWER)))),
        "times_real_time": sound.seconds / seconds,
    }
    if reference is not None:
        scores["spectral_distance_db"] = spectral_distance(sound, reference)
    if transcribe is not None:
        scores["transcription_f1"] = note_scores(transcribe(sound), notes)["f1"]
    return scores


def share_in_tune(sound: Sound, notes: Notes) -> float:
    """Share of notes whose median pitch (pYIN, without attack and release) is within 50 cents of the note's."""
    import librosa

    samples = sound.at_rate(RATE).mono()
    in_tune = 0
    for note in notes:
        first, last = int((note.start + 0.15) * RATE), int(min(note.end, note.start + 0.8) * RATE)
        window = 8192 if note.pitch < 36 else 4096 if note.pitch < 48 else 2048
        frequency, _, _ = librosa.pyin(
            samples[first:last], fmin=27, fmax=1400, sr=RATE, hop_length=HOP, frame_length=window, resolution=0.2
        )
        if not np.isfinite(frequency).any():
            continue
        pitch = librosa.hz_to_midi(np.median(frequency[np.isfinite(frequency)]))
        in_tune += abs(pitch - note.pitch) <= 0.5
    return in_tune / len(notes)


def spectral_distance(sound: Sound, reference: Sound) -> float:
    """Root mean square distance in dB of the log mel spectrograms, where either is within DYNAMIC_RANGE of its peak.

    Each spectrogram is relative to its own peak; the longer sound is cut to the length of the shorter.
    """
    import librosa

    length = min(sound.seconds, reference.seconds)
    levels = []
    for each in (sound, reference):
        samples = each.at_rate(RATE).mono()[: int(length * RATE)]
        mel = librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=2048, hop_length=HOP, n_mels=96)
        levels.append(librosa.power_to_db(mel, ref=np.max, top_db=None))
    a, b = (level[:, : min(x.shape[1] for x in levels)] for level in levels)
    audible = np.maximum(a, b) > -DYNAMIC_RANGE
    difference = np.maximum(a, LEVEL_FLOOR) - np.maximum(b, LEVEL_FLOOR)
    return float(np.sqrt(np.square(difference)[audible].mean()))
