"""The flow network of RIFE 4.0 (Huang et al. 2022, Real-Time Intermediate Flow Estimation).

Four blocks estimate the flows from the intermediate frame to both frames, and the logit of the share of the first one,
from coarse to fine; each refines what the blocks before it found. Module names are those of the published file.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, takewhile
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALES = (8, 4, 2, 1)
"""How much each block reduces its input, beside its own strides."""
STRIDE = 32
"""The input height and width must be multiples of this."""
PREFIX = "module."
"""Start of the names of the tensors in the published file."""


class Block(nn.Module):
    """A block at one scale.

    Args:
        inputs: input channels.
        width: channels.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(_conv(inputs, width // 2, 2), _conv(width // 2, width, 2))
        self.convblock = nn.Sequential(*(_conv(width, width) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(width, 5, 4, 2, 1)

    def forward(self, x: Tensor, flow: Tensor | None, scale: int) -> tuple[Tensor, Tensor]:
        """Images, time and share (N, C, H, W), and the flows so far (N, 4, H, W) -> what to add to flows and logit."""
        x = _resized(x, 1 / scale)
        if flow is not None:
            x = torch.cat([x, _resized(flow, 1 / scale) / scale], 1)
        features = self.conv0(x)
        # Positions in a picture need more than the 8 bits of bfloat16.
        result = _resized(self.lastconv(self.convblock(features) + features).float(), 2 * scale)
        return result[:, :4] * (2 * scale), result[:, 4:5]


class RIFE(nn.Module):
    """Flows from an intermediate frame to the two frames around it.

    Args:
        widths: channels of the blocks, from coarse to fine.
    """

    def __init__(self, widths: tuple[int, ...] = (192, 128, 96, 64)) -> None:
        super().__init__()
        for number, width in enumerate(widths):
            self.add_module(f"block{number}", Block(12 if number else 7, width))
        self.blocks = len(widths)

    @staticmethod
    def published(state: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Arguments of the network in a published file, and its tensors, without those that are not needed.

        The file also holds a teacher and a refinement network, which the fast mode of the published program leaves out.
        """
        names = takewhile(lambda name: name in state, (f"{PREFIX}block{n}.conv0.1.0.weight" for n in count()))
        widths = [len(state[name]) for name in names]
        kept = tuple(f"{PREFIX}block{n}." for n in range(len(widths)))
        return {"widths": widths}, {k.removeprefix(PREFIX): v for k, v in state.items() if k.startswith(kept)}

    def forward(self, first: Tensor, second: Tensor, time: float) -> tuple[Tensor, Tensor]:
        """Estimate the motion at a time between two images.

        Args:
            first: (N, 3, H, W) RGB in 0..1; H and W are multiples of `STRIDE`.
            second: likewise.
            time: 0 to 1.

        Returns:
            Flows to the first and to the second image, (N, 4, H, W) in pixels, and the logit of the share of the first
            image, (N, 1, H, W).
        """
        moment = torch.full_like(first[:, :1], time)
        flow, logit = self.get_submodule("block0")(torch.cat([first, second, moment], 1), None, SCALES[0])
        for number in range(1, self.blocks):
            warped = warp(first, flow[:, :2]), warp(second, flow[:, 2:])
            x = torch.cat([*warped, moment, logit], 1)
            more_flow, more_logit = self.get_submodule(f"block{number}")(x, flow, SCALES[number])
            flow, logit = flow + more_flow, logit + more_logit
        return flow, logit


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """Sample an image (N, C, H, W) at the positions to which a flow (N, 2, H, W) in pixels points."""
    height, width = image.shape[2:]
    y, x = torch.meshgrid(*(torch.arange(n, device=image.device) for n in (height, width)), indexing="ij")
    grid = torch.stack([(x + flow[:, 0]) / ((width - 1) / 2) - 1, (y + flow[:, 1]) / ((height - 1) / 2) - 1], 3)
    return F.grid_sample(image, grid.to(image.dtype), padding_mode="border", align_corners=True)


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


def _resized(x: Tensor, scale: float) -> Tensor:
    return F.interpolate(x, scale_factor=scale, mode="bilinear")
