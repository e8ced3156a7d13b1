"""Two generators that draw a picture in an artist's look, and nothing else.

`CartoonGenerator` is the published one (Chen, Lai & Liu 2018, figure 2) under the names of its weights;
`LightGenerator` is ours: a tenth of its parameters, and a twentieth of its work, nearly all of it done
at a quarter and an eighth of the size, where a stroke is a pixel wide.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def generator(kind: str = "published", **arch: Any) -> nn.Module:
    """The network a weights file was saved from; published files do not say their kind."""
    return {"published": CartoonGenerator, "light": LightGenerator}[kind](**arch)


class InstanceNorm(nn.Module):
    """Per picture and channel, biased variance, eps 1e-9: as published."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
        even = (x - mean) * torch.rsqrt(variance + 1e-9)
        return even * self.scale[:, None, None] + self.shift[:, None, None]


class CartoonGenerator(nn.Module):
    """The published network; blocks are named as in its files.

    Args:
        width: channels at full size (64 in the paper).
    """

    margin, step, restless = 0, 4, False
    """How far it wants to see beyond a picture's edges, what its sides are multiples of, and whether its even
    places want calming."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        w = width
        self.conv01_1, self.in01_1 = nn.Conv2d(3, w, 7), InstanceNorm(w)
        self.conv02_1, self.conv02_2 = nn.Conv2d(w, 2 * w, 3, 2, 1), nn.Conv2d(2 * w, 2 * w, 3, 1, 1)
        self.in02_1 = InstanceNorm(2 * w)
        self.conv03_1, self.conv03_2 = nn.Conv2d(2 * w, 4 * w, 3, 2, 1), nn.Conv2d(4 * w, 4 * w, 3, 1, 1)
        self.in03_1 = InstanceNorm(4 * w)
        for number in range(4, 12):
            for part in (1, 2):
                self.add_module(f"conv{number:02d}_{part}", nn.Conv2d(4 * w, 4 * w, 3))
                self.add_module(f"in{number:02d}_{part}", InstanceNorm(4 * w))
        self.deconv01_1 = nn.ConvTranspose2d(4 * w, 2 * w, 3, 2, 1, 1)
        self.deconv01_2, self.in12_1 = nn.Conv2d(2 * w, 2 * w, 3, 1, 1), InstanceNorm(2 * w)
        self.deconv02_1 = nn.ConvTranspose2d(2 * w, w, 3, 2, 1, 1)
        self.deconv02_2, self.in13_1 = nn.Conv2d(w, w, 3, 1, 1), InstanceNorm(w)
        self.deconv03_1 = nn.Conv2d(w, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) RGB, -1..1, sides multiples of 4 -> the same, drawn. (Its weights know BGR.)"""
        x = F.relu(self.in01_1(self.conv01_1(F.pad(x.flip(1), (3, 3, 3, 3), "reflect"))))
        x = F.relu(self.in02_1(self.conv02_2(self.conv02_1(x))))
        x = F.relu(self.in03_1(self.conv03_2(self.conv03_1(x))))
        for number in range(4, 12):
            x = x + self.block(F.relu(self.block(x, number, 1)), number, 2)
        x = F.relu(self.in12_1(self.deconv01_2(self.deconv01_1(x))))
        x = F.relu(self.in13_1(self.deconv02_2(self.deconv02_1(x))))
        return torch.tanh(self.deconv03_1(F.pad(x, (3, 3, 3, 3), "reflect"))).flip(1)

    def block(self, x: Tensor, number: int, part: int) -> Tensor:
        conv, norm = (self.get_submodule(f"{kind}{number:02d}_{part}") for kind in ("conv", "in"))
        return norm(conv(F.pad(x, (1, 1, 1, 1), "reflect")))


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A convolution and instance norm (a group a channel): the whole picture's tone is in its mean and
    variance, which is how the look knows dusk from noon."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), EvenNorm(outputs, outputs))


class EvenNorm(nn.GroupNorm):
    """Instance norm: a group a channel."""

    def forward(self, x: Tensor) -> Tensor:
        return Even.apply(x, self.weight, self.bias, self.eps) if self.training else super().forward(x)


class Even(torch.autograd.Function):
    """Group norm with a backward that keeps to the layout and precision of its input: on a processor
    PyTorch's own takes more than half of a training step."""

    @staticmethod
    def forward(context, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        n, c, h, w = x.shape
        y, mean, scale = torch.native_group_norm(x, weight, bias, n, c, h * w, c, eps)
        context.save_for_backward(x, weight, mean, scale)
        return y

    @staticmethod
    def backward(context, grad: Tensor):
        x, weight, mean, scale = context.saved_tensors
        mean, scale = mean[..., None, None], scale[..., None, None]
        even = ((x - mean) * scale).to(grad.dtype)
        plain = grad.mean((2, 3), True, dtype=torch.float)
        along = (grad * even).mean((2, 3), True, dtype=torch.float)
        back = (grad - plain.to(grad.dtype) - even * along.to(grad.dtype)) * (weight[:, None, None] * scale)
        pixels = x.shape[2] * x.shape[3]
        return back.to(x.dtype), (along * pixels).sum((0, 2, 3)), (plain * pixels).sum((0, 2, 3)), None


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv(width, width), conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(x)))


class LightGenerator(nn.Module):
    """A U-Net of residual blocks; the two ends are a pixel shuffle and a few channels at full size. It
    draws onto the picture's soft tones: what is fine is not there unless it is drawn.

    Args:
        widths: channels at 1/2, 1/4 and 1/8.
        blocks: residual blocks at 1/4 and at 1/8 on the way down; one more at 1/4 on the way up.
    """

    margin, step, restless = 8, 8, True

    def __init__(self, widths: tuple[int, int, int] = (24, 64, 96), blocks: tuple[int, int] = (3, 4)) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.enter = conv(12, half)
        self.quarter = conv(half, quarter, 2)
        self.quarter_body = nn.Sequential(*(Residual(quarter) for _ in range(blocks[0])))
        self.eighth = conv(quarter, eighth, 2)
        self.eighth_body = nn.Sequential(*(Residual(eighth) for _ in range(blocks[1])))
        self.up_quarter, self.join_quarter = nn.Conv2d(eighth, quarter, 1), conv(quarter, quarter)
        self.refine = Residual(quarter)
        self.up_half, self.join_half = nn.Conv2d(quarter, half, 1), conv(half, half)
        self.full = nn.Conv2d(half, 12, 3, padding=1)
        self.line1 = nn.Conv2d(6, 12, 3, padding=1)
        self.line2 = nn.Conv2d(12, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) RGB, -1..1, sides multiples of 8 -> the same, drawn; a little may lie outside."""
        half = F.relu(self.enter(F.pixel_unshuffle(x, 2)))
        quarter = self.quarter_body(F.relu(self.quarter(half)))
        eighth = self.eighth_body(F.relu(self.eighth(quarter)))
        quarter = self.refine(F.relu(self.join_quarter(quarter + _twice(self.up_quarter(eighth)))))
        half = F.relu(self.join_half(half + _twice(self.up_half(quarter))))
        made = F.pixel_shuffle(self.full(half), 2)
        made = made + F.interpolate(F.avg_pool2d(x, 4), scale_factor=4.0, mode="bilinear")
        return made + self.line2(F.relu(self.line1(torch.cat([x, made], 1))))


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")
