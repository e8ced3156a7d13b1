"""CartoonGAN's generator (Chen, Lai & Liu 2018, figure 2), under the names of its published weights."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class InstanceNorm(nn.Module):
    """Per picture and channel, biased variance, eps 1e-9: as published."""

    def __init__(self, width: int):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
        even = (x - mean) * torch.rsqrt(variance + 1e-9)
        return even * self.scale[:, None, None] + self.shift[:, None, None]


class CartoonGenerator(nn.Module):
    """A picture in, the same picture in an artist's look out. Blocks are named as in the published files.

    Args:
        width: channels at full size (64 in the paper).
    """

    def __init__(self, width: int = 64):
        super().__init__()
        w = width
        self.conv01_1, self.in01_1 = nn.Conv2d(3, w, 7), InstanceNorm(w)
        self.conv02_1, self.conv02_2 = nn.Conv2d(w, 2 * w, 3, 2, 1), nn.Conv2d(2 * w, 2 * w, 3, 1, 1)
        self.in02_1 = InstanceNorm(2 * w)
        self.conv03_1, self.conv03_2 = nn.Conv2d(2 * w, 4 * w, 3, 2, 1), nn.Conv2d(4 * w, 4 * w, 3, 1, 1)
        self.in03_1 = InstanceNorm(4 * w)
        for block in range(4, 12):
            for part in (1, 2):
                self.add_module(f"conv{block:02d}_{part}", nn.Conv2d(4 * w, 4 * w, 3))
                self.add_module(f"in{block:02d}_{part}", InstanceNorm(4 * w))
        self.deconv01_1 = nn.ConvTranspose2d(4 * w, 2 * w, 3, 2, 1, 1)
        self.deconv01_2, self.in12_1 = nn.Conv2d(2 * w, 2 * w, 3, 1, 1), InstanceNorm(2 * w)
        self.deconv02_1 = nn.ConvTranspose2d(2 * w, w, 3, 2, 1, 1)
        self.deconv02_2, self.in13_1 = nn.Conv2d(w, w, 3, 1, 1), InstanceNorm(w)
        self.deconv03_1 = nn.Conv2d(w, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in **BGR**, -1..1, sides multiples of 4 -> the same."""
        x = F.relu(self.in01_1(self.conv01_1(F.pad(x, (3, 3, 3, 3), "reflect"))))
        x = F.relu(self.in02_1(self.conv02_2(self.conv02_1(x))))
        x = F.relu(self.in03_1(self.conv03_2(self.conv03_1(x))))
        for block in range(4, 12):
            x = x + self.step(F.relu(self.step(x, block, 1)), block, 2)
        x = F.relu(self.in12_1(self.deconv01_2(self.deconv01_1(x))))
        x = F.relu(self.in13_1(self.deconv02_2(self.deconv02_1(x))))
        return torch.tanh(self.deconv03_1(F.pad(x, (3, 3, 3, 3), "reflect")))

    def step(self, x: Tensor, block: int, part: int) -> Tensor:
        conv, norm = (self.get_submodule(f"{kind}{block:02d}_{part}") for kind in ("conv", "in"))
        return norm(conv(F.pad(x, (1, 1, 1, 1), "reflect")))
