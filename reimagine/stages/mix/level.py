"""The mix model `level`: the new music at a target loudness, over a share of the film's own sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import SHARES, Range
from reimagine.stages.contract import Mixer, MixModel

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Sound

RATE = 48000
"""Hz. Sample rate of the result."""
CEILING = 10 ** (-1 / 20)
"""Highest true peak: -1 dBTP (EBU R 128)."""
DUCKED = 0.3
"""Gain of the music (-10 dB) while somebody speaks in a fully kept original."""
LOOK_AHEAD = RATE // 250
"""Samples (4 ms) before and after a peak in which the limiter changes its gain."""
MIN_SECONDS = 0.5
"""Seconds. The loudness of shorter sounds is not measured: BS.1770 uses blocks of 0.4 s."""
MAX_GAIN = 100.0
"""Gain (40 dB) up to which a quiet sound is amplified; beyond that it is mostly noise."""
ENVELOPE_RATE = 100
"""Hz. Sample rate of the envelopes from which speech is detected."""
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


@dataclass(frozen=True)
class Level(MixModel):
    """Loudness by ITU-R BS.1770, 48 kHz stereo, exactly as long as the film, no clipping."""

    loudness: Annotated[float, "Loudness of the result, in LUFS", Range(-60, 0)] = -16.0
    keep_original: Annotated[float, "Share of the film's own sound to keep", SHARES] = 0.0
    keep_stems: Annotated[
        str, "Parts of the film's own sound to keep, with levels: percussive, harmonic=0.3,hiss=0.1 [default: all]"
    ] = ""
    duck: Annotated[bool, "Lower the music while somebody speaks in the original sound"] = True
    version: ClassVar[int] = 2

    def check(self) -> None:
        """Refuse unknown stems and impossible levels."""
        from reimagine.media.stems import parse_levels

        parse_levels(self.keep_stems)

    def load(self, device: str) -> Mixer:
        """(the film's own sound, the new one) in; one sound as long as the first out."""
        import numpy as np

        from reimagine.media import Sound
        from reimagine.media.stems import parse_levels

        levels = parse_levels(self.keep_stems)
        share = self.keep_original or float(bool(levels))

        def mix(original: Sound, new: Sound, /) -> Sound:
            length = round(original.seconds * RATE)
            music = normalize_loudness(new.at_rate(RATE).stereo().fit_length(length).samples, self.loudness)
            if share > 0:
                own = normalize_loudness(original.at_rate(RATE).stereo().fit_length(length).samples, self.loudness)
                if self.duck:
                    music = music * (1 - (1 - DUCKED) * share * detect_speech(own))
                own = kept_stems(own, levels) if levels else own
                both = music * np.float32(1 - share / 2) + own * np.float32(share)
                music = normalize_loudness(both, self.loudness)
            return Sound(limit_peaks(music), RATE)

        return mix


def kept_stems(samples: np.ndarray, levels: Mapping[str, float]) -> np.ndarray:
    """Samples (channels, n) at RATE with the stems of `levels` only, at these levels."""
    import numpy as np

    from reimagine.media import Sound
    from reimagine.media.stems import separate

    parts = separate(Sound(samples, RATE))
    kept = (parts[name].samples * np.float32(level) for name, level in levels.items())
    return sum(kept, np.zeros_like(samples))


def normalize_loudness(samples: np.ndarray, loudness: float) -> np.ndarray:
    """Samples (channels, n) at RATE, amplified to a loudness in LUFS; short or silent ones are unchanged."""
    import warnings

    import numpy as np
    import pyloudnorm

    if samples.shape[1] < MIN_SECONDS * RATE or not samples.any():
        return samples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measured = pyloudnorm.Meter(RATE).integrated_loudness(samples.T)
    gain = 10 ** ((loudness - measured) / 20) if np.isfinite(measured) else 1.0
    return samples * np.float32(min(gain, MAX_GAIN))


def limit_peaks(samples: np.ndarray) -> np.ndarray:
    """Samples (channels, n) without true peaks above CEILING: a limiter with a smooth gain around each peak."""
    import numpy as np
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    if not samples.size or np.abs(samples).max() < CEILING / 2:
        return samples
    window = 2 * LOOK_AHEAD + 1
    needed = np.minimum(1, CEILING / np.maximum(true_peaks(samples), 1e-9))
    gain = uniform_filter1d(minimum_filter1d(needed, window), window)
    limited = samples * gain.astype(np.float32)
    peak = float(true_peaks(limited).max())
    return (limited * np.float32(min(1, 0.999 * CEILING / peak))).astype(np.float32)


def true_peaks(samples: np.ndarray) -> np.ndarray:
    """True peak level at each sample, the maximum over the channels (channels, n) -> (n,).

    Four times oversampled (ITU-R BS.1770, annex 2).
    """
    import numpy as np
    import soxr

    oversampled = np.abs(soxr.resample(samples.T, 1, 4, quality="MQ")).max(1)
    oversampled = np.pad(oversampled, (0, max(0, 4 * samples.shape[1] - len(oversampled))))[: 4 * samples.shape[1]]
    return np.maximum(oversampled.reshape(-1, 4).max(1), np.abs(samples).max(0))


def detect_speech(samples: np.ndarray) -> np.ndarray:
    """Probability-like strength of speech at each sample, 0..1, (n,) float32, of a sound (channels, n) at RATE.

    Speech is modulated by syllables at about 4 Hz, and its spectral balance changes as fast, between vowels and
    consonants (Scheirer & Slaney 1997). Music keeps its spectral balance from note to note.
    """
    import numpy as np
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import butter, sosfiltfilt

    hop = RATE // ENVELOPE_RATE
    count = samples.shape[1] // hop
    if count < MIN_SPEECH_FRAMES:
        return np.zeros(samples.shape[1], np.float32)
    mono = samples.mean(0)
    level = _band_level(mono, SPEECH_BAND, hop)
    mean = uniform_filter1d(level, ENVELOPE_RATE)
    syllables = sosfiltfilt(butter(2, SYLLABLE_BAND, "band", fs=ENVELOPE_RATE, output="sos"), level)
    consonants, vowels = _band_level(mono, CONSONANT_BAND, hop), _band_level(mono, VOWEL_BAND, hop)
    balance = np.log((consonants + 1e-5) / (vowels + 1e-5))
    strength = np.clip((_moving_deviation(syllables) / (mean + 1e-4) - 0.25) / 0.15, 0, 1)
    strength *= np.clip((_moving_deviation(balance) - 0.45) / 0.12, 0, 1) * (mean > 0.1 * np.percentile(level, 95))
    strength = uniform_filter1d(strength, SMOOTHING)
    return np.interp(np.arange(samples.shape[1]), (np.arange(count) + 0.5) * hop, strength).astype(np.float32)


def _band_level(mono: np.ndarray, band: tuple[float, float], hop: int) -> np.ndarray:
    """Root mean square of a frequency band in Hz, per `hop` samples."""
    import numpy as np
    from scipy.signal import butter, sosfiltfilt

    filtered = sosfiltfilt(butter(2, band, "band", fs=RATE, output="sos"), mono)
    count = len(mono) // hop
    return np.sqrt(np.square(filtered[: count * hop]).reshape(count, hop).mean(1))


def _moving_deviation(values: np.ndarray) -> np.ndarray:
    """Standard deviation over windows of one second of an envelope (n,)."""
    import numpy as np
    from scipy.ndimage import uniform_filter1d

    variance = uniform_filter1d(values**2, ENVELOPE_RATE) - uniform_filter1d(values, ENVELOPE_RATE) ** 2
    return np.sqrt(np.maximum(variance, 0))
