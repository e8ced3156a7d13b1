"""GANSynth's generator (Engel et al. 2019, section 3, appendix A): a progressive GAN at its final resolution.

Attribute names are part of the weights' file.
"""

from __future__ import annotations

import math
import re
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOWEST_PITCH = 24
"""MIDI pitch of label 0."""
PUBLISHED_PITCHES = 61
"""Labels of the published networks."""


class Scaled(nn.Module):
    """A convolution with equalized learning rate (Karras et al. 2018, section 4.1).

    The stored weights have unit variance; the product, but not the bias, is scaled by He's constant.
    """

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], slope: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, *kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = math.sqrt(2 / ((1 + slope**2) * inputs * kernel[0] * kernel[1]))
        self.full_padding = kernel[0] != kernel[1]

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, height, width) -> (N, outputs, height, width); a first layer's kernel grows the size from 1x1."""
        kh, kw = self.weight.shape[2:]
        padding = (kh - 1, kw - 1) if self.full_padding else (kh // 2, kw // 2)
        return self.scale * F.conv2d(x, self.weight, padding=padding) + self.bias[:, None, None]


class Block(nn.Module):
    """Two convolutions, each followed by leaky ReLU and pixel norm."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.conv0 = Scaled(inputs, outputs, kernel)
        self.conv1 = Scaled(outputs, outputs, (3, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, height, width) -> (N, outputs, height, width)."""
        for conv in (self.conv0, self.conv1):
            x = pixel_norm(F.leaky_relu(conv(x), 0.2))
        return x


def pixel_norm(x: Tensor) -> Tensor:
    """Each pixel divided by the root mean square of its channels (Karras et al. 2018, section 4.2)."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class Generator(nn.Module):
    """A latent and a pitch to a mel spectrogram of log power and instantaneous frequency.

    Args:
        latent: length of z.
        pitches: number of labels, from LOWEST_PITCH up.
        start: (time, frequency) at the coarsest level; each level doubles both.
        filters: channels of each level.
    """

    def __init__(
        self,
        latent: int = 256,
        pitches: int = PUBLISHED_PITCHES,
        start: tuple[int, int] = (2, 16),
        filters: tuple[int, ...] = (256, 256, 256, 256, 128, 64, 32),
    ) -> None:
        super().__init__()
        self.latent, self.pitches = latent, pitches
        inputs = [latent + pitches, *filters]
        first_kernel = (start[0], start[1])
        self.blocks = nn.ModuleList(
            Block(a, b, (3, 3) if n else first_kernel) for n, (a, b) in enumerate(zip(inputs, filters, strict=False))
        )
        self.to_rgb = Scaled(filters[-1], 2, (1, 1), slope=1.0)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        """z (N, latent) normal, label (N,) int64, 0 is LOWEST_PITCH -> (N, 2, time, frequency) in -1..1."""
        x = torch.cat([z, F.one_hot(label, self.pitches).to(z)], 1)
        x = pixel_norm(x)[..., None, None]
        for number, block in enumerate(self.blocks):
            x = F.interpolate(x, scale_factor=2) if number else x
            x = block(x)
        return torch.tanh(self.to_rgb(x))

    @staticmethod
    def published(state: dict[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Magenta's variables as (this class's arguments, its state dict); ({}, `state`) if they are not Magenta's.

        Only the moving averages are used, and of the layers that output spectrograms only the last level's.
        """
        pattern = re.compile(
            r"Generator/progressive_gan_generator/progressive_gan_block_(\d+)/(conv0|conv1|to_rgb)/"
            r"(conv2d/kernel|bias)/ExponentialMovingAverage"
        )
        found = {m.groups(): v for k, v in state.items() if (m := pattern.fullmatch(k))}
        last = max((int(block) for block, _, _ in found), default=0)
        converted = {}
        for (block, layer, kind), value in found.items():
            name = "bias" if kind == "bias" else "weight"
            tensor = value if name == "bias" else value.permute(3, 2, 0, 1).contiguous()
            if layer != "to_rgb":
                converted[f"blocks.{int(block) - 1}.{layer}.{name}"] = tensor
            elif int(block) == last:
                converted[f"to_rgb.{name}"] = tensor
        if "blocks.0.conv0.weight" not in converted:
            return {}, state
        first = converted["blocks.0.conv0.weight"]
        filters = [len(converted[f"blocks.{n}.conv1.bias"]) for n in range(last)]
        arguments = {
            "latent": first.shape[1] - PUBLISHED_PITCHES,
            "pitches": PUBLISHED_PITCHES,
            "start": list(first.shape[2:]),
            "filters": filters,
        }
        return arguments, converted
