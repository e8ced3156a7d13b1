"""The mix model `level`: the new music at a target loudness, over a share of the film's own sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import SHARES, Range
from reimagine.stages.contract import Mixer, MixModel
from reimagine.stages.mix.speech import SpeechStrength, detect_speech

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
PEAK_MARGIN = 8192
"""Samples around a block that determine its true peaks and the limiter's gain."""


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
        from reimagine.media.audio.stems import parse_levels

        parse_levels(self.keep_stems)

    def load(self, device: str) -> Mixer:
        """(the film's own sound, the new one) in; one sound as long as the first out."""
        import numpy as np

        from reimagine.media.audio.stems import parse_levels

        levels = parse_levels(self.keep_stems)
        share = self.keep_original or float(bool(levels))

        def mix(original: Sound, new: Sound, /) -> Sound:
            length = round(original.seconds * RATE)
            music = normalize_loudness(new.at_rate(RATE).stereo().fit_length(length), self.loudness)
            if share > 0:
                own = normalize_loudness(original.at_rate(RATE).stereo().fit_length(length), self.loudness)
                speech = detect_speech(own) if self.duck else SpeechStrength(np.zeros(0))
                own = kept_stems(own, levels) if levels else own
                lowered, kept = (1 - DUCKED) * share, np.float32(share)

                def both(block: np.ndarray, first: int) -> np.ndarray:
                    last = first + block.shape[1]
                    gain = 1 - lowered * speech.at(first, last)
                    return block * gain * (1 - kept / 2) + own.piece(first, last) * kept

                music = normalize_loudness(music.mapped(both), self.loudness)
            return limit_peaks(music)

        return mix


def kept_stems(sound: Sound, levels: Mapping[str, float]) -> Sound:
    """A sound with the stems of `levels` only, at these levels."""
    import numpy as np

    from reimagine.media import Sound
    from reimagine.media.audio.stems import separate

    parts = separate(sound)
    kept = (parts[name].samples * np.float32(level) for name, level in levels.items())
    return Sound(sum(kept, np.zeros((sound.channels, sound.length), np.float32)), sound.rate)


def normalize_loudness(sound: Sound, loudness: float) -> Sound:
    """A sound at RATE, amplified to a loudness in LUFS; short or silent ones are unchanged."""
    import numpy as np

    from reimagine.metrics.loudness import integrated_loudness

    if sound.length < MIN_SECONDS * RATE or not any(block.any() for block in sound.blocks()):
        return sound
    measured = integrated_loudness(sound)
    gain = np.float32(min(10 ** ((loudness - measured) / 20), MAX_GAIN) if np.isfinite(measured) else 1.0)
    return sound.mapped(lambda block, _: block * gain)


def limit_peaks(sound: Sound) -> Sound:
    """A sound without true peaks above CEILING: a limiter with a smooth gain around each peak."""
    import numpy as np

    if max((float(np.abs(block).max()) for block in sound.blocks()), default=0.0) < CEILING / 2:
        return sound
    limited = sound.mapped(_limited, PEAK_MARGIN)
    peaks = limited.mapped(lambda block, _: true_peaks(block)[None], PEAK_MARGIN)
    gain = np.float32(min(1, 0.999 * CEILING / max(float(block.max()) for block in peaks.blocks())))
    return limited.mapped(lambda block, _: block * gain)


def _limited(samples: np.ndarray, first: int) -> np.ndarray:
    """Samples (channels, n) with the gain of the limiter; those within PEAK_MARGIN of the ends of a piece are not."""
    import numpy as np
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    window = 2 * LOOK_AHEAD + 1
    needed = np.minimum(1, CEILING / np.maximum(true_peaks(samples), 1e-9))
    return samples * uniform_filter1d(minimum_filter1d(needed, window), window).astype(np.float32)


def true_peaks(samples: np.ndarray) -> np.ndarray:
    """True peak level at each sample, the maximum over the channels (channels, n) -> (n,).

    Four times oversampled (ITU-R BS.1770, annex 2).
    """
    import numpy as np
    import soxr

    oversampled = np.abs(soxr.resample(samples.T, 1, 4, quality="MQ")).max(1)
    oversampled = np.pad(oversampled, (0, max(0, 4 * samples.shape[1] - len(oversampled))))[: 4 * samples.shape[1]]
    return np.maximum(oversampled.reshape(-1, 4).max(1), np.abs(samples).max(0))
