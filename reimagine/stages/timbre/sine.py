"""Additive synthesis with a few fixed harmonics: the timbre without weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import Range
from reimagine.stages.contract import Counts, SynthesisModel, Synthesizer

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Note, Notes, Sound

RATE = 48000
"""Hz. Sample rate of the result."""
ATTACK = 0.012
"""Seconds of linear fade-in; short enough for a plucked sound, long enough for no click."""
DECAY = 0.6
"""Per second and harmonic number: amplitudes fall as exp(-DECAY n t), so higher harmonics decay faster."""
ROLL_OFF = 1.6
"""Exponent: the n-th harmonic has the amplitude n ** -ROLL_OFF; that of a soft organ pipe."""
MAX_FREQUENCY = RATE / 2.2
"""Hz. Harmonics above are left out, just below the Nyquist frequency."""
PEAK = 0.5
"""Peak amplitude of the result; the mix sets the final level."""


@dataclass(frozen=True)
class Sine(SynthesisModel):
    """Additive synthesis: a few harmonics with an attack and a decay. Follows pitch bends."""

    harmonics: Annotated[int, "Harmonics per note; more are brighter", Range(1, 64)] = 5
    release: Annotated[float, "Seconds of fade-out after a note's end", Range(0, 60)] = 0.15
    version: ClassVar[int] = 2

    def load(self, device: str) -> Synthesizer:
        """Notes in, 48 kHz mono sound with a peak of 0.5 out."""
        import numpy as np

        from reimagine.media.audio.samples import store
        from reimagine.stages.timbre.accumulation import accumulated

        def synthesize(notes: Notes, counts: Counts | None = None, /) -> Sound:
            length = int((notes.seconds + self.release) * RATE) + RATE // 10
            ordered = sorted(notes, key=lambda note: note.start)
            waves = ((int(note.start * RATE), note_wave(note, self.harmonics, self.release)) for note in ordered)
            sound = store(accumulated(waves, length, 1), RATE, 1)
            peak = max(float(np.abs(block).max()) for block in sound.blocks()) or 1.0
            return sound.mapped(lambda block, _: block * np.float32(PEAK / max(peak, 1e-9)))

        return synthesize


def note_wave(note: Note, harmonics: int, release: float) -> np.ndarray:
    """The wave of one note with its release, (n,) float64 at RATE; amplitude by velocity."""
    import numpy as np

    from reimagine.stages.timbre.additive import hertz
    from reimagine.stages.timbre.pitch_bend import highest_ratio, is_bent, unbent_time

    length = int((note.end - note.start + release) * RATE)
    time = np.arange(length) / RATE
    unbent = unbent_time(note, length, RATE) if is_bent(note) else time
    fundamental = hertz(note.pitch)
    used = [n for n in range(1, harmonics + 1) if n * fundamental * highest_ratio(note) < MAX_FREQUENCY]
    partials = (np.sin(2 * np.pi * fundamental * n * unbent) * np.exp(-DECAY * n * time) / n**ROLL_OFF for n in used)
    wave = sum(partials, np.zeros(length)) * np.minimum(1, time / ATTACK)
    fade = max(1, min(length, int(release * RATE)))
    wave[-fade:] *= np.linspace(1, 0, fade)
    return wave * (note.velocity / 127) ** 1.5
