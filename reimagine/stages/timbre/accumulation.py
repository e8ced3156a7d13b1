"""The sum of overlapping notes, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from reimagine.media.audio import samples


def accumulated(waves: Iterable[tuple[int, np.ndarray]], length: int, channels: int) -> Iterator[np.ndarray]:
    """The sum of waves as consecutive blocks (channels, n) float32, `length` samples in all.

    Args:
        waves: number of the first sample, not below that of the wave before; wave (channels, n) or (n,).
        length: samples per channel; what lies beyond is left out.
    """
    begin, sounding = 0, np.zeros((channels, 0), np.float32)
    for first, wave in waves:
        while first - begin >= samples.BLOCK and begin < length:
            block, sounding = _split(sounding, min(samples.BLOCK, length - begin))
            begin += block.shape[1]
            yield block
        wave = wave[..., : max(0, length - first)]
        last = first - begin + wave.shape[-1]
        if wave.shape[-1]:
            sounding = np.pad(sounding, ((0, 0), (0, max(0, last - sounding.shape[1]))))
            sounding[:, first - begin : last] += wave.astype(np.float32, copy=False)
    while begin < length:
        block, sounding = _split(sounding, min(samples.BLOCK, length - begin))
        begin += block.shape[1]
        yield block


def _split(sounding: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` samples, with silence after the last, and the others."""
    block = sounding[:, :count]
    return np.pad(block, ((0, 0), (0, count - block.shape[1]))), sounding[:, count:].copy()
