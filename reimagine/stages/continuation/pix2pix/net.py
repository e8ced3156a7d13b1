"""The networks of pix2pix (Isola et al. 2017): a U-Net that maps a frame to the next, and a patch discriminator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SIDE = 256
"""Side in pixels of the images that the published network processes; films are squeezed to a square."""


class Down(nn.Sequential):
    """Half the size: leaky ReLU, convolution, batch normalization."""

    def __init__(self, inputs: int, outputs: int, first: bool = False, norm: bool = True) -> None:
        parts: list[nn.Module] = [] if first else [nn.LeakyReLU(0.2)]
        parts += [nn.Conv2d(inputs, outputs, 4, 2, 1)] + ([nn.BatchNorm2d(outputs)] if norm else [])
        super().__init__(*parts)


class Up(nn.Sequential):
    """Twice the size: ReLU, transposed convolution, batch normalization, optional dropout."""

    def __init__(self, inputs: int, outputs: int, dropout: bool = False) -> None:
        convolution = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)
        parts = [nn.Dropout(0.5)] if dropout else []
        super().__init__(nn.ReLU(), convolution, nn.BatchNorm2d(outputs), *parts)


class UNet256(nn.Module):
    """U-Net of eight levels down to a single pixel, with skip connections between levels of the same size.

    Use it in training mode for prediction as well: with the running averages of batch normalization, an autoregressive
    rollout turns black within a few steps.

    Args:
        width: channels after the first level (64 in the paper).
        levels: number of levels, each of half the size (8 in the paper, for 256 pixels).
    """

    def __init__(self, width: int = 64, levels: int = 8) -> None:
        super().__init__()
        widths = [min(width << n, 8 * width) for n in range(levels)]
        self.downs = nn.ModuleList(
            Down(3 if n == 0 else widths[n - 1], w, n == 0, 0 < n < levels - 1) for n, w in enumerate(widths)
        )
        self.ups = nn.ModuleList(
            Up(widths[n] * (1 if n == levels - 1 else 2), widths[n - 1], 3 < n < levels - 1)
            for n in range(levels - 1, 0, -1)
        )
        self.last = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * width, 3, 4, 2, 1), nn.Tanh())
        self.apply(initialize)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) in -1..1, sides multiples of 2 ** levels, to the next frame, same shape and range."""
        levels = []
        for down in self.downs:
            x = down(x)
            levels.append(x)
        for up, level in zip(self.ups, reversed(levels[:-1]), strict=True):
            x = torch.cat([up(x), level], 1)
        return self.last(x)


class PatchGAN(nn.Sequential):
    """The published discriminator: one logit per 70 x 70 pixels of a pair of frames, (N, 6, H, W) in -1..1.

    Args:
        width: channels after the first layer (64 in the paper).
    """

    def __init__(self, width: int = 64) -> None:
        parts: list[nn.Module] = [nn.Conv2d(6, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for n, stride in ((1, 2), (2, 2), (3, 1)):
            parts += [
                nn.Conv2d(width << (n - 1), width << n, 4, stride, 1),
                nn.BatchNorm2d(width << n),
                nn.LeakyReLU(0.2),
            ]
        super().__init__(*parts, nn.Conv2d(width << 3, 1, 4, 1, 1))
        self.apply(initialize)


def initialize(layer: nn.Module) -> None:
    """Set weights to N(0, 0.02), those of batch normalization to N(1, 0.02), and biases to 0, as published."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
