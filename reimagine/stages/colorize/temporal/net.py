"""Three consecutive grey frames in, the colours of the middle one out.

The conditional GAN's generator for film: one encoder sees each frame by itself, a joint bottleneck sees all
three, U-net skips come from the middle one. Everything but the bottleneck's first layer is the colorizer's
(`colorize.unet`), so that its weights are a start from which a film is learnt in minutes: as long as the
neighbours' share is zero, it is that colorizer.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..unet.net import ColorUNet

FRAMES = 3


class TemporalUNet(ColorUNet):
    """Grey frames -> colour distribution of the middle one; arguments as `ColorUNet`'s."""

    def __init__(self, bins: int, width: int = 288) -> None:
        super().__init__(bins, width)
        alone = self.enter[0]
        self.enter[0] = torch.nn.Conv2d(FRAMES * alone.in_channels, width, 1, bias=False)

    def forward(self, greys: Tensor) -> Tensor:
        """(N, 3, H, W) luma in 0..1, H and W multiples of 16 -> (N, Q, H/4, W/4) logits."""
        n, frames, h, w = greys.shape
        seen = self.encoder(greys.reshape(n * frames, 1, h, w))
        quarter, eighth = (x.unflatten(0, (n, frames))[:, frames // 2] for x in seen[:2])
        x = self.body(F.relu(self.enter(seen[2].unflatten(0, (n, frames)).flatten(1, 2))))
        return self.head(self.up2(self.up1(x, eighth), quarter))

    def paint(self, greys: Tensor) -> Tensor:
        """Luma (N, 3, H, W) in 0..1 -> ab (N, 2, H/4, W/4). Nothing is held back: it knows its film."""
        return self.colour(self(greys)).float()

    def load_state_dict(self, state_dict: dict[str, Any], *args: Any, **more: Any) -> Any:
        """Also a plain colorizer's: its one frame becomes the middle one."""
        name = "enter.0.weight"
        given = state_dict.get(name)
        if given is not None and given.shape[1] * FRAMES == self.enter[0].in_channels:
            joint = torch.zeros_like(self.enter[0].weight)
            share = given.shape[1]
            joint[:, share : 2 * share] = given
            state_dict = {**state_dict, name: joint}
        return super().load_state_dict(state_dict, *args, **more)
