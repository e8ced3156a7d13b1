"""Samples of a film's sound: read from anything FFmpeg decodes, written as WAV and friends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
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

    def fit_length(self, length: int) -> Sound:
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


def read_sound(
    path: Path, start: float = 0.0, seconds: float | None = None, rate: int | None = None, channels: int | None = None
) -> Sound:
    """The first sound track of a film or sound file, float32, mono or stereo.

    Args:
        start, seconds: a piece of it.
        rate, channels: what to turn it into on the way in (soxr, high quality); its own if not given.
            Read so, an hour at 22,050 Hz in mono takes 0.3 GB.
    """
    import numpy as np

    from reimagine.media.files import check_readable
    from reimagine.media.reader import open_container

    check_readable(path)
    with open_container(path) as box:
        if not box.streams.audio:
            raise MediaError(f"{path}: has no sound track; give a film or a sound file that has one")
        stream = box.streams.audio[0]
        own = stream.rate
        rate = rate or own
        length = int(((stream.duration or 0) * stream.time_base if stream.duration else 60) * rate) + rate
        samples, end = None, 0
        for block in _blocks(box, stream, rate, channels):
            if samples is None:
                samples = np.empty((block.shape[0], length), np.float32)
            if end + block.shape[1] > samples.shape[1]:
                samples = np.pad(samples, ((0, 0), (0, end // 2 + block.shape[1])))
            samples[:, end : end + block.shape[1]] = block
            end += block.shape[1]
    if samples is None or not end:
        raise MediaError(f"{path}: its sound track is empty")
    first = round(start * rate)
    last = end if seconds is None else min(end, first + round(seconds * rate))
    return Sound(samples[:, first:last], rate)


def _blocks(box, stream, rate: int, channels: int | None) -> Iterator[np.ndarray]:
    """(channels, n) float32 after (channels, n), as they are decoded."""
    import av
    import soxr

    layout = "mono" if stream.channels == 1 else "stereo"
    plain = av.AudioResampler(format="fltp", layout=layout, rate=stream.rate)
    turn = None
    for frame in chain(box.decode(stream), (None,)):
        for part in plain.resample(frame):
            block = part.to_ndarray()
            block = block.mean(0, keepdims=True) if channels == 1 else block
            if rate != stream.rate:
                turn = turn or soxr.ResampleStream(stream.rate, rate, len(block), dtype="float32")
                block = turn.resample_chunk(block.T).reshape(-1, len(block)).T
            yield block
    if turn:
        import numpy as np

        count = 1 if channels == 1 or layout == "mono" else 2
        rest = turn.resample_chunk(np.zeros((0, count), np.float32), last=True)
        yield rest.reshape(-1, count).T


def write_sound(path: Path, sound: Sound) -> None:
    """WAV (32-bit float), FLAC, OGG, MP3 or M4A (AAC), by the suffix; whole or absent."""
    import soundfile

    from reimagine.media.files import replace_atomically

    temporary = path.with_name("." + path.name)
    kind = path.suffix[1:].upper()
    if kind == "M4A":
        _write_aac(temporary, sound)
    elif kind in soundfile.available_formats():
        soundfile.write(temporary, sound.samples.T, sound.rate, format=kind, subtype="FLOAT" if kind == "WAV" else None)
    else:
        raise MediaError(f"{path}: cannot write {path.suffix} sound; use .wav, .flac, .ogg, .mp3 or .m4a")
    replace_atomically(temporary, path)


def _write_aac(path: Path, sound: Sound) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w", format="ipod") as box:
        stream = box.add_stream("aac", rate=sound.rate)
        stream.bit_rate = 192_000
        stream.layout = "mono" if sound.channels == 1 else "stereo"
        for start in range(0, sound.length, 1024):
            block = np.ascontiguousarray(sound.samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(block, "fltp", stream.layout.name)
            frame.rate, frame.pts, frame.time_base = sound.rate, start, Fraction(1, sound.rate)
            box.mux(stream.encode(frame))
        box.mux(stream.encode())
