"""Samples of sound. Long sounds are on the disk, so that hours of sound need little memory."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import mmap

    import numpy as np

BLOCK = 1 << 19
"""Samples per channel of a block, 11 s at 48 kHz: a block of stereo takes 4 MB."""
LARGE_TEMPORARY = Path("/var/tmp")
"""Folder for large temporary files unless TMPDIR names one: /tmp is in memory on many systems."""


@dataclass(frozen=True)
class Sound:
    """Samples and their rate.

    Attributes:
        samples: (channels, n) float32; full scale is -1..1. Read-only if they are on the disk.
        rate: samples per second.
        storage: the mapped file that holds the samples; None if they are in memory.
    """

    samples: np.ndarray
    rate: int
    storage: mmap.mmap | None = field(default=None, repr=False, compare=False)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.samples.shape[0]

    @property
    def length(self) -> int:
        """Samples per channel."""
        return self.samples.shape[1]

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.length / self.rate

    def piece(self, first: int, last: int) -> np.ndarray:
        """A copy of the samples `first` to `last` (exclusive), (channels, n) float32."""
        import mmap

        import numpy as np

        copied = np.array(self.samples[:, max(0, first) : last], np.float32, order="C")
        if self.storage is not None and sys.platform != "win32":
            self.storage.madvise(mmap.MADV_DONTNEED)  # the pages that were read count as memory until then
        return copied

    def blocks(self) -> Iterator[np.ndarray]:
        """Copies of the samples, (channels, n) float32, BLOCK samples at a time."""
        for first in range(0, self.length, BLOCK):
            yield self.piece(first, first + BLOCK)

    def pieces(self, margin: int) -> Iterator[tuple[int, int, np.ndarray]]:
        """Blocks with the samples around them.

        Yields:
            Number of the first sample; samples before the block; the samples from that first one up to `margin`
            samples after the block, fewer at the ends of the sound.
        """
        for first in range(0, self.length, BLOCK):
            before = min(first, margin)
            yield first, before, self.piece(first - before, min(first + BLOCK, self.length) + margin)

    def mapped(self, function: Callable[[np.ndarray, int], np.ndarray], margin: int = 0) -> Sound:
        """The result of a function of each block, joined.

        Args:
            function: called with samples (channels, n) and the number of the first; returns as many, of any channels.
            margin: samples before and after each block that the function is given too.
        """

        def results() -> Iterator[np.ndarray]:
            for first, before, piece in self.pieces(margin):
                count = min(BLOCK, self.length - first)
                yield function(piece, first - before)[:, before : before + count]

        return store(results(), self.rate, self.channels)

    def mono(self) -> np.ndarray:
        """Mean of the channels, (n,) float32."""
        import numpy as np

        return np.concatenate([np.zeros(0, np.float32), *(block.mean(0) for block in self.blocks())])

    def at_rate(self, rate: int) -> Sound:
        """The sound resampled to `rate` samples per second, with soxr at high quality."""
        return self if rate == self.rate else self._resampled(self.rate, rate, rate)

    def at_speed(self, speed: Fraction) -> Sound:
        """The sound played at `speed` times its speed; its pitch changes with it, as on a projector."""
        return self if speed == 1 else self._resampled(float(self.rate * speed), self.rate, self.rate)

    def _resampled(self, source: float, target: float, rate: int) -> Sound:
        import numpy as np
        import soxr

        resampler = soxr.ResampleStream(source, target, self.channels, dtype="float32")

        def resampled() -> Iterator[np.ndarray]:
            for block in self.blocks():
                yield resampler.resample_chunk(np.ascontiguousarray(block.T)).reshape(-1, self.channels).T
            rest = resampler.resample_chunk(np.zeros((0, self.channels), np.float32), last=True)
            yield rest.reshape(-1, self.channels).T

        return store(resampled(), rate, self.channels)

    def stereo(self) -> Sound:
        """The sound with two channels; other than two are averaged and doubled."""
        import numpy as np

        if self.channels == 2:
            return self
        return store((np.repeat(b.mean(0, keepdims=True), 2, 0) for b in self.blocks()), self.rate, 2)

    def cut(self, first: int, last: int) -> Sound:
        """The samples `first` to `last` (exclusive)."""
        return replace(self, samples=self.samples[:, first:last])

    def fit_length(self, length: int) -> Sound:
        """The sound cut to `length` samples, or extended to it by a fade-out of 1 s and silence."""
        import numpy as np

        if self.length >= length:
            return self.cut(0, length)
        fade = min(self.rate, self.length)
        begin = self.length - fade

        def extended() -> Iterator[np.ndarray]:
            yield from self.cut(0, begin).blocks()
            yield self.piece(begin, self.length) * np.linspace(1, 0, fade, dtype="float32")
            yield from silent_blocks(length - self.length, self.channels)

        return store(extended(), self.rate, self.channels)


def silent_blocks(length: int, channels: int) -> Iterator[np.ndarray]:
    """Blocks of samples of value 0, `length` samples per channel in all."""
    import numpy as np

    for first in range(0, length, BLOCK):
        yield np.zeros((channels, min(BLOCK, length - first)), np.float32)


def store(blocks: Iterable[np.ndarray], rate: int, channels: int) -> Sound:
    """Consecutive blocks (channels, n) as one sound on the disk, in a file that no folder lists.

    Raises:
        OSError: the disk is full, with the folder of the file.
    """
    import mmap

    import numpy as np

    folder, mapping = _temporary_folder(), None
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for block in blocks:
            channels = block.shape[0]
            _write(file, np.ascontiguousarray(block.T, np.float32).tobytes(), folder)
        if file.tell():
            mapping = mmap.mmap(file.fileno(), file.tell(), access=mmap.ACCESS_READ)
    if mapping is None:
        return Sound(np.zeros((channels, 0), np.float32), rate)
    return Sound(np.frombuffer(mapping, np.float32).reshape(-1, channels).T, rate, mapping)


def _write(file: BinaryIO, data: bytes, folder: Path) -> None:
    try:
        while data:
            data = data[file.write(data) :]
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error


def _temporary_folder() -> Path:
    usable = "TMPDIR" not in os.environ and os.access(LARGE_TEMPORARY, os.W_OK)
    return LARGE_TEMPORARY if usable else Path(tempfile.gettempdir())
