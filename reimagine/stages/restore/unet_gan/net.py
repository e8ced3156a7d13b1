"""The restorer: a worn positive in, what must change and what is lost out; and who tells a negative.

A U-Net of plain residual blocks (no normalisation: it would forget how light a picture is) that begins
at half the size, where every output pixel still sees its four inputs (Shi et al. 2016). It adds to the
picture, and lifts or lowers what is there, rather than painting it anew: it starts by doing nothing, never
does much to what is well, and of a stain need know only where it is and how deep. Everything is local,
about 300 pixels wide: a picture may be cut into overlapping tiles.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.zoo.squeezenet import SqueezeNet

STEP = 16
"""Sides of what the network is shown are multiples of this."""


class Residual(nn.Module):
    """Two convolutions added to what goes in; nothing at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.first(x), 0.1))


class RestoreNet(nn.Module):
    """Worn picture -> clean picture, and how far each place of it was lost.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the size.
        blocks: residual blocks at each of them, on the way down and again on the way up.
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
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        self.detector = Detector()

    def forward(self, worn: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, H, W) in 0..1, H and W multiples of 16 -> the clean picture, about 0..1, and logits of
        what is lost; both (N, 1, H, W)."""
        change, lost = self.change(worn)
        return worn + change, lost

    def change(self, worn: Tensor) -> tuple[Tensor, Tensor]:
        """The same, but what is to be added to the picture: exact also where the network is not."""
        x = self.enter(F.pixel_unshuffle(worn - 0.5, 2))
        skips = []
        for level, blocks in enumerate(self.down):
            x = blocks(x)
            if level < len(self.shrink):
                skips.append(x)
                x = self.shrink[level](x)
        for level in reversed(range(len(skips))):
            x = self.up[level](F.pixel_shuffle(self.grow[level](x), 2) + skips[level])
        change, lost, gain = F.pixel_shuffle(self.leave(x), 2).chunk(3, 1)
        return change + gain * worn, lost


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Residual(width) for _ in range(count)))


class Detector(nn.Module):
    """Tells a negative by what it shows: faces are dark, the sky is black."""

    SIDE = 128

    def __init__(self) -> None:
        super().__init__()
        self.features = SqueezeNet(1)
        self.head = nn.Linear(1024, 1)

    def forward(self, grey: Tensor) -> Tensor:
        """Whole pictures (N, 1, SIDE, SIDE) in 0..1 -> (N,) logits: above 0 it is a negative."""
        last = self.features(grey)[2]
        return self.head(torch.cat([last.mean((2, 3)), last.amax((2, 3)) / 10], 1))[:, 0]
