"""A soft organ of sines: the timbre without weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Notes, Sound


@dataclass(frozen=True)
class Sine:
    """Additive synthesis: a few harmonics under an attack and a decay."""

    harmonics: Annotated[int, "Overtones of each note; more is brighter"] = 5
    release: Annotated[float, "Seconds a note rings on after its end"] = 0.15
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Notes], Sound]:
        """Notes in, 48 kHz mono sound out."""
        import numpy as np

        from reimagine.media import Note, Sound

        rate = 48000

        def played(note: Note) -> np.ndarray:
            length = int((note.end - note.start + self.release) * rate)
            time = np.arange(length) / rate
            hertz = 440 * 2 ** ((note.pitch - 69) / 12)
            parts = [n for n in range(1, self.harmonics + 1) if n * hertz < rate / 2.2]
            wave = sum(np.sin(2 * np.pi * hertz * n * time) * np.exp(-0.6 * n * time) / n**1.6 for n in parts)
            fade = max(1, min(length, int(self.release * rate)))
            wave = wave * np.minimum(1, time / 0.012)
            wave[-fade:] *= np.linspace(1, 0, fade)
            return wave * (note.velocity / 127) ** 1.5

        def play(notes: Notes) -> Sound:
            sound = np.zeros(int((notes.seconds + self.release) * rate) + rate // 10)
            for note in notes:
                wave, at = played(note), int(note.start * rate)
                sound[at : at + len(wave)] += wave[: len(sound) - at]
            peak = np.abs(sound).max() or 1.0
            return Sound((sound / max(peak, 1e-9) * 0.5).astype(np.float32)[None], rate)

        return play
