"""The transcription network: sound in; onsets, offsets, frames and velocities of 88 keys out.

The heads are those of Hawthorne et al. 2018 ("Onsets and Frames", section 3) with the regressed times of Kong et al.
2021. All layers are convolutions over time and keys, with the same weights for every key: the input of a key is the
spectrum at its harmonics (harmonic stacking, Bittner et al. 2022), so that what is learned of one key holds for all.
Dilations of an octave and of other intervals relate a key to those whose partials it shares (Wei et al. 2022).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RATE = 16000
"""Hz. Sample rate of the input."""
HOP = 320
"""Samples per frame (20 ms)."""
KEYS = 88
"""Keys of a piano."""
FIRST_PITCH = 21
"""MIDI pitch of the lowest key."""
BINS = 3
"""Frequencies per semitone."""
WINDOWS = {4096: (1 / 3, 1 / 2, 1, 2, 3, 4, 5, 6, 7, 8), 1024: (1, 2, 3, 4, 5)}
"""Sizes of the Fourier transforms in samples, and the multiples of a key's frequency that are taken of each: the long
one separates tones, the short one their onsets."""
FLOOR = 1e-5
"""Magnitude (full scale is 1) that is added before the logarithm."""
BLOCKS = ((1, 1), (2, 12), (4, 19), (8, 1), (16, 12), (32, 24), (4, 7), (1, 1))
"""Dilation of each block in frames and in semitones."""
HEADS = 4
"""Onset, offset, frame, velocity."""
RARE = -4.0
"""Initial bias of the heads: notes are rare."""


class Predictions(NamedTuple):
    """Logits (N, frames, KEYS) of each head; velocities are sigmoid(logit) * 127."""

    onsets: Tensor
    offsets: Tensor
    frames: Tensor
    velocities: Tensor


class HarmonicSpectrum(nn.Module):
    """Magnitude spectra in dB at the harmonics of every key."""

    def __init__(self) -> None:
        super().__init__()
        for size, harmonics in WINDOWS.items():
            shifts = [round(12 * BINS * math.log2(harmonic)) for harmonic in harmonics]
            low, high = min(shifts), max(shifts) + BINS * KEYS
            index = torch.tensor(shifts)[:, None, None] + torch.arange(BINS)[:, None] + BINS * torch.arange(KEYS) - low
            self.register_buffer(f"window{size}", torch.hann_window(size), persistent=False)
            self.register_buffer(f"filters{size}", _filters(size, range(low, high)), persistent=False)
            self.register_buffer(f"index{size}", index.flatten(), persistent=False)
        self.channels = BINS * sum(len(harmonics) for harmonics in WINDOWS.values())

    def forward(self, samples: Tensor) -> Tensor:
        """(N, n) samples at RATE -> (N, channels, n // HOP + 1, KEYS), about -1..1."""
        parts = []
        for size in WINDOWS:
            window, filters, index = (self.get_buffer(f"{name}{size}") for name in ("window", "filters", "index"))
            spectrum = torch.stft(samples, size, HOP, window=window, return_complex=True, pad_mode="constant")
            magnitude = spectrum.abs().transpose(1, 2) * (2 / size)
            levels = torch.log10(magnitude @ filters + FLOOR) / 2 + 1.25
            parts.append(levels[..., index].unflatten(2, (-1, KEYS)).transpose(1, 2))
        return torch.cat(parts, 1)


def _filters(size: int, numbers: range) -> Tensor:
    """Triangular filters (size / 2 + 1, len(numbers)), BINS per semitone; number 0 is just below the lowest key.

    Those above half the sample rate are zero.
    """
    bins, columns = torch.arange(size // 2 + 1, dtype=torch.float32), []
    for number in numbers:
        pitch = FIRST_PITCH + (number - BINS // 2) / BINS
        centre = 440 * 2 ** ((pitch - 69) / 12) * size / RATE
        width = max(1.0, centre * (2 ** (1 / (12 * BINS)) - 1))
        columns.append(torch.relu(1 - (bins - centre).abs() / width) * (centre < size / 2))
    return torch.stack(columns, 1)


class Block(nn.Module):
    """A convolution over time and one over keys, with a residual connection."""

    def __init__(self, width: int, frames: int, semitones: int) -> None:
        super().__init__()
        self.time = nn.Conv2d(width, width, (3, 1), padding=(frames, 0), dilation=(frames, 1), bias=False)
        self.keys = nn.Conv2d(width, width, (1, 3), padding=(0, semitones), dilation=(1, semitones), bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return x + F.relu(self.norm2(self.keys(F.relu(self.norm1(self.time(x))))))


class OnsetsFramesNet(nn.Module):
    """Predicts onsets, offsets, frames and velocities.

    Args:
        width: channels.

    Attributes:
        arch: the arguments, which are saved with the weights.
    """

    REACH = sum(frames for frames, _ in BLOCKS) + 3
    """Frames before and after a frame that its prediction depends on."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.arch = {"width": width}
        self.spectrum = HarmonicSpectrum()
        self.enter = nn.Conv2d(self.spectrum.channels, width, (5, 1), padding=(2, 0))
        self.blocks = nn.Sequential(*(Block(width, frames, semitones) for frames, semitones in BLOCKS))
        self.key_bias = nn.Parameter(torch.zeros(1, width, 1, KEYS))
        self.heads = nn.Conv2d(width, HEADS, 1)
        nn.init.constant_(self.heads.bias, RARE)  # pyright: ignore[reportArgumentType]

    def forward(self, samples: Tensor) -> Predictions:
        """(N, n) samples at RATE -> predictions of n // HOP + 1 frames."""
        x = self.spectrum(samples).contiguous(memory_format=torch.channels_last)
        x = self.enter(x)
        x = F.relu(x + self.key_bias.to(x.dtype))  # float32 here would convert every block's input
        return Predictions(*self.heads(self.blocks(x)).float().unbind(1))
