"""Network of `upscale --model edsr`: a small EDSR (Lim et al. 2017) for luma, factor 2.

Residual blocks without normalization, as in EDSR. The input is pixel-unshuffled (Shi et al. 2016; also in the factor 2
network of Real-ESRGAN, Wang et al. 2021), so the blocks work at half the size of the input, which takes a quarter of
the time and doubles the receptive field. The network predicts what is to be added to a bicubic enlargement.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

FACTOR = 2
"""Enlargement of the network."""
STRIDE = 2
"""The network's input height and width must be multiples of this."""


class Residual(nn.Module):
    """Residual block of two 3x3 convolutions; the identity at initialization."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        _zero_init(self.second)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> (N, width, H, W)."""
        return x + self.second(F.leaky_relu(self.first(x), 0.1))


class EDSR(nn.Module):
    """Predicts the difference between a picture and the bicubic enlargement of its half-size, degraded copy.

    Args:
        width: channels.
        blocks: residual blocks.
    """

    def __init__(self, width: int = 48, blocks: int = 8) -> None:
        super().__init__()
        self.enter = nn.Conv2d(STRIDE**2, width, 3, padding=1)
        self.blocks = nn.Sequential(*(Residual(width) for _ in range(blocks)))
        self.leave = nn.Conv2d(width, (STRIDE * FACTOR) ** 2, 3, padding=1)
        _zero_init(self.leave)

    def forward(self, luma: Tensor) -> Tensor:
        """Luma (N, 1, H, W) in 0..1, H and W multiples of `STRIDE` -> difference (N, 1, 2 H, 2 W)."""
        x = self.enter(F.pixel_unshuffle(luma - 0.5, STRIDE))
        return F.pixel_shuffle(self.leave(x + self.blocks(x)), STRIDE * FACTOR)


def _zero_init(layer: nn.Conv2d) -> None:
    """Set a convolution's weight and bias to zero."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
