"""The phrase generator (four bars from the four before them), and the discriminator of its training.

Attribute names are part of the weights' file.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.stages.compose.melody.grid import CLASSES, PHRASE

COARSE_STEPS = PHRASE // 8
"""Steps of a phrase at the encoder's coarsest level (8): one per half bar."""
LOG_VARIANCE_RANGE = (-8.0, 4.0)
"""Limits of the posterior's log variance, for numerical stability."""


class ResidualBlock(nn.Module):
    """Two convolutions over time, and a 1x1 convolution as shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(inputs, outputs, 5, padding=2)
        self.second = nn.Conv1d(outputs, outputs, 5, padding=2)
        self.around = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, steps) -> (N, outputs, steps)."""
        inner = F.leaky_relu(self.first(F.leaky_relu(x, 0.2)), 0.2)
        return self.around(x) + self.second(inner)


class Encoder(nn.Module):
    """Features of a phrase at four resolutions."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        widths = [width, width, 2 * width, 2 * width]
        self.start = nn.Conv1d(inputs, width, 5, padding=2)
        self.blocks = nn.ModuleList(ResidualBlock(a, b) for a, b in zip([width, *widths], widths, strict=False))

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, inputs, PHRASE) -> features (N, channels, steps) at 64, 32, 16 and 8 steps."""
        x = self.start(x)
        levels = []
        for number, block in enumerate(self.blocks):
            x = block(F.avg_pool1d(x, 2) if number else x)
            levels.append(x)
        return levels


class PhraseGenerator(nn.Module):
    """A variational autoencoder of phrases, conditioned on the phrase before.

    To compose, the latent is sampled from the standard normal distribution. During training the posterior encodes the
    target phrase.

    Attributes: `past` encodes the phrase before, `seen` both phrases; `mind` maps the features of `seen` to mean and
    log variance; `idea` maps the latent to the decoder's coarsest features; `blocks` and `head` are the decoder.
    """

    def __init__(self, latent: int = 32, width: int = 64) -> None:
        super().__init__()
        self.latent = latent
        self.past = Encoder(CLASSES, width)
        self.seen = Encoder(2 * CLASSES, width)
        self.mind = nn.Linear(2 * width * COARSE_STEPS, 2 * latent)
        self.idea = nn.Linear(latent, 2 * width * COARSE_STEPS)
        self.blocks = nn.ModuleList(
            [
                ResidualBlock(4 * width, 2 * width),
                ResidualBlock(4 * width, 2 * width),
                ResidualBlock(3 * width, width),
                ResidualBlock(2 * width, width),
            ]
        )
        self.head = nn.Conv1d(width, CLASSES, 1)

    def posterior(self, past: Tensor, phrase: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, (N, latent) each, of the latent of `phrase` (N, CLASSES, PHRASE) after `past`."""
        features = self.seen(torch.cat([past, phrase], 1))[-1].flatten(1)
        mean, log_variance = self.mind(features).chunk(2, 1)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)

    def forward(self, z: Tensor, past: Tensor) -> Tensor:
        """Logits of a phrase.

        Args:
            z: (N, latent).
            past: (N, CLASSES, PHRASE), the phrase before, one-hot; zeros for no phrase.

        Returns:
            (N, CLASSES, PHRASE).
        """
        levels = self.past(past)
        x = self.idea(z).view(len(z), -1, COARSE_STEPS)
        for number, (block, level) in enumerate(zip(self.blocks, reversed(levels), strict=True)):
            x = F.interpolate(x, scale_factor=2) if number else x
            x = block(torch.cat([x, level], 1))
        return self.head(F.leaky_relu(x, 0.2))


class PhraseDiscriminator(nn.Module):
    """Scores whether a phrase is a tune's continuation of the phrase before, or a generated one."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.body = Encoder(2 * CLASSES, width)
        self.head = nn.Conv1d(2 * width, 1, 1)

    def forward(self, past: Tensor, phrase: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Scores (N, 8), one per half bar, higher for real phrases; and the encoder's features."""
        levels = self.body(torch.cat([past, phrase], 1))
        return self.head(F.leaky_relu(levels[-1], 0.2))[:, 0], levels
