"""Samples of a film's sound: read from anything FFmpeg decodes, written as WAV and friends."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Sound:
    """Samples and their rate.

    Attributes:
        samples: (channels, n) float32, full scale is -1..1.
        rate: samples a second.
    """

    samples: np.ndarray
    rate: int

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def length(self) -> int:
        return self.samples.shape[1]

    @property
    def seconds(self) -> float:
        return self.length / self.rate

    def mono(self) -> np.ndarray:
        """(n,) float32, the mean of the channels."""
        return self.samples.mean(0)

    def at_rate(self, rate: int) -> Sound:
        """Resampled (soxr, high quality)."""
        import soxr

        if rate == self.rate:
            return self
        return Sound(soxr.resample(self.samples.T, self.rate, rate).T.astype("float32"), rate)

    def stereo(self) -> Sound:
        import numpy as np

        if self.channels == 2:
            return self
        return Sound(np.repeat(self.samples.mean(0, keepdims=True), 2, 0), self.rate)

    def fitted(self, length: int) -> Sound:
        """Exactly `length` samples: cut, or silence after a 1 s fade-out."""
        import numpy as np

        if self.length >= length:
            return Sound(self.samples[:, :length], self.rate)
        samples = np.pad(self.samples, ((0, 0), (0, length - self.length)))
        fade = min(self.rate, self.length)
        if fade:
            samples[:, self.length - fade : self.length] *= np.linspace(1, 0, fade, dtype="float32")
        return Sound(samples, self.rate)


def silence(seconds: float, rate: int = 48000, channels: int = 2) -> Sound:
    import numpy as np

    return Sound(np.zeros((channels, round(seconds * rate)), "float32"), rate)


def read_sound(path: Path, start: float = 0.0, seconds: float | None = None) -> Sound:
    """The first sound track of a film or sound file, float32, its own rate, mono or stereo."""
    import av
    import numpy as np

    from reimagine.media.reader import check, opened

    check(path)
    blocks, rate = [], 0
    with opened(path) as box:
        if not box.streams.audio:
            raise MediaError(f"{path}: has no sound track; give a film or a sound file that has one")
        stream = box.streams.audio[0]
        rate = stream.rate
        layout = "mono" if stream.channels == 1 else "stereo"
        resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        for frame in box.decode(stream):
            blocks += [f.to_ndarray() for f in resampler.resample(frame)]
    if not blocks:
        raise MediaError(f"{path}: its sound track is empty")
    samples = np.concatenate(blocks, 1)
    first = round(start * rate)
    last = None if seconds is None else first + round(seconds * rate)
    return Sound(np.ascontiguousarray(samples[:, first:last], np.float32), rate)


def write_sound(path: Path, sound: Sound) -> None:
    """WAV (32-bit float), FLAC, OGG or MP3, by the suffix; whole or absent."""
    import soundfile

    from reimagine.media.writer import publish

    temporary = path.with_name("." + path.name)
    kind = path.suffix[1:].upper()
    if kind not in soundfile.available_formats():
        raise MediaError(f"{path}: cannot write {path.suffix} sound; use .wav, .flac, .ogg or .mp3")
    soundfile.write(temporary, sound.samples.T, sound.rate, format=kind,
                    subtype="FLOAT" if kind == "WAV" else None)  # fmt: skip
    publish(temporary, path)
