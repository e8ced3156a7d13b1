"""A generator of phrases, four bars from the four before, and the critic that judges them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REST, HOLD, LOWEST, TONES = 0, 1, 55, 34
"""The first two classes; the MIDI pitch of the third, and how many pitches there are."""
CLASSES, STEP, PHRASE = TONES + 2, 0.25, 64
"""Of each step; a step in quarter notes; steps of a phrase (four bars)."""


class Block(nn.Module):
    """Two convolutions over time with a way around."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(inputs, outputs, 5, padding=2)
        self.second = nn.Conv1d(outputs, outputs, 5, padding=2)
        self.around = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        inner = F.leaky_relu(self.first(F.leaky_relu(x, 0.2)), 0.2)
        return self.around(x) + self.second(inner)


class Encoder(nn.Module):
    """A phrase (N, CLASSES, 64) -> what it says at 64, 32, 16, 8 steps a phrase."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        widths = [width, width, 2 * width, 2 * width]
        self.start = nn.Conv1d(inputs, width, 5, padding=2)
        self.blocks = nn.ModuleList(Block(a, b) for a, b in zip([width, *widths], widths, strict=False))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.start(x)
        levels = []
        for number, block in enumerate(self.blocks):
            x = block(F.avg_pool1d(x, 2) if number else x)
            levels.append(x)
        return levels


class Composer(nn.Module):
    """What comes next: a latent and the phrase before -> logits of a phrase.

    While it is trained a second encoder looks at the true phrase, so that the latent means something
    (a variational autoencoder); to compose, latents are drawn.
    """

    def __init__(self, latent: int = 32, width: int = 64) -> None:
        super().__init__()
        self.latent = latent
        self.past = Encoder(CLASSES, width)
        self.seen = Encoder(2 * CLASSES, width)
        self.mind = nn.Linear(2 * width * 8, 2 * latent)
        self.idea = nn.Linear(latent, 2 * width * 8)
        self.blocks = nn.ModuleList(
            [
                Block(4 * width, 2 * width),
                Block(4 * width, 2 * width),
                Block(3 * width, width),
                Block(2 * width, width),
            ]
        )
        self.head = nn.Conv1d(width, CLASSES, 1)

    def posterior(self, past: Tensor, phrase: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latent that this phrase has after that one."""
        told = self.seen(torch.cat([past, phrase], 1))[-1].flatten(1)
        mean, spread = self.mind(told).chunk(2, 1)
        return mean, spread.clamp(-8, 4)

    def forward(self, z: Tensor, past: Tensor) -> Tensor:
        """z (N, latent), past (N, CLASSES, 64) one-hot, zero if nothing went before -> (N, CLASSES, 64)."""
        levels = self.past(past)
        x = self.idea(z).view(len(z), -1, 8)
        for number, (block, level) in enumerate(zip(self.blocks, reversed(levels), strict=True)):
            x = F.interpolate(x, scale_factor=2) if number else x
            x = block(torch.cat([x, level], 1))
        return self.head(F.leaky_relu(x, 0.2))


class Critic(nn.Module):
    """Does this phrase follow from that one, as a tune's would? (N, 8) scores, one a half bar."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.body = Encoder(2 * CLASSES, width)
        self.head = nn.Conv1d(2 * width, 1, 1)

    def forward(self, past: Tensor, phrase: Tensor) -> tuple[Tensor, list[Tensor]]:
        levels = self.body(torch.cat([past, phrase], 1))
        return self.head(F.leaky_relu(levels[-1], 0.2))[:, 0], levels
