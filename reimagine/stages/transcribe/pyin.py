"""One melody line by probabilistic YIN (Mauch & Dixon 2014); the baseline without weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Notes, Sound


@dataclass(frozen=True)
class Pyin:
    """Transcribe the strongest melody: singing, a solo instrument, a tune over soft chords."""

    lowest: Annotated[int, "Lowest note looked for (MIDI number; 36 is C2)"] = 40
    highest: Annotated[int, "Highest note looked for (MIDI number; 96 is C7)"] = 88
    shortest: Annotated[float, "Shorter notes are dropped, in seconds"] = 0.08
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Sound], Notes]:
        """Sound in, notes out."""
        import librosa
        import numpy as np

        from reimagine.media import Note, Notes

        rate, hop = 22050, 512

        def hear(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            """Pitch (MIDI, NaN where unvoiced) and loudness (dB) of every hop."""
            low, high = librosa.midi_to_hz([self.lowest, self.highest])
            hertz, _, _ = librosa.pyin(samples, fmin=low, fmax=high, sr=rate, hop_length=hop, resolution=0.2)
            loud = librosa.amplitude_to_db(librosa.feature.rms(y=samples, hop_length=hop)[0])
            return librosa.hz_to_midi(hertz), loud[: len(hertz)]

        def notes_of(pitch: np.ndarray, loud: np.ndarray) -> list[Note]:
            """Runs of the same semitone; a sudden rise of loudness strikes the note again."""
            semitone = np.where(np.isnan(pitch) | (loud < loud.max() - 45), -1, np.round(pitch))
            struck = np.diff(loud, prepend=loud[:1]) > 6
            edges = np.flatnonzero((np.diff(semitone, prepend=-2) != 0) | struck)
            found = []
            for a, b in zip(edges, [*edges[1:], len(semitone)], strict=True):
                if semitone[a] < 0 or (b - a) * hop / rate < self.shortest:
                    continue
                force = int(np.clip(100 + 1.5 * (loud[a:b].max() - loud.max()), 20, 115))
                found.append(Note(a * hop / rate, b * hop / rate, int(semitone[a]), force))
            return found

        def transcribe(sound: Sound) -> Notes:
            samples = sound.at_rate(rate).mono()
            if len(samples) < 4 * 2048 or np.abs(samples).max() < 1e-4:
                return Notes(())
            tempo = float(np.atleast_1d(librosa.feature.tempo(y=samples, sr=rate))[0])
            return Notes(tuple(notes_of(*hear(samples))), tempo or 120.0)

        return transcribe
