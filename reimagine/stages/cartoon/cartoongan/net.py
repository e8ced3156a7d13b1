"""Two generators.

`CartoonGenerator` is the published network (Chen, Lai & Liu 2018, figure 2); its modules are named as in the published
weights. `LightGenerator` has a tenth of its parameters and needs a twentieth of its multiplications, nearly all of them
at a quarter and an eighth of the size, where a stroke is one pixel wide.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Generator(nn.Module):
    """Base class of the generators, with what inference has to know about a network.

    `forward` takes and returns (N, 3, H, W) RGB in -1..1; H and W are multiples of `size_multiple`.
    """

    padding: ClassVar[int] = 0
    """Pixels by which an image is extended at every edge, so that zero padding inside the network does not show."""
    size_multiple: ClassVar[int] = 1
    """Height and width must be multiples of this."""
    smooths_flat_regions: ClassVar[bool] = False
    """Whether the output needs `filters.smooth_flat_regions`, because the network draws texture into flat regions."""


def generator(kind: str = "published", **arch: Any) -> Generator:
    """Return the network with the architecture arguments of a weights file; published files do not store their kind."""
    return {"published": CartoonGenerator, "light": LightGenerator}[kind](**arch)


class InstanceNorm(nn.Module):
    """Instance normalization with biased variance and eps 1e-9, as published."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
        normalized = (x - mean) * torch.rsqrt(variance + 1e-9)
        return normalized * self.scale[:, None, None] + self.shift[:, None, None]


class CartoonGenerator(Generator):
    """The published network.

    Args:
        width: channels at full size (64 in the paper).
    """

    size_multiple: ClassVar[int] = 4

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
        """(N, 3, H, W) RGB in -1..1 -> the same shape and range. The published weights expect BGR inside."""
        x = F.relu(self.in01_1(self.conv01_1(F.pad(x.flip(1), (3, 3, 3, 3), "reflect"))))
        x = F.relu(self.in02_1(self.conv02_2(self.conv02_1(x))))
        x = F.relu(self.in03_1(self.conv03_2(self.conv03_1(x))))
        for number in range(4, 12):
            x = x + self.block(F.relu(self.block(x, number, 1)), number, 2)
        x = F.relu(self.in12_1(self.deconv01_2(self.deconv01_1(x))))
        x = F.relu(self.in13_1(self.deconv02_2(self.deconv02_1(x))))
        return torch.tanh(self.deconv03_1(F.pad(x, (3, 3, 3, 3), "reflect"))).flip(1)

    def block(self, x: Tensor, number: int, part: int) -> Tensor:
        """Apply one half of a residual block: reflection padding, convolution, normalization."""
        conv, norm = (self.get_submodule(f"{kind}{number:02d}_{part}") for kind in ("conv", "in"))
        return norm(conv(F.pad(x, (1, 1, 1, 1), "reflect")))


def conv_norm(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution followed by instance normalization.

    The mean and variance over the whole image carry its overall tone, which separates dusk from noon.
    """
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), FastInstanceNorm(outputs, outputs))


class FastInstanceNorm(nn.GroupNorm):
    """Instance normalization as group normalization with one channel per group; faster in training on a CPU."""

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        if self.training:
            return FastInstanceNormFunction.apply(input, self.weight, self.bias, self.eps)
        return super().forward(input)


class FastInstanceNormFunction(torch.autograd.Function):
    """Group normalization whose backward pass preserves the memory format and precision of its input.

    On a CPU, PyTorch's own backward pass takes more than half of a training step.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        """(N, C, H, W), (C,), (C,) -> (N, C, H, W)."""
        n, c, h, w = x.shape
        y, mean, scale = torch.native_group_norm(x, weight, bias, n, c, h * w, c, eps)
        ctx.save_for_backward(x, weight, mean, scale)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Gradients of `forward`'s arguments."""
        x, weight, mean, scale = ctx.saved_tensors
        mean, scale = mean[..., None, None], scale[..., None, None]
        normalized = ((x - mean) * scale).to(grad.dtype)
        grad_mean = grad.mean((2, 3), True, dtype=torch.float)
        projection = (grad * normalized).mean((2, 3), True, dtype=torch.float)
        centred = grad - grad_mean.to(grad.dtype) - normalized * projection.to(grad.dtype)
        grad_x = centred * (weight[:, None, None] * scale)
        pixels = x.shape[2] * x.shape[3]
        return grad_x.to(x.dtype), (projection * pixels).sum((0, 2, 3)), (grad_mean * pixels).sum((0, 2, 3)), None


class Residual(nn.Module):
    """Residual block of two convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv_norm(width, width), conv_norm(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> the same shape."""
        return x + self.second(F.relu(self.first(x)))


class LightGenerator(Generator):
    """A U-Net of residual blocks, with pixel (un)shuffling and few channels at full size.

    The output is added to the input's average-pooled tones, so fine detail appears only if the network draws it.

    Args:
        widths: channels at 1/2, 1/4 and 1/8 of the size.
        blocks: residual blocks of the encoder at 1/4 and at 1/8; the decoder has one at 1/4.
    """

    padding: ClassVar[int] = 8
    size_multiple: ClassVar[int] = 8
    smooths_flat_regions: ClassVar[bool] = True

    def __init__(self, widths: tuple[int, int, int] = (24, 64, 96), blocks: tuple[int, int] = (3, 4)) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.enter = conv_norm(12, half)
        self.quarter = conv_norm(half, quarter, 2)
        self.quarter_body = nn.Sequential(*(Residual(quarter) for _ in range(blocks[0])))
        self.eighth = conv_norm(quarter, eighth, 2)
        self.eighth_body = nn.Sequential(*(Residual(eighth) for _ in range(blocks[1])))
        self.up_quarter, self.join_quarter = nn.Conv2d(eighth, quarter, 1), conv_norm(quarter, quarter)
        self.refine = Residual(quarter)
        self.up_half, self.join_half = nn.Conv2d(quarter, half, 1), conv_norm(half, half)
        self.full = nn.Conv2d(half, 12, 3, padding=1)
        self.line1 = nn.Conv2d(6, 12, 3, padding=1)
        self.line2 = nn.Conv2d(12, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in -1..1 -> the same shape; values may lie a little outside -1..1."""
        half = F.relu(self.enter(F.pixel_unshuffle(x, 2)))
        quarter = self.quarter_body(F.relu(self.quarter(half)))
        eighth = self.eighth_body(F.relu(self.eighth(quarter)))
        quarter = self.refine(F.relu(self.join_quarter(quarter + _upsample(self.up_quarter(eighth)))))
        half = F.relu(self.join_half(half + _upsample(self.up_half(quarter))))
        output = F.pixel_shuffle(self.full(half), 2)
        output = output + F.interpolate(F.avg_pool2d(x, 4), scale_factor=4.0, mode="bilinear")
        return output + self.line2(F.relu(self.line1(torch.cat([x, output], 1))))


def _upsample(x: Tensor) -> Tensor:
    """Bilinear upsampling by 2."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")
