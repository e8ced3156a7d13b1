"""The colorizer: lightness in, a distribution over colours out, at a quarter of the size.

A SqueezeNet-shaped encoder (Iandola et al. 2016) so that published ImageNet features can be its
starting point, a context block at 1/16 (self-attention and a global mean|max vector, so that a
beach knows it is a beach), and two U-net up-blocks. The head is a softmax over quantised ab
colours (Zhang et al. 2016): unlike a regression it does not answer "brown" when a coat may be
red or green.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine.zoo.squeezenet import SqueezeNet

HELD_BACK = ((0.0, 0.6), (0.25, 1.0), (0.85, 1.0), (1.0, 0.85))
"""(luma, share of the chroma kept): the network over-colours black and white; a least-squares fit
on held-out training photographs."""


def conv(inputs: int, outputs: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv(width, width), conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


class Context(nn.Module):
    """What is where in the whole picture: global mean|max modulation, then self-attention."""

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
    """Twice the size, joined with the encoder's features of that size."""

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
    """Grey picture -> colour distribution.

    Args:
        bins: number of quantised ab colours; their values live in the buffer `bins` (Q, 2),
            in CIELAB units, so that weights and palette can never be separated.
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

    def colour(self, logits: Tensor, temperature: float = 1.0) -> Tensor:
        """Annealed mean of the distribution (Zhang et al. 2016, section 2.3): (N, 2, h, w) ab."""
        odds = torch.softmax(logits.float() / temperature, 1)
        return torch.einsum("nqhw,qc->nchw", odds, self.bins.float())

    def paint(self, grey: Tensor) -> Tensor:
        """Luma (N, 1, H, W) in 0..1 -> ab (N, 2, H/4, W/4), held back where there is hardly a
        colour to see."""
        return self.colour(self(grey)) * share_kept(F.avg_pool2d(grey.float(), 4))


def share_kept(luma: Tensor) -> Tensor:
    """`HELD_BACK`, linear between its points."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = HELD_BACK
    dark = y0 + (y1 - y0) * ((luma - x0) / (x1 - x0)).clamp(0, 1)
    return dark + (y3 - y2) * ((luma - x2) / (x3 - x2)).clamp(0, 1)
