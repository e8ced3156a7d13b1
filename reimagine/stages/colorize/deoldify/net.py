"""DeOldify's generators (Antic 2018-2020): a U-Net on ResNet features, with self-attention.

The modules have the names of the published checkpoints, which are fastai v1's DynamicUnet: `layers.0` is the encoder,
1 to 3 the bottleneck, 4 to 7 the decoder, 8 to 12 the output. Spectral and weight normalization are folded into plain
weights on import, as in evaluation mode.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's RGB in 0..1; the network's input and output are normalized with it."""
STD = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's RGB in 0..1."""
SKIP_LAYERS = (2, 4, 5, 6)
"""Encoder layers whose outputs are skip connections: the ReLU at 1/2, then the groups at 1/4, 1/8 and 1/16."""


def norm(width: int) -> nn.BatchNorm2d:
    """Batch normalization."""
    return nn.BatchNorm2d(width)


class BasicBlock(nn.Module):
    """ResNet-34's block (He et al. 2016)."""

    expansion = 1
    """Output channels per channel of `width`."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False), norm(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), norm(width)
        self.downsample = shortcut(inputs, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


class Bottleneck(nn.Module):
    """ResNet-101's block, with the stride on the 3x3 convolution."""

    expansion = 4
    """Output channels per channel of `width`."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), norm(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), norm(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), norm(4 * width)
        self.downsample = shortcut(inputs, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Projection of the residual connection; empty (the identity) if the shape does not change."""
    if stride == 1 and inputs == outputs:
        return nn.Sequential()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), norm(outputs))


def encoder(block: type[BasicBlock] | type[Bottleneck], depths: tuple[int, ...], width: int) -> nn.Sequential:
    """torchvision's ResNet without its last two layers: 0 conv1, 1 bn1, 2 ReLU, 3 pooling, 4 to 7 layer1 to layer4."""
    groups: list[nn.Module] = []
    inputs = width
    for number, depth in enumerate(depths):
        blocks = []
        for position in range(depth):
            blocks.append(block(inputs, width << number, 2 if number and not position else 1))
            inputs = (width << number) * block.expansion
        groups.append(nn.Sequential(*blocks))
    stem = nn.Conv2d(3, width, 7, 2, 3, bias=False), norm(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
    return nn.Sequential(*stem, *groups)


class Attention(nn.Module):
    """Self-attention over all positions (SAGAN, Zhang et al. 2019)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key = (nn.Conv1d(width, width // 8, 1, bias=False) for _ in range(2))
        self.value = nn.Conv1d(width, width, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        beta = torch.softmax(self.query(flat).transpose(1, 2) @ self.key(flat), 1)
        return (self.gamma * (self.value(flat) @ beta) + flat).view_as(x)


def conv(inputs: int, outputs: int, attention: bool = False) -> nn.Sequential:
    """Convolution, ReLU and batch normalization, in this order; then attention, if `attention`."""
    layers = [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.ReLU(), norm(outputs)]
    return nn.Sequential(*layers, *([Attention(outputs)] if attention else []))


class Shuffle(nn.Module):
    """Upsampling by two with a pixel shuffle; `blur` removes its checkerboard artifacts."""

    def __init__(self, inputs: int, outputs: int, blur: bool = True) -> None:
        super().__init__()
        first = nn.Conv2d(inputs, 4 * outputs, 1, bias=not blur)
        self.conv = nn.Sequential(first, norm(4 * outputs)) if blur else nn.Sequential(first)
        self.blur = blur

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_shuffle(F.relu(self.conv(x)), 2)
        return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, 1) if self.blur else x


class Up(nn.Module):
    """A decoder level: upsampling, then convolutions of the result and the encoder's skip connection."""

    def __init__(self, inputs: int, half: int, skip: int, outputs: int, deep: bool, attention: bool) -> None:
        super().__init__()
        self.shuf, self.bn = Shuffle(inputs, half), norm(skip)
        self.deep = deep
        if deep:
            self.conv1, self.conv2 = conv(half + skip, outputs), conv(outputs, outputs, attention)
        else:
            self.conv = conv(half + skip, outputs, attention)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.shuf(x)
        if x.shape[-2:] != skip.shape[-2:]:
            x = F.interpolate(x, skip.shape[-2:], mode="nearest")
        x = F.relu(torch.cat([x, self.bn(skip)], 1))
        return self.conv2(self.conv1(x)) if self.deep else self.conv(x)


class Residual(nn.Module):
    """Two convolutions with a residual connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU()) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers[1](self.layers[0](x))


class DeOldify(nn.Module):
    """Predicts the RGB image of a grey one.

    Args:
        kind: "wide" (ResNet-101: Stable and Video) or "deep" (ResNet-34: Artistic).
        divide: divisor of all widths; 1 is the published network.
    """

    def __init__(self, kind: str = "wide", divide: int = 1) -> None:
        super().__init__()
        deep = kind == "deep"
        block, depths = (BasicBlock, (3, 4, 6, 3)) if deep else (Bottleneck, (3, 4, 23, 3))
        base = 64 // divide
        skips = [base * block.expansion << n for n in (2, 1, 0)] + [base]
        bottom = base * block.expansion << 3
        decoder = [768, 768, 672, 300] if deep else [512, 512, 512, 256]
        widths = [bottom, *(n // divide for n in decoder)]
        halves = [w // 2 for w in widths[:4]] if deep else [n // divide for n in (512, 512, 512, 256)]
        end = widths[-1] + 3
        levels = [
            Up(inputs, half, skip, outputs, deep, number == 1)
            for number, ((inputs, outputs), half, skip) in enumerate(zip(pairwise(widths), halves, skips, strict=True))
        ]
        self.layers = nn.ModuleList(
            [
                encoder(block, depths, base),
                norm(bottom),
                nn.ReLU(),
                nn.Sequential(conv(bottom, 2 * bottom), conv(2 * bottom, bottom)),
                *levels,
                Shuffle(widths[-1], widths[-1], blur=False),
                nn.Identity(),
                Residual(end),
                nn.Sequential(nn.Conv2d(end, 3, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Grey as RGB (N, 3, H, W), ImageNet-normalized, sides multiples of 16 -> RGB of the same shape and range."""
        grey, skips = x, []
        for number, layer in enumerate(self.layers[0].children()):
            x = layer(x)
            if number in SKIP_LAYERS:
                skips.append(x)
        x = self.layers[3](F.relu(self.layers[1](x)))
        for level, skip in zip(self.layers[4:8], reversed(skips), strict=True):
            x = level(x, skip)
        x = self.layers[10](torch.cat([self.layers[8](x), grey], 1))
        return torch.sigmoid(self.layers[11](x)) * 6 - 3

    def predict_rgb(self, luma: Tensor) -> Tensor:
        """Luma (N, 1, H, W) in 0..1 -> RGB (N, 3, H, W) in 0..1."""
        mean, std = (luma.new_tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
        return (self((luma.expand(-1, 3, -1, -1) - mean) / std) * std + mean).clamp(0, 1)
