"""Detection of speech in a film's own sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Sound

RATE = 48000
"""Hz. Sample rate of the sound."""
ENVELOPE_RATE = 100
"""Hz. Sample rate of the envelopes from which speech is detected."""
HOP = RATE // ENVELOPE_RATE
"""Samples per envelope sample."""
MIN_SPEECH_FRAMES = 150
"""Envelope samples (1.5 s) below which nothing is detected: the filters need that much."""
SPEECH_BAND = (300, 3400)
"""Hz. The band of telephone speech."""
VOWEL_BAND = (300, 1000)
"""Hz. Low part of speech, strong in vowels."""
CONSONANT_BAND = (2000, 5000)
"""Hz. High part of speech, strong in consonants."""
SYLLABLE_BAND = (2.5, 8)
"""Hz. Modulation frequencies of syllables, about 4 Hz."""
SMOOTHING = 40
"""Envelope samples (0.4 s) over which the result is averaged, so that the music's level does not pump."""
MARGIN = RATE
"""Samples around a block that its filtered samples depend on: the filters' responses end within 0.1 s."""
PIECE = 1000 * HOP
"""Samples that are filtered at once, 10 s."""


@dataclass(frozen=True)
class SpeechStrength:
    """Strength of speech, 0..1, at envelope samples (n,); none: 0 everywhere."""

    strength: np.ndarray

    def at(self, first: int, last: int) -> np.ndarray:
        """The strength at samples `first` to `last` (exclusive) of the sound, (n,) float32."""
        import numpy as np

        if not len(self.strength):
            return np.zeros(last - first, np.float32)
        times = (np.arange(len(self.strength)) + 0.5) * HOP
        return np.interp(np.arange(first, last), times, self.strength).astype(np.float32)


def detect_speech(sound: Sound) -> SpeechStrength:
    """Probability-like strength of speech in a sound at RATE.

    Speech is modulated by syllables at about 4 Hz, and its spectral balance changes as fast, between vowels and
    consonants (Scheirer & Slaney 1997). Music keeps its spectral balance from note to note.
    """
    import numpy as np
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import butter, sosfiltfilt

    if sound.length // HOP < MIN_SPEECH_FRAMES:
        return SpeechStrength(np.zeros(0))
    level, vowels, consonants = _band_levels(sound)
    mean = uniform_filter1d(level, ENVELOPE_RATE)
    syllables = sosfiltfilt(butter(2, SYLLABLE_BAND, "band", fs=ENVELOPE_RATE, output="sos"), level)
    balance = np.log((consonants + 1e-5) / (vowels + 1e-5))
    strength = np.clip((_moving_deviation(syllables) / (mean + 1e-4) - 0.25) / 0.15, 0, 1)
    strength *= np.clip((_moving_deviation(balance) - 0.45) / 0.12, 0, 1) * (mean > 0.1 * np.percentile(level, 95))
    return SpeechStrength(uniform_filter1d(strength, SMOOTHING))


def _band_levels(sound: Sound) -> np.ndarray:
    """Root mean square per HOP samples of the three bands: speech, vowels, consonants, (3, n)."""
    import numpy as np
    from scipy.signal import butter, sosfiltfilt

    filters = [butter(2, b, "band", fs=RATE, output="sos") for b in (SPEECH_BAND, VOWEL_BAND, CONSONANT_BAND)]
    levels, whole = [], sound.length // HOP * HOP
    for first in range(0, whole, PIECE):
        last = min(first + PIECE, whole)
        before = min(first, MARGIN)
        mono = sound.piece(first - before, last + MARGIN).mean(0)
        squares = [np.square(sosfiltfilt(f, mono)[before : before + last - first]) for f in filters]
        levels.append(np.sqrt(np.reshape(squares, (len(filters), -1, HOP)).mean(2)))
    return np.concatenate(levels, 1)


def _moving_deviation(values: np.ndarray) -> np.ndarray:
    """Standard deviation over windows of one second of an envelope (n,)."""
    import numpy as np
    from scipy.ndimage import uniform_filter1d

    variance = uniform_filter1d(values**2, ENVELOPE_RATE) - uniform_filter1d(values, ENVELOPE_RATE) ** 2
    return np.sqrt(np.maximum(variance, 0))
