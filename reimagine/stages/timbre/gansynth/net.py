"""GANSynth's generator (Engel et al. 2019, section 3, appendix A): a progressive GAN's, fully grown."""

from __future__ import annotations

import math
import re
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOWEST = 24
"""MIDI pitch of the first label."""


class Scaled(nn.Module):
    """A convolution whose stored weights are normal and whose result is scaled (Karras et al. 2018, 4.1).

    The scale applies to the product, not to the bias.
    """

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], slope: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, *kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = math.sqrt(2 / ((1 + slope**2) * inputs * kernel[0] * kernel[1]))
        self.wide = kernel[0] != kernel[1]

    def forward(self, x: Tensor) -> Tensor:
        kh, kw = self.weight.shape[2:]
        edge = (kh - 1, kw - 1) if self.wide else (kh // 2, kw // 2)
        return self.scale * F.conv2d(x, self.weight, padding=edge) + self.bias[:, None, None]


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.conv0 = Scaled(inputs, outputs, kernel)
        self.conv1 = Scaled(outputs, outputs, (3, 3))

    def forward(self, x: Tensor) -> Tensor:
        for conv in (self.conv0, self.conv1):
            x = pixel_norm(F.leaky_relu(conv(x), 0.2))
        return x


def pixel_norm(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class Generator(nn.Module):
    """A latent and a pitch in, a mel spectrogram of log power and instantaneous frequency out.

    Args:
        latent: length of z.
        pitches: how many, from LOWEST up.
        start: (time, frequency) at the coarsest level; each level doubles both.
        filters: channels of each level.
    """

    def __init__(
        self,
        latent: int = 256,
        pitches: int = 61,
        start: tuple[int, int] = (2, 16),
        filters: tuple[int, ...] = (256, 256, 256, 256, 128, 64, 32),
    ) -> None:
        super().__init__()
        self.latent, self.pitches = latent, pitches
        inputs = [latent + pitches, *filters]
        self.blocks = nn.ModuleList(
            Block(a, b, (3, 3) if n else tuple(start)) for n, (a, b) in enumerate(zip(inputs, filters, strict=False))
        )
        self.to_rgb = Scaled(filters[-1], 2, (1, 1), slope=1.0)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        """z (N, latent) normal, label (N,) int64, 0 is LOWEST -> (N, 2, time, frequency) in -1..1."""
        x = torch.cat([z, F.one_hot(label, self.pitches).to(z)], 1)
        x = pixel_norm(x)[..., None, None]
        for number, block in enumerate(self.blocks):
            x = F.interpolate(x, scale_factor=2) if number else x
            x = block(x)
        return torch.tanh(self.to_rgb(x))

    @staticmethod
    def published(state: dict[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Magenta's variables -> the arguments of this class that fit them, and its state. Only the moving
        averages are used, and of the layers to spectrograms only the last: the finished network's."""
        pattern = re.compile(
            r"Generator/progressive_gan_generator/progressive_gan_block_(\d+)/(conv0|conv1|to_rgb)/"
            r"(conv2d/kernel|bias)/ExponentialMovingAverage"
        )
        found = {m.groups(): v for k, v in state.items() if (m := pattern.fullmatch(k))}
        last = max((int(block) for block, _, _ in found), default=0)
        mine = {}
        for (block, layer, what), value in found.items():
            end = "bias" if what == "bias" else "weight"
            plain = value if end == "bias" else value.permute(3, 2, 0, 1).contiguous()
            if layer != "to_rgb":
                mine[f"blocks.{int(block) - 1}.{layer}.{end}"] = plain
            elif int(block) == last:
                mine[f"to_rgb.{end}"] = plain
        if "blocks.0.conv0.weight" not in mine:
            return {}, state
        first = mine["blocks.0.conv0.weight"]
        filters = [len(mine[f"blocks.{n}.conv1.bias"]) for n in range(last)]
        start = list(first.shape[2:])
        return {"latent": first.shape[1] - 61, "pitches": 61, "start": start, "filters": filters}, mine
