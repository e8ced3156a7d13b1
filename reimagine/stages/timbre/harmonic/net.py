"""From an instrument's latent, a pitch and a velocity to the levels of harmonics and noise over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.stages.timbre.additive import BANDS, HARMONICS

LOWEST, HIGHEST = 24, 84
"""MIDI pitches the network knows."""


class Decoder(nn.Module):
    """Coarse to fine in time: 7 moments become 112.

    Args:
        names: the instruments; each has a latent of its own.
        latent: its length.
        width: channels at the finest level; the coarsest has four times as many.
    """

    def __init__(self, names: Sequence[str], latent: int = 24, width: int = 64) -> None:
        super().__init__()
        self.names = list(names)
        self.table = nn.Embedding(len(self.names), latent)
        nn.init.normal_(self.table.weight)
        self.pitch = nn.Embedding(HIGHEST - LOWEST + 1, 32)
        nn.init.normal_(self.pitch.weight, std=0.3)
        known = latent + 32 + 2
        widths = [4 * width, 3 * width, 2 * width, 3 * width // 2, width]
        self.mind = nn.Sequential(nn.Linear(known, 256), nn.GELU(), nn.Linear(256, 256), nn.GELU())
        self.start = nn.Linear(256, widths[0] * 7)
        self.levels = nn.ModuleList(Level(a, b) for a, b in pairwise(widths))
        self.head = nn.Conv1d(width, HARMONICS + BANDS, 1)
        self.still = nn.Linear(256, HARMONICS + BANDS)
        self.facts = nn.Linear(256, 2)

    def forward(self, z: Tensor, pitch: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor]:
        """z (N, latent), pitch (N,) int MIDI, velocity (N,) 0..1 -> levels in dB (N, HARMONICS + BANDS,
        len(TIMES)); (N, 2): log10 of the stretch, log10 of the fall after release in dB a second."""
        key = (pitch - LOWEST).clamp(0, HIGHEST - LOWEST)
        high = (pitch.float() - 54)[:, None] / 30
        mind = self.mind(torch.cat([z, self.pitch(key), high, 2 * velocity[:, None] - 1], 1))
        x = self.start(mind).view(len(z), -1, 7)
        for level in self.levels:
            x = level(x)
        made = 20 * (self.head(x) + self.still(mind)[..., None]) - 60
        return made, self.facts(mind)


class Level(nn.Module):
    """Twice the moments, another width, two convolutions with a way around."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.narrow = nn.Conv1d(inputs, outputs, 1)
        self.first = nn.Conv1d(outputs, outputs, 3, padding=1)
        self.second = nn.Conv1d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(self.narrow(x), scale_factor=2, mode="linear")
        return x + self.second(F.gelu(self.first(F.gelu(x))))
