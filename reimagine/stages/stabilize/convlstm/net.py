"""Blind video temporal consistency (Lai et al. 2018, section 3): a recurrent network that predicts a residual.

Modules are named as in the published checkpoint, so that it loads unchanged. It was built with biases and *without*
normalization: the statistics of its `norm_layer` were stored but never applied.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

State = tuple[Tensor, Tensor]
"""(hidden, cell) of the ConvLSTM."""


class Conv(nn.Module):
    """Optional nearest-neighbour upsampling, reflection padding and a convolution."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, enlarge: int = 1) -> None:
        super().__init__()
        self.pad, self.enlarge = (size // 2,) * 4, enlarge
        self.conv2d = nn.Conv2d(inputs, outputs, size, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H * enlarge / stride, W * enlarge / stride)."""
        if self.enlarge > 1:
            x = F.interpolate(x, scale_factor=float(self.enlarge), mode="nearest")
        return self.conv2d(F.pad(x, self.pad, mode="reflect"))


class Residual(nn.Module):
    """Residual block of two convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(width, width, 3), Conv(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> the same shape."""
        return x + self.conv2(F.leaky_relu(self.conv1(x), 0.2))


class ConvLSTM(nn.Module):
    """Convolutional LSTM (Shi et al. 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.Gates = nn.Conv2d(2 * width, 4 * width, 3, padding=1)

    def forward(self, x: Tensor, state: State | None) -> State:
        """(N, width, H, W) and the previous state (None: zeros) -> the new state."""
        hidden, cell = state if state else (torch.zeros_like(x), torch.zeros_like(x))
        input_gate, forget_gate, output_gate, candidate = self.Gates(torch.cat([x, hidden], 1)).chunk(4, 1)
        cell = torch.sigmoid(forget_gate) * cell + torch.sigmoid(input_gate) * torch.tanh(candidate)
        return torch.sigmoid(output_gate) * torch.tanh(cell), cell


class ConsistencyNet(nn.Module):
    """Two input streams (processed, source), five residual blocks, a ConvLSTM and a decoder.

    Args:
        width: channels of the first layer; 32 in the paper (2,979,555 parameters).
        aligned: the previous frames must be warped to the current one along optical flow. The published network takes
            them unwarped.
    """

    def __init__(self, width: int = 32, aligned: bool = False) -> None:
        super().__init__()
        self.aligned = aligned
        self.conv1a, self.conv1b = Conv(6, width, 7), Conv(6, width, 7)
        self.conv2a, self.conv2b = Conv(width, 2 * width, 3, 2), Conv(width, 2 * width, 3, 2)
        self.conv3 = Conv(4 * width, 4 * width, 3, 2)
        self.ResBlocks = nn.ModuleList(Residual(4 * width) for _ in range(5))
        self.convlstm = ConvLSTM(4 * width)
        self.deconv1 = Conv(4 * width, 2 * width, 3, enlarge=2)
        self.deconv2 = Conv(4 * width, width, 3, enlarge=2)
        self.deconv3 = Conv(2 * width, 3, 7)

    def forward(
        self, processed: Tensor, previous_output: Tensor, source: Tensor, previous_source: Tensor, state: State | None
    ) -> tuple[Tensor, State]:
        """Return the residual to add to `processed`, in -1..1, and the new state.

        All images are (N, 3, H, W) RGB in 0..1, H and W multiples of 4.
        """
        a = F.leaky_relu(self.conv1a(_concatenated(processed, previous_output)), 0.2)
        b = F.leaky_relu(self.conv1b(_concatenated(source, previous_source)), 0.2)
        a2, b2 = F.leaky_relu(self.conv2a(a), 0.2), F.leaky_relu(self.conv2b(b), 0.2)
        x = F.leaky_relu(self.conv3(torch.cat([a2, b2], 1)), 0.2)
        for block in self.ResBlocks:
            x = block(x)
        hidden, cell = self.convlstm(x, state)
        x = F.leaky_relu(self.deconv1(hidden), 0.2)
        x = F.leaky_relu(self.deconv2(torch.cat([x, a2], 1)), 0.2)
        return torch.tanh(self.deconv3(torch.cat([x, a], 1))), (hidden, cell)


def _concatenated(a: Tensor, b: Tensor) -> Tensor:
    """Concatenate two images along the channels, in the memory format that is fast on a CPU."""
    return torch.cat([a, b], 1).contiguous(memory_format=torch.channels_last)
