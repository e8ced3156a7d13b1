"""EfficientNet-Lite0 (Tan & Le 2019, in TensorFlow's "Lite" variant): a backbone without its classifier.

Without squeeze-and-excitation and with ReLU6, as published. `load_trunk` loads the published ImageNet weights; their
convention is RGB in 0..1 with ImageNet mean and standard deviation, and TensorFlow's "same" padding.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel size, stride of the first block, expansion and output channels of each stage."""
LEVELS = (2, 4, 10, 15)
"""Numbers of the blocks whose outputs are the features at 1/4, 1/8, 1/16 and 1/32."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of red, green and blue in 0..1 on ImageNet."""
EPSILON = 1e-3
"""Epsilon of batch normalization."""


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: at stride 2 and even sides, more at the right and the bottom."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        padding: list[int] = []
        for side in (x.shape[3], x.shape[2]):
            total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            padding += [total // 2, total - total // 2]
        x = F.pad(x, padding) if any(padding) else x
        if self.groups == 1 or x.device.type != "cpu":
            return super().forward(x)
        # In bfloat16 the gradient of a depthwise convolution with stride 2 is up to 20 times as slow on a CPU.
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float())


def normalized(convolution: SameConv) -> nn.Sequential:
    """A convolution and batch normalization."""
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels, EPSILON))


class Block(nn.Module):
    """Inverted residual block: 1x1 expansion, depthwise convolution, 1x1 projection."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = normalized(SameConv(inputs, wide, 1)) if expansion > 1 else None
        self.depthwise = normalized(SameConv(wide, wide, kernel, stride, wide))
        self.project = normalized(SameConv(wide, outputs, 1))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(wide)))
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """The stem and the 16 blocks, for grey input."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)
        self.stem = normalized(SameConv(3, 32, 3, 2))
        blocks, inputs = [], 32
        for repeats, kernel, stride, expansion, outputs in STAGES:
            for number in range(repeats):
                blocks.append(Block(inputs, outputs, kernel, 1 if number else stride, expansion))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)

    def levels(self, image: Tensor) -> list[Tensor]:
        """Image (N, 1 or 3, H, W) in 0..1 -> 24 channels at 1/4, 40 at 1/8, 112 at 1/16, 320 at 1/32."""
        x = F.relu6(self.stem((image - self.mean) / self.deviation))
        levels: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in LEVELS:
                levels.append(x)
        return levels

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Grey (N, 1, H, W) in 0..1 -> 24 channels at 1/4, 40 at 1/8, 432 at 1/16.

        The last are the 112 of that level and the 320 of 1/32, enlarged.
        """
        quarter, eighth, sixteenth, last = self.levels(grey)
        enlarged = F.interpolate(last, sixteenth.shape[-2:], mode="bilinear")
        return quarter, eighth, torch.cat([sixteenth, enlarged], 1)


def load_trunk(net: EfficientNetLite0, path: Path) -> EfficientNetLite0:
    """Load the published ImageNet weights of stem and blocks from a .safetensors file into `net`, and return it.

    The names are those of the Python package `efficientnet-lite-pytorch`; its head and classifier are ignored.
    """
    from safetensors.torch import load_file

    published = load_file(path)
    state = {_renamed(name): v.float() for name, v in published.items() if not re.match(r"_conv_head|_bn1|_fc", name)}
    net.load_state_dict({k: v.long() if k.endswith("num_batches_tracked") else v for k, v in state.items()})
    return net


def _renamed(name: str) -> str:
    """The name in `EfficientNetLite0` of a published tensor."""
    name = name.replace("_conv_stem.", "stem.0.")
    if not name.startswith("_blocks."):
        return name.replace("_bn0.", "stem.1.")
    _, number, layer, *rest = name.split(".")
    place = {
        "_expand_conv": "expand.0",
        "_bn0": "expand.1",
        "_depthwise_conv": "depthwise.0",
        "_bn1": "depthwise.1",
        "_project_conv": "project.0",
        "_bn2": "project.1",
    }[layer]
    return ".".join(["blocks", number, place, *rest])
