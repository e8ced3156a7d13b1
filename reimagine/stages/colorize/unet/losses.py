"""Losses of the colorizer's training."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine.training.colour import lab_to_rgb
from reimagine.zoo.squeezenet import SqueezeNet

AB_RANGE = 110
"""Absolute value that CIELAB a and b of sRGB colours hardly exceed; scales them to about -1..1."""
NEAREST = 5
"""Quantized colours that share the target of a pixel (Zhang et al. 2016, section 2.1)."""
TARGET_VARIANCE = 50
"""Twice the variance, in squared CIELAB units, of the Gaussian that weights the nearest colours (sigma 5)."""


def rebalancing_weights(share: Tensor) -> Tensor:
    """Return the weight of each quantized colour in the loss, mean 1 (Zhang et al. 2016, section 2.2).

    Args:
        share: frequency of each colour, (Q,), sum 1.
    """
    rare = 1 / (0.7 * share + 0.3 / len(share))
    return rare / (rare * share).sum()


def cross_entropy(logits: Tensor, ab: Tensor, bins: Tensor, weight: Tensor) -> Tensor:
    """Return the cross-entropy with soft targets on the nearest quantized colours.

    Args:
        logits: (N, Q, h, w).
        ab: target, (N, 2, h, w) in CIELAB units.
        bins: quantized colours, (Q, 2).
        weight: weight of a pixel by its nearest colour, (Q,).
    """
    flat = ab.permute(0, 2, 3, 1).reshape(-1, 2)
    distance = torch.cdist(flat, bins)
    near, index = distance.topk(NEAREST, 1, largest=False)
    soft = torch.softmax(-(near**2) / TARGET_VARIANCE, 1)
    logs = F.log_softmax(logits.float(), 1).permute(0, 2, 3, 1).reshape(len(flat), -1)
    return -((logs.gather(1, index) * soft).sum(1) * weight[index[:, 0]]).mean()


def discriminator_input(grey: Tensor, ab: Tensor) -> Tensor:
    """Return luma and ab (N, 3, h, w) at the size of `ab`, scaled to about -1..1."""
    small = F.interpolate(grey, ab.shape[-2:], mode="area") * 2 - 1
    return torch.cat([small, ab / AB_RANGE], 1)


def perceptual_loss(network: SqueezeNet, grey: Tensor, predicted: Tensor, target: Tensor) -> Tensor:
    """Return the L1 distance between features of two images with the same luma (Johnson et al. 2016)."""

    def features(ab: Tensor) -> tuple[Tensor, ...]:
        full = F.interpolate(ab, grey.shape[-2:], mode="bilinear")
        return network(lab_to_rgb(torch.cat([grey * 100, full], 1)))

    with torch.no_grad():
        targets = features(target)
    return sum(
        (F.l1_loss(a, b) / b.abs().mean() for a, b in zip(features(predicted), targets, strict=True)),
        start=torch.zeros((), device=grey.device),
    )
