"""The transcription model `pyin`: one melody line by probabilistic YIN (Mauch & Dixon 2014), without weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.errors import StageError
from reimagine.options import Range
from reimagine.stages.contract import Counts, Transcriber, TranscriptionModel

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Note, Notes, Sound

RATE = 22050
"""Hz. Sample rate of the analysis."""
HOP = 512
"""Samples per frame (23 ms)."""
MIN_SAMPLES = 4 * 2048
"""Samples. Shorter sounds have no notes: pYIN needs a few windows of 2048."""
SILENCE = 1e-4
"""Peak amplitude (full scale is 1) below which a sound has no notes."""
PITCH_RESOLUTION = 0.2
"""Semitones between pYIN's pitch candidates; finer is slower."""
DYNAMIC_RANGE = 45
"""dB below the loudest frame from which on frames are silent."""
ONSET_RISE = 6
"""dB by which the level must rise from one frame to the next for a note to be struck again."""
LOUDEST_VELOCITY = 100
"""MIDI velocity of the loudest note."""
VELOCITY_PER_DB = 1.5
"""MIDI velocity per dB."""


@dataclass(frozen=True)
class Pyin(TranscriptionModel):
    """Transcribe the strongest melody: singing, a solo instrument, a tune over soft chords."""

    lowest: Annotated[int, "Lowest pitch (MIDI number; 36 is C2)", Range(0, 127)] = 40
    highest: Annotated[int, "Highest pitch (MIDI number; 96 is C7)", Range(0, 127)] = 88
    shortest: Annotated[float, "Drop notes shorter than this, in seconds", Range(0, 60)] = 0.08
    stems: Annotated[bool, "Transcribe tones only: clicks and percussion are removed, and most of the hiss"] = False
    version: ClassVar[int] = 1
    realtime_factor: ClassVar[float] = 3.0

    def check(self) -> None:
        """Refuse an empty range of pitches."""
        if not 0 <= self.lowest < self.highest <= 127:
            raise StageError(
                f"transcribe: --lowest {self.lowest} --highest {self.highest}; give MIDI numbers, the lowest first"
            )

    def load(self, device: str) -> Transcriber:
        """Sound in, notes out."""
        import librosa
        import numpy as np

        from reimagine.media import Notes
        from reimagine.media.audio.stems import tonal_sound

        def transcribe(sound: Sound, counts: Counts | None = None, /) -> Notes:
            samples = (tonal_sound(sound) if self.stems else sound).at_rate(RATE).mono()
            if len(samples) < MIN_SAMPLES or np.abs(samples).max() < SILENCE:
                return Notes(())
            tempo = float(np.atleast_1d(librosa.feature.tempo(y=samples, sr=RATE))[0])
            pitch, level = track_pitch(samples, self.lowest, self.highest)
            return Notes(tuple(segment_notes(pitch, level, self.shortest)), tempo or 120.0)

        return transcribe


def track_pitch(samples: np.ndarray, lowest: int, highest: int) -> tuple[np.ndarray, np.ndarray]:
    """MIDI pitch (fractional, NaN where unvoiced) and level (dB) of every frame, (frames,) each."""
    import librosa

    low, high = librosa.midi_to_hz([lowest, highest])
    frequency, _, _ = librosa.pyin(samples, fmin=low, fmax=high, sr=RATE, hop_length=HOP, resolution=PITCH_RESOLUTION)
    level = librosa.amplitude_to_db(librosa.feature.rms(y=samples, hop_length=HOP)[0])
    return librosa.hz_to_midi(frequency), level[: len(frequency)]


def segment_notes(pitch: np.ndarray, level: np.ndarray, shortest: float) -> list[Note]:
    """Notes from a pitch track: runs of the same semitone, divided where the level rises by ONSET_RISE."""
    import numpy as np

    from reimagine.media import Note

    semitone = np.where(np.isnan(pitch) | (level < level.max() - DYNAMIC_RANGE), -1, np.round(pitch))
    struck = np.diff(level, prepend=level[:1]) > ONSET_RISE
    edges = np.flatnonzero((np.diff(semitone, prepend=-2) != 0) | struck)
    notes = []
    for first, last in zip(edges, [*edges[1:], len(semitone)], strict=True):
        if semitone[first] < 0 or (last - first) * HOP / RATE < shortest:
            continue
        loudness = level[first:last].max() - level.max()
        velocity = int(np.clip(LOUDEST_VELOCITY + VELOCITY_PER_DB * loudness, 20, 115))
        notes.append(Note(first * HOP / RATE, last * HOP / RATE, int(semitone[first]), velocity))
    return notes
