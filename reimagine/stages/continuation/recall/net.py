"""The next-frame network: it warps the last image and an exemplar, and blends them with synthesized pixels.

The prediction is a weighted sum of four images: the last image warped by a flow, an exemplar warped by another flow,
the exemplar as it is, and an image that the network synthesizes. Warped images are as sharp as the film (after Finn et
al. 2016 and Liang et al. 2017); exemplars from the film itself are the idea of video textures (Schödl et al. 2000).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INPUTS = 23
"""Input channels: five images, two flows and four masks."""
FLOW_SCALE = 8.0
"""Pixels of displacement that are 1.0 at the network's input and output."""


class NetInput(NamedTuple):
    """The network's input. Images are (N, 3, H, W) in 0..1; flows are (N, 2, H, W) in pixels, starting from the
    image to be predicted. H and W are multiples of 16."""

    last: Tensor
    """The last image."""
    previous: Tensor
    """The image before it."""
    exemplar: Tensor
    """The frame of the film that follows one which resembles the last image."""
    motion: Tensor
    """Initial estimate of the flow to the last image: the film's own motion at the exemplar."""
    alignment: Tensor
    """Initial estimate of the flow to the exemplar."""
    confidence: Tensor
    """Confidence of the alignment, (N, 1, H, W) in 0..1."""
    noise: Tensor
    """Standard normal noise (N, 1, H, W), so that rollouts with other seeds differ."""


class Prediction(NamedTuple):
    """The network's output."""

    motion: Tensor
    """Refined flow to the last image, (N, 2, H, W) in pixels."""
    alignment: Tensor
    """Refined flow to the exemplar, (N, 2, H, W) in pixels."""
    weights: Tensor
    """Weights of the candidates, (N, 4, H, W); their sum is 1."""
    synthesized: Tensor
    """Synthesized image (N, 3, H, W), about 0..1."""

    def candidates(self, inputs: NetInput) -> Tensor:
        """The warped last image, the warped exemplar, the exemplar and the synthesized image: (4, N, 3, H, W)."""
        last, exemplar = warp(inputs.last, self.motion), warp(inputs.exemplar, self.alignment)
        return torch.stack([last, exemplar, inputs.exemplar, self.synthesized])

    def blend(self, candidates: Tensor) -> Tensor:
        """The weighted sum of the candidates (4, N, C, H, W): (N, C, H, W)."""
        return (self.weights.transpose(0, 1)[:, :, None] * candidates).sum(0)


def sampling_grid(flow: Tensor) -> Tensor:
    """Coordinates for `grid_sample`, (N, H, W, 2), of a flow (N, 2, H, W) in pixels."""
    h, w = flow.shape[-2:]
    x = (torch.arange(w, device=flow.device) + 0.5 + flow[:, 0]) * 2 / w - 1
    y = (torch.arange(h, device=flow.device)[:, None] + 0.5 + flow[:, 1]) * 2 / h - 1
    return torch.stack([x, y], 3)


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """Sample an image (N, C, H, W) at the positions to which a flow points; positions outside repeat the edge."""
    return F.grid_sample(image, sampling_grid(flow), padding_mode="border", align_corners=False)


def in_bounds(flow: Tensor) -> Tensor:
    """1 where a flow points inside the image, else 0: (N, 1, H, W)."""
    return (sampling_grid(flow).abs().amax(3) <= 1).to(flow.dtype)[:, None]


class Residual(nn.Module):
    """Residual block with two 3 x 3 convolutions and SiLU before each."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, h, w) -> the same shape."""
        return x + self.second(F.silu(self.first(F.silu(x))))


class NextFrameNet(nn.Module):
    """A U-Net of residual blocks. Input and output are pixel-shuffled, so that no layer works at full size.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the size.
    """

    def __init__(self, widths: tuple[int, ...] = (32, 64, 96, 128)) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.enter = nn.Conv2d(4 * INPUTS, widths[0], 3, padding=1)
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise(widths))
        self.bodies = nn.ModuleList(Residual(w) for w in widths)
        self.ups = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.joins = nn.ModuleList(Residual(w) for w in widths[:-1])
        self.flows = nn.Conv2d(widths[0], 4, 3, padding=1)
        self.choice = nn.Conv2d(widths[0], 4 * (4 + 3), 3, padding=1)
        choice = torch.tensor([2.0, 0.0, -2.0, -3.0, 0.0, 0.0, 0.0])  # at first, mostly the warped last image
        for head, bias in ((self.flows, torch.zeros(4)), (self.choice, choice.repeat_interleave(4))):
            nn.init.zeros_(head.weight)
            head.bias = nn.Parameter(bias)

    def forward(self, inputs: NetInput) -> Prediction:
        """Predict the image that follows the last one."""
        last, exemplar = warp(inputs.last, inputs.motion), warp(inputs.exemplar, inputs.alignment)
        images = torch.cat([last, exemplar, inputs.exemplar, inputs.last, inputs.previous], 1) - 0.5
        flows = torch.cat([inputs.motion, inputs.alignment], 1) / FLOW_SCALE
        masks = inputs.confidence, in_bounds(inputs.motion), in_bounds(inputs.alignment), inputs.noise
        features = self._features(torch.cat([images, flows, *masks], 1)).float()
        with torch.autocast(features.device.type, enabled=False):
            motion, alignment = (FLOW_SCALE * _upsample(self.flows(features))).split(2, 1)
            choice = F.pixel_shuffle(self.choice(features), 2)
        mean = F.avg_pool2d(last, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
        weights, synthesized = choice[:, :4].softmax(1), mean + choice[:, 4:]
        return Prediction(inputs.motion + motion, inputs.alignment + alignment, weights, synthesized)

    def _features(self, x: Tensor) -> Tensor:
        """(N, INPUTS, H, W) -> (N, widths[0], H/2, W/2)."""
        levels = []
        x = self.enter(F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last))
        for number, body in enumerate(self.bodies):
            x = body(self.downs[number - 1](F.silu(x)) if number else x)
            levels.append(x)
        for number in reversed(range(len(self.ups))):
            x = self.joins[number](levels[number] + _upsample(self.ups[number](x)))
        return F.silu(x)


def _upsample(x: Tensor) -> Tensor:
    """Twice the size, bilinear."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")
