"""A patch discriminator and its hinge loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer


class PatchDiscriminator(nn.Module):
    """PatchGAN discriminator (Isola et al. 2017) with spectral normalization (Miyato et al. 2018).

    Args:
        width: channels after the first layer.
        strides: strides of the layers before the last; each of these layers doubles the channels.
        inputs: input channels: 3 of an image, plus those of the condition, if it is conditional.
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
        """Return a logit per patch, (N, 1, h', w'), of (N, inputs, h, w) in about -1..1; positive means real."""
        return self.layers(x)


def discriminator_step(
    discriminator: nn.Module, optimizer: Optimizer, autocast: torch.autocast, real: Tensor, generated: Tensor
) -> Tensor:
    """Take one optimizer step of a discriminator with real and generated images in one batch; return the hinge loss.

    Args:
        discriminator: returns logits.
        optimizer: of the discriminator's parameters.
        autocast: context of the forward pass, usually at half precision.
        real: (N, C, H, W), about -1..1.
        generated: (M, C, H, W), detached from the generator.
    """
    with autocast:
        logits = discriminator(torch.cat([real, generated])).float()
    loss = hinge_loss(logits[: len(real)], logits[len(real) :])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def hinge_loss(real: Tensor, generated: Tensor) -> Tensor:
    """Return the discriminator's hinge loss (Lim & Ye 2017) of its logits for real and for generated images."""
    return F.relu(1 - real).mean() + F.relu(1 + generated).mean()
