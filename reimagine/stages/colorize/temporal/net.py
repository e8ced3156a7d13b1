"""The network of `colorize temporal`: three consecutive frames of luma in, the colours of the middle one out.

It is the generator of a conditional GAN. The encoder processes each frame separately, the bottleneck combines
all three, and the skip connections are those of the middle frame. All layers but the bottleneck's first are those of
`ColorUNet`, so training can start from its weights: while the weights of the neighbours are zero, both networks give
the same result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..unet.net import ColorUNet

FRAMES = 3
"""Frames of an input: the previous one, the one that is colorized, and the next one."""


class TemporalUNet(ColorUNet):
    """Predicts a distribution over the colours of the middle of three frames; arguments as of `ColorUNet`."""

    def __init__(self, bins: int, width: int = 288, encoder: str = "squeezenet") -> None:
        super().__init__(bins, width, encoder)
        single = self.enter[0]
        assert isinstance(single, nn.Conv2d)
        self.enter[0] = nn.Conv2d(FRAMES * single.in_channels, width, 1, bias=False)

    def forward(self, greys: Tensor) -> Tensor:
        """(N, 3, H, W) luma in 0..1, H and W multiples of 16 -> (N, Q, H/4, W/4) logits."""
        n, frames, h, w = greys.shape
        features = self.encoder(greys.reshape(n * frames, 1, h, w))
        quarter, eighth = (x.unflatten(0, (n, frames))[:, frames // 2] for x in features[:2])
        x = self.body(F.relu(self.enter(features[2].unflatten(0, (n, frames)).flatten(1, 2))))
        return self.head(self.up2(self.up1(x, eighth), quarter))

    def predict_ab(self, greys: Tensor) -> Tensor:
        """Luma (N, 3, H, W) in 0..1 -> ab (N, 2, H/4, W/4), without gains."""
        return self.expected_ab(self(greys)).float()

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **options: Any) -> Any:
        """Load weights of this network, or of a `ColorUNet`, whose single frame becomes the middle one."""
        name = "enter.0.weight"
        single, enter = state_dict.get(name), self.enter[0]
        assert isinstance(enter, nn.Conv2d)
        if single is not None and single.shape[1] * FRAMES == enter.in_channels:
            joint = torch.zeros_like(enter.weight)
            channels = single.shape[1]
            joint[:, channels : 2 * channels] = single
            state_dict = {**state_dict, name: joint}
        return super().load_state_dict(state_dict, *args, **options)
