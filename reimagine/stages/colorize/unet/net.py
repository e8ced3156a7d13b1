"""The colorizer's network: luma in, a distribution over colours out, at a quarter of the size.

A SqueezeNet encoder (Iandola et al. 2016), so that published ImageNet features can be the starting point; a context
block at 1/16, with a global mean and maximum and self-attention, so that the whole scene influences every colour; and
two U-Net decoder levels. The output is a softmax over quantized ab colours (Zhang et al. 2016): a regression would
predict the mean, brown, for a coat that may be red or green.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.zoo.squeezenet import SqueezeNet

CHROMA_ATTENUATION = ((0.0, 0.6), (0.25, 1.0), (0.85, 1.0), (1.0, 0.85))
"""Points (luma, factor of the chroma). The network predicts too much chroma in black and white; the factors are a
least-squares fit on validation photographs."""


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
    """Modulation by the global mean and maximum, then a transformer layer over all positions."""

    def __init__(self, width: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.modulate = nn.Sequential(nn.Linear(2 * width, width // 2), nn.ReLU(), nn.Linear(width // 2, 2 * width))
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
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
        t = t + self.mlp(self.norm2(t))
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
    """

    bins: Tensor

    def __init__(self, bins: int, width: int = 288) -> None:
        super().__init__()
        self.encoder = SqueezeNet(1)
        self.enter = conv(512, width, 1)
        self.body = nn.Sequential(Residual(width), Context(width), Residual(width))
        self.up1 = Up(width, 256, 192)
        self.up2 = Up(192, 128, 112)
        self.head = nn.Conv2d(112, bins, 1)
        self.register_buffer("bins", torch.zeros(bins, 2))

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
        """Luma (N, 1, H, W) in 0..1 -> ab (N, 2, H/4, W/4), attenuated in black and white."""
        return self.expected_ab(self(grey)) * chroma_attenuation(F.avg_pool2d(grey.float(), 4))


def chroma_attenuation(luma: Tensor) -> Tensor:
    """Luma in 0..1 -> factor of the chroma: `CHROMA_ATTENUATION`, interpolated linearly."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = CHROMA_ATTENUATION
    dark = y0 + (y1 - y0) * ((luma - x0) / (x1 - x0)).clamp(0, 1)
    return dark + (y3 - y2) * ((luma - x2) / (x3 - x2)).clamp(0, 1)
