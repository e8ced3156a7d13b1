"""ConvNeXt (Liu et al. 2022), the encoder of DDColor, with the names of the published checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-6
"""Added to the variance in layer normalization."""
WIDER = 4
"""Channels between the two pointwise layers of a block, as a multiple of its width."""


class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of (N, C, H, W)."""

    def __init__(self, width: int) -> None:
        super().__init__(width, EPSILON)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """Depthwise 7x7 convolution, then two pointwise layers, with a scaled residual connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, EPSILON)
        self.pwconv1, self.pwconv2 = nn.Linear(width, WIDER * width), nn.Linear(WIDER * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Features at 1/4, 1/8, 1/16 and 1/32.

    Args:
        widths: channels of the four stages.
        depths: blocks of the four stages.
    """

    def __init__(self, widths: Sequence[int], depths: Sequence[int]) -> None:
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0]))
        halvings = [nn.Sequential(ChannelNorm(a), nn.Conv2d(a, b, 2, 2)) for a, b in pairwise(widths)]
        self.downsample_layers = nn.ModuleList([stem, *halvings])
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(width) for _ in range(depth))) for width, depth in zip(widths, depths, strict=True)
        )
        self.norm0, self.norm1, self.norm2, self.norm3 = (ChannelNorm(width) for width in widths)

    def forward(self, x: Tensor) -> list[Tensor]:
        """RGB (N, 3, H, W), ImageNet-normalized -> four feature maps, the finest first."""
        features = []
        norms = self.norm0, self.norm1, self.norm2, self.norm3
        for reduce, blocks, norm in zip(self.downsample_layers, self.stages, norms, strict=True):
            x = blocks(reduce(x))
            features.append(norm(x))
        return features
