"""The decoder: an instrument's latent, a pitch and a velocity to the levels of partials and noise over time.

Attribute names are part of the weights' file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.stages.timbre.additive import HARMONICS, NOISE_BANDS

LOWEST_PITCH = 24
"""MIDI pitch, C1. Lowest pitch the network is trained on."""
HIGHEST_PITCH = 84
"""MIDI pitch, C6. Highest pitch the network is trained on."""
MIN_INHARMONICITY = 1e-6
"""Added before the logarithm is taken, so that it exists for instruments without inharmonicity."""
COARSE_FRAMES = 7
"""Frames at the coarsest level; four levels double them to len(TIMES) = 112."""
PITCH_FEATURES = 32
"""Length of a pitch's embedding."""
HIDDEN = 256
"""Features of the conditioning vector."""
CENTRE_PITCH = 54
"""MIDI pitch in the middle of the range; the network's pitch input is 0 there."""
LEVEL_SCALE = 20
"""dB per unit of the network's output."""
LEVEL_OFFSET = -60
"""dB of the network's output 0."""


class Decoder(nn.Module):
    """Levels over time, from coarse to fine.

    Attributes: `table` holds the instruments' latents, `pitch` the pitch embeddings; `mind` computes the conditioning
    vector from latent, pitch and velocity; `start` and `levels` are the temporal decoder, `head` its output layer;
    `still` adds levels that are constant over time; `facts` predicts inharmonicity and release.

    Args:
        names: the instruments; each has a latent of its own.
        latent: length of a latent.
        width: channels at the finest level; the coarsest has four times as many.
    """

    def __init__(self, names: Sequence[str], latent: int = 24, width: int = 64) -> None:
        super().__init__()
        self.names = list(names)
        self.table = nn.Embedding(len(self.names), latent)
        nn.init.normal_(self.table.weight)
        self.pitch = nn.Embedding(HIGHEST_PITCH - LOWEST_PITCH + 1, PITCH_FEATURES)
        nn.init.normal_(self.pitch.weight, std=0.3)
        inputs = latent + PITCH_FEATURES + 2
        widths = [4 * width, 3 * width, 2 * width, 3 * width // 2, width]
        self.mind = nn.Sequential(nn.Linear(inputs, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, HIDDEN), nn.GELU())
        self.start = nn.Linear(HIDDEN, widths[0] * COARSE_FRAMES)
        self.levels = nn.ModuleList(UpsamplingBlock(a, b) for a, b in pairwise(widths))
        self.head = nn.Conv1d(width, HARMONICS + NOISE_BANDS, 1)
        self.still = nn.Linear(HIDDEN, HARMONICS + NOISE_BANDS)
        self.facts = nn.Linear(HIDDEN, 2)

    def forward(self, z: Tensor, pitch: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor]:
        """Levels and parameters of notes.

        Args:
            z: (N, latent).
            pitch: (N,) int, MIDI.
            velocity: (N,) 0..1.

        Returns:
            (N, HARMONICS + NOISE_BANDS, len(TIMES)) dB; (N, 2): log10 of the inharmonicity + MIN_INHARMONICITY, and
            log10 of the release rate in dB per second.
        """
        index = (pitch - LOWEST_PITCH).clamp(0, HIGHEST_PITCH - LOWEST_PITCH)
        height = (pitch.float() - CENTRE_PITCH)[:, None] / 30
        condition = self.mind(torch.cat([z, self.pitch(index), height, 2 * velocity[:, None] - 1], 1))
        x = self.start(condition).view(len(z), -1, COARSE_FRAMES)
        for block in self.levels:
            x = block(x)
        levels = LEVEL_SCALE * (self.head(x) + self.still(condition)[..., None]) + LEVEL_OFFSET
        return levels, self.facts(condition)


class UpsamplingBlock(nn.Module):
    """Doubles the frames: 1x1 convolution, linear interpolation, a residual branch of two convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.narrow = nn.Conv1d(inputs, outputs, 1)
        self.first = nn.Conv1d(outputs, outputs, 3, padding=1)
        self.second = nn.Conv1d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, frames) -> (N, outputs, 2 * frames)."""
        x = F.interpolate(self.narrow(x), scale_factor=2, mode="linear")
        return x + self.second(F.gelu(self.first(F.gelu(x))))
