"""A critic that looks at patches."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer


class PatchDiscriminator(nn.Module):
    """Spectral-norm patch critic (Isola et al. 2017; Miyato et al. 2018).

    Args:
        width: channels after the first layer.
        strides: of the layers before the last; each doubles the channels.
        inputs: channels it is shown: a picture's 3, and perhaps those of what it was made from.
    """

    def __init__(self, width: int = 64, strides: tuple[int, ...] = (2, 2, 1), inputs: int = 3) -> None:
        super().__init__()
        sn = nn.utils.parametrizations.spectral_norm
        layers: list[nn.Module] = []
        for number, stride in enumerate(strides):
            outputs = width << number
            layers += [sn(nn.Conv2d(inputs, outputs, 4 if stride == 2 else 3, stride, 1)), nn.LeakyReLU(0.2)]
            inputs = outputs
        self.layers = nn.Sequential(*layers, sn(nn.Conv2d(inputs, 1, 3, 1, 1)))

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w), about -1..1 -> (N, 1, h', w') realness logits."""
        return self.layers(x)


def discriminator_step(
    critic: nn.Module, optimizer: Optimizer, half: torch.autocast, real: Tensor, made: Tensor
) -> Tensor:
    """One step of a critic at half precision, real and made pictures in one batch; gives back its loss."""
    with half:
        answers = critic(torch.cat([real, made])).float()
    loss = hinge_loss(answers[: len(real)], answers[len(real) :])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def hinge_loss(real: Tensor, made: Tensor) -> Tensor:
    """What the critic pays for its logits (Lim & Ye 2017)."""
    return F.relu(1 - real).mean() + F.relu(1 + made).mean()
