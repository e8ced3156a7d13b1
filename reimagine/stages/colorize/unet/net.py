"""The colorizer's network: luma in, a distribution over colours out, at a quarter of the size.

An encoder whose starting point can be published ImageNet features, EfficientNet-Lite0 (Tan & Le 2019) or SqueezeNet
(Iandola et al. 2016); a context block at 1/16, with a global mean and maximum and self-attention, so that the whole
scene influences every colour; and two U-Net decoder levels. The output is a softmax over quantized ab colours (Zhang et
al. 2016): a regression would predict the mean, brown, for a coat that may be red or green.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.zoo.efficientnet_lite import EfficientNetLite0
from reimagine.zoo.squeezenet import SqueezeNet

ENCODERS = {"squeezenet": (128, 256, 512), "efficientnet-lite0": (24, 40, 432)}
"""Channels of each encoder at 1/4, 1/8 and 1/16."""
LUMA_LEVELS = (0.0, 0.25, 0.85, 1.0)
"""Luma at which the gains of a and b are given; between them they are interpolated linearly."""
UNCALIBRATED_GAINS = (0.6, 1.0, 1.0, 0.85)
"""Gains of weights without calibration: such a network predicts too much chroma in black and white."""
LEAST_GAINS = (0.0, 0.0, 0.8, 0.8)
"""Lower limits of the gains at `LUMA_LEVELS`."""
LARGEST_GAIN = 1.3
"""Largest gain of a calibration."""


def conv(inputs: int, outputs: int, size: int = 3) -> nn.Sequential:
    """Convolution and batch normalization."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """Two convolutions with a residual connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv(width, width), conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


class Context(nn.Module):
    """Modulation by the global mean and maximum, then a transformer layer over all positions.

    Args:
        width: channels.
        bounded: normalize the output. Without it (weights of earlier versions) nothing limits the factors of the
            modulation, and at a high learning rate the activations grow until the training diverges.
        heads: of the attention.
    """

    def __init__(self, width: int, bounded: bool = True, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.modulate = nn.Sequential(nn.Linear(2 * width, width // 2), nn.ReLU(), nn.Linear(width // 2, 2 * width))
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width) if bounded else nn.Identity()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        scale, shift = self.modulate(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)).chunk(2, 1)
        x = x * (1 + scale[..., None, None]) + shift[..., None, None]
        t = x.flatten(2).transpose(1, 2)
        q, k, v = (part.view(n, h * w, self.heads, -1).transpose(1, 2) for part in self.qkv(self.norm1(t)).chunk(3, -1))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, h * w, c)
        t = t + self.out(mixed)
        t = self.norm3(t + self.mlp(self.norm2(t)))
        return t.transpose(1, 2).reshape(n, c, h, w)


class Up(nn.Module):
    """A decoder level: upsampling by two, then convolutions of the result and the encoder's skip connection."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.narrow, self.lateral = conv(inputs, outputs, 1), conv(skip, outputs // 2, 1)
        self.join = conv(outputs + outputs // 2, outputs)
        self.refine = conv(outputs, outputs)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = F.interpolate(self.narrow(x), scale_factor=2.0, mode="nearest")
        x = F.relu(self.join(F.relu(torch.cat([x, self.lateral(skip)], 1))))
        return F.relu(x + self.refine(x))


class ColorUNet(nn.Module):
    """Predicts a distribution over colours from luma.

    Args:
        bins: number of quantized ab colours. Their values are in the buffer `bins` (Q, 2), in CIELAB units, and are
            saved with the weights.
        width: channels at 1/16.
        encoder: a name in `ENCODERS`.

    Attributes:
        arch: the arguments, which are saved with the weights.
        gains: factors of a and of b at `LUMA_LEVELS`, (2, 4), saved with the weights: see `calibrate`.
    """

    bins: Tensor
    gains: Tensor

    def __init__(self, bins: int, width: int = 288, encoder: str = "squeezenet") -> None:
        super().__init__()
        self.arch = {"bins": bins, "width": width, "encoder": encoder}
        quarter, eighth, sixteenth = ENCODERS[encoder]
        self.encoder = SqueezeNet(1) if encoder == "squeezenet" else EfficientNetLite0()
        self.enter = conv(sixteenth, width, 1)
        self.body = nn.Sequential(Residual(width), Context(width, encoder != "squeezenet"), Residual(width))
        self.up1 = Up(width, eighth, 192)
        self.up2 = Up(192, quarter, 112)
        self.head = nn.Conv2d(112, bins, 1)
        self.register_buffer("bins", torch.zeros(bins, 2))
        self.register_buffer("gains", torch.tensor([UNCALIBRATED_GAINS] * 2))

    def forward(self, grey: Tensor) -> Tensor:
        """(N, 1, H, W) luma in 0..1, H and W multiples of 16 -> (N, Q, H/4, W/4) logits."""
        quarter, eighth, x = self.encoder(grey)
        x = self.body(F.relu(self.enter(x)))
        return self.head(self.up2(self.up1(x, eighth), quarter))

    def expected_ab(self, logits: Tensor, temperature: float = 1.0) -> Tensor:
        """Logits (N, Q, h, w) -> ab (N, 2, h, w): the annealed mean (Zhang et al. 2016, section 2.3)."""
        probabilities = torch.softmax(logits.float() / temperature, 1)
        return torch.einsum("nqhw,qc->nchw", probabilities, self.bins.float())

    def predict_ab(self, grey: Tensor) -> Tensor:
        """Luma (N, 1, H, W) in 0..1 -> ab (N, 2, H/4, W/4), times the gains."""
        basis = luma_basis(F.avg_pool2d(grey.float(), 4))
        return self.expected_ab(self(grey)) * torch.einsum("nkhw,ck->nchw", basis, self.gains.float())

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **options: Any) -> Any:
        """Load weights; those of earlier versions have no gains, and get the uncalibrated ones."""
        return super().load_state_dict({"gains": self.gains, **state_dict}, *args, **options)


def luma_basis(luma: Tensor) -> Tensor:
    """Luma (N, 1, H, W) in 0..1 -> weights (N, 4, H, W) of the `LUMA_LEVELS` in a linear interpolation, sum 1."""
    levels = luma.new_tensor(LUMA_LEVELS)
    position = luma.clamp(0, 1)
    weights = [torch.zeros_like(position) for _ in LUMA_LEVELS]
    for number in range(len(LUMA_LEVELS) - 1):
        fraction = (position - levels[number]) / (levels[number + 1] - levels[number])
        inside = (fraction >= 0) & ((fraction < 1) if number + 2 < len(LUMA_LEVELS) else (fraction <= 1))
        weights[number] = weights[number] + torch.where(inside, 1 - fraction, 0)
        weights[number + 1] = weights[number + 1] + torch.where(inside, fraction, 0)
    return torch.cat(weights, 1)


def calibrate(luma: Tensor, predicted: Tensor, target: Tensor) -> Tensor:
    """Return the gains (2, 4) of a and b at `LUMA_LEVELS` with the least squared error, within fixed limits.

    Where a network is unsure of a colour its mean still has chroma, which is wrong more often than right; the gains
    remove it where it does not help, such as red in the dark. In light regions most of it remains: white backgrounds
    outnumber skin and sky in photographs, and would make these grey.

    Args:
        luma: (N, 1, h, w) in 0..1.
        predicted: ab without gains, (N, 2, h, w).
        target: ab, (N, 2, h, w).
    """
    basis = luma_basis(luma).transpose(0, 1).flatten(1).double()
    gains = []
    for p, t in zip(predicted.transpose(0, 1).flatten(1), target.transpose(0, 1).flatten(1), strict=True):
        features = basis * p.double()
        solution = torch.linalg.solve(features @ features.T + torch.eye(len(basis)).to(basis), features @ t.double())
        gains.append(solution.clamp(solution.new_tensor(LEAST_GAINS), solution.new_tensor(LARGEST_GAIN)))
    return torch.stack(gains).float()
