"""SqueezeNet v1.1 (Iandola et al. 2016): the backbone of several networks, and of perceptual losses.

Module names are those of the published Caffe conversion, so its ImageNet features load without renaming:
`load_features` loads them for three input channels (RGB) or one (grey). Where they are not installed,
`shipped_features` returns the included ones, fine-tuned on grey pictures, for one channel.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reimagine import zoo

GREY_WEIGHTS = "squeezenet-grey"
"""The included features that `shipped_features` loads."""
BGR_MEAN = (103.939, 116.779, 123.68)
"""Mean of blue, green and red in 0..255 on ImageNet, which Caffe models subtract from their input."""


class Fire(nn.Module):
    """Fire module: a 1x1 convolution to few channels, then concatenated 1x1 and 3x3 convolutions."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze1x1(x))
        return F.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))


class SqueezeNet(nn.Module):
    """The convolutional layers, without the classifier; padded so that each level is half the size of the one before.

    Args:
        inputs: input channels.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, 64, 3, stride=2, padding=1)
        self.fire2, self.fire3 = Fire(64, 16, 64), Fire(128, 16, 64)
        self.fire4, self.fire5 = Fire(128, 32, 128), Fire(256, 32, 128)
        self.fire6, self.fire7 = Fire(256, 48, 192), Fire(384, 48, 192)
        self.fire8, self.fire9 = Fire(384, 64, 256), Fire(512, 64, 256)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, inputs, H, W) in 0..1 (RGB or grey) -> 128 channels at 1/4, 256 at 1/8, 512 at 1/16."""
        _, quarter, eighth, *_, last = self.levels(x)
        return quarter, eighth, last

    def levels(self, x: Tensor) -> list[Tensor]:
        """The seven activations that LPIPS compares (Zhang et al. 2018).

        They have 64, 128, 256, 384, 384, 512 and 512 channels, at 1/2, 1/4, 1/8 and four times 1/16 of the size.
        """
        first = F.relu(self.conv1(x))
        second = self.fire3(self.fire2(F.max_pool2d(first, 3, 2, 1)))
        third = self.fire5(self.fire4(F.max_pool2d(second, 3, 2, 1)))
        levels = [first, second, third, self.fire6(F.max_pool2d(third, 3, 2, 1))]
        for fire in (self.fire7, self.fire8, self.fire9):
            levels.append(fire(levels[-1]))
        return levels


def load_features(net: SqueezeNet, path: Path) -> SqueezeNet:
    """Load the published ImageNet features from a .safetensors file into `net`, and return it.

    Caffe's input convention (BGR, 0..255, mean subtracted) is folded into the first layer. The network then takes
    RGB in 0..1; with one input channel, grey in 0..1, equivalent to R = G = B.
    """
    from safetensors.torch import load_file

    state = load_file(path)
    weight, mean = state["conv1.weight"], torch.tensor(BGR_MEAN)
    state["conv1.bias"] = state["conv1.bias"] - (weight * mean.view(1, 3, 1, 1)).sum((1, 2, 3))
    rgb = weight.flip(1) * 255
    state["conv1.weight"] = rgb if net.conv1.in_channels == 3 else rgb.sum(1, keepdim=True)
    net.load_state_dict(state)
    return net


def shipped_features() -> SqueezeNet:
    """The included features, fine-tuned on grey pictures; the network takes one channel, grey in 0..1."""
    return zoo.load(GREY_WEIGHTS, SqueezeNet, "cpu")
