"""Networks of `restore --model unet-gan`: a restoration U-Net, and a classifier of negatives.

The U-Net has plain residual blocks without normalization, which would discard the absolute brightness. It works at half
resolution after pixel unshuffling (Shi et al. 2016). It predicts a residual and a gain instead of the picture, starts
as the identity, and changes undamaged pictures little. It is fully convolutional with a receptive field of about 300
pixels, so that a picture can be processed in overlapping strips.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.zoo.squeezenet import SqueezeNet

STRIDE = 16
"""The network's input height and width must be multiples of this."""


class Residual(nn.Module):
    """Residual block of two 3x3 convolutions; the identity at initialization."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        zero_init(self.second)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> (N, width, H, W)."""
        return x + self.second(F.leaky_relu(self.first(x), 0.1))


class RestoreNet(nn.Module):
    """Predicts a restored picture and the mask of lost pixels. Includes the classifier of negatives, `detector`.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the input size.
        blocks: residual blocks at each of these sizes, in the encoder and again in the decoder.
    """

    def __init__(self, widths: tuple[int, ...] = (32, 64, 96, 128), blocks: tuple[int, ...] = (1, 2, 3, 3)) -> None:
        super().__init__()
        self.enter = nn.Conv2d(4, widths[0], 3, padding=1)
        self.down = nn.ModuleList(_blocks(w, n) for w, n in zip(widths, blocks, strict=True))
        self.up = nn.ModuleList(_blocks(w, n) for w, n in zip(widths[:-1], blocks[:-1], strict=True))
        steps = list(pairwise(widths))
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, 2) for a, b in steps)
        self.grow = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in steps)
        self.leave = nn.Conv2d(widths[0], 12, 3, padding=1)
        zero_init(self.leave)
        self.detector = Detector()

    def forward(self, degraded: Tensor) -> tuple[Tensor, Tensor]:
        """Restore pictures.

        Args:
            degraded: (N, 1, H, W) in 0..1; H and W are multiples of `STRIDE`.

        Returns:
            The restored pictures, about 0..1, and the logits of the lost pixels; both (N, 1, H, W).
        """
        residual, lost_logits = self.residual(degraded)
        return degraded + residual, lost_logits

    def residual(self, degraded: Tensor) -> tuple[Tensor, Tensor]:
        """Like `forward`, but return the residual, so that the caller can add it in float32 after half precision."""
        x = self.enter(F.pixel_unshuffle(degraded - 0.5, 2))
        skips = []
        for level, blocks in enumerate(self.down):
            x = blocks(x)
            if level < len(self.shrink):
                skips.append(x)
                x = self.shrink[level](x)
        for level in reversed(range(len(skips))):
            x = self.up[level](F.pixel_shuffle(self.grow[level](x), 2) + skips[level])
        offset, lost_logits, gain = F.pixel_shuffle(self.leave(x), 2).chunk(3, 1)
        return offset + gain * degraded, lost_logits


class Detector(nn.Module):
    """Classifies whole pictures as negatives by their content."""

    SIDE = 128
    """Height and width of the input, in pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.features = SqueezeNet(1)
        self.head = nn.Linear(1024, 1)

    def forward(self, grey: Tensor) -> Tensor:
        """(N, 1, SIDE, SIDE) in 0..1 -> (N,) logits, positive for negatives."""
        last = self.features(grey)[2]
        return self.head(torch.cat([last.mean((2, 3)), last.amax((2, 3)) / 10], 1))[:, 0]


def zero_init(layer: nn.Conv2d) -> None:
    """Set a convolution's weight and bias to zero."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Residual(width) for _ in range(count)))
