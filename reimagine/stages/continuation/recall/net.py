"""The dreamer: where everything goes next, what to recall of the film, and what must be made up.

A picture is not painted anew. What the last one shows is carried along by a flow; what it cannot show
is recalled from a frame of the film, laid in its place by another flow; a mask chooses; and what neither
has is painted. What is carried or recalled is as sharp as the film (after Finn et al. 2016 and Liang et
al. 2017; that it asks a memory is video textures', Schödl et al. 2000).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INPUTS = 23
STEP = 16
"""Sides are multiples of it."""
FAR = 8.0
"""Pixels of flow that are a 1 to the network."""


class NetInput(NamedTuple):
    """What the network is told. Pictures are (N, 3, H, W) in 0..1; flows (N, 2, H, W) in pixels, from the
    picture to be made."""

    last: Tensor
    """The picture before it."""
    before: Tensor
    """The one before that."""
    recalled: Tensor
    """A frame of the film that followed on one like the last picture."""
    motion: Tensor
    """First guess at where in the last picture its things were: how the film moved then."""
    place: Tensor
    """First guess at where in the recalled frame they are."""
    trust: Tensor
    """How far that guess can be believed, (N, 1, H, W) in 0..1."""
    noise: Tensor
    """(N, 1, H, W), so that two dreams differ."""


class Prediction(NamedTuple):
    """What the network answers: the two flows, put right; how much (N, 4, H, W) of what is carried, of
    what is recalled, of the recalled frame as it stands and of what is painted; and the latter."""

    motion: Tensor
    place: Tensor
    shares: Tensor
    painted: Tensor

    def kinds(self, scene: NetInput) -> Tensor:
        """What there is to choose from, (4, N, 3, H, W), as small as the network works."""
        carried, recalled = warped(scene.last, self.motion), warped(scene.recalled, self.place)
        return torch.stack([carried, recalled, scene.recalled, self.painted])

    def mixed(self, kinds: Tensor) -> Tensor:
        """As much of each (4, N, C, H, W) as there is to be, (N, C, H, W)."""
        return (self.shares.transpose(0, 1)[:, :, None] * kinds).sum(0)


def places(flow: Tensor) -> Tensor:
    """`grid_sample`'s coordinates of a flow in pixels, (N, H, W, 2)."""
    h, w = flow.shape[-2:]
    x = (torch.arange(w, device=flow.device) + 0.5 + flow[:, 0]) * 2 / w - 1
    y = (torch.arange(h, device=flow.device)[:, None] + 0.5 + flow[:, 1]) * 2 / h - 1
    return torch.stack([x, y], 3)


def warped(picture: Tensor, flow: Tensor) -> Tensor:
    """What of a picture belongs here; the edge is repeated outside."""
    return F.grid_sample(picture, places(flow), padding_mode="border", align_corners=False)


def within(flow: Tensor) -> Tensor:
    """(N, 1, H, W): 1 where a flow stays in the picture."""
    return (places(flow).abs().amax(3) <= 1).to(flow.dtype)[:, None]


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class NextFrameNet(nn.Module):
    """A U-Net of residual blocks; its two ends are a pixel shuffle, so that nothing is done at full size.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16.
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
        for head in (self.flows, self.choice):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        begin = torch.tensor([2.0, 0.0, -2.0, -3.0, 0.0, 0.0, 0.0])  # carry most, recall a little
        self.choice.bias.data = begin.repeat_interleave(4)

    def forward(self, scene: NetInput) -> Prediction:
        """Sides are multiples of STEP."""
        carried, found = warped(scene.last, scene.motion), warped(scene.recalled, scene.place)
        pictures = torch.cat([carried, found, scene.recalled, scene.last, scene.before], 1) - 0.5
        flows = torch.cat([scene.motion, scene.place], 1) / FAR
        masks = scene.trust, within(scene.motion), within(scene.place), scene.noise
        features = self._features(torch.cat([pictures, flows, *masks], 1)).float()
        with torch.autocast(features.device.type, enabled=False):
            move, shift = (FAR * _twice(self.flows(features))).split(2, 1)
            choice = F.pixel_shuffle(self.choice(features), 2)
        soft = F.avg_pool2d(carried, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
        return Prediction(scene.motion + move, scene.place + shift, choice[:, :4].softmax(1), soft + choice[:, 4:])

    def _features(self, x: Tensor) -> Tensor:
        levels = []
        x = self.enter(F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last))
        for number, body in enumerate(self.bodies):
            x = body(self.downs[number - 1](F.silu(x)) if number else x)
            levels.append(x)
        for number in reversed(range(len(self.ups))):
            x = self.joins[number](levels[number] + _twice(self.ups[number](x)))
        return F.silu(x)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")
