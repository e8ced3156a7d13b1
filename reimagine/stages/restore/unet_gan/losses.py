"""Losses of the restoration network."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine.zoo.squeezenet import SqueezeNet

ERROR_WEIGHT = 0.3
"""Weight of the remaining share of the squared error."""
LOST_WEIGHT = 0.1
"""Weight of the cross-entropy of the mask of lost pixels."""
PERCEPTUAL_WEIGHT = 0.004
"""Weight of the perceptual loss."""
ADVERSARIAL_WEIGHT = 0.004
"""Weight of the discriminator's logit in the generator's loss."""
ERROR_OFFSET = 5e-4
"""Added to the squared error of the input (33 dB, of 0..1) before division. It limits the reward for leaving almost
undamaged pictures unchanged; with a smaller one the network never learns to correct weak blur."""


def reconstruction_loss(restored: Tensor, lost_logits: Tensor, degraded: Tensor, clean: Tensor, lost: Tensor) -> Tensor:
    """Remaining share of each picture's squared error, plus the cross-entropy of the lost pixels.

    Dividing by the error of the input makes weakly damaged pictures count as much as noisy ones. With the squared error
    a few lost pixels outweigh the many undamaged ones; with L1 the network would leave everything unchanged.

    Args:
        restored: (N, 1, H, W) float32, output.
        lost_logits: (N, 1, H, W) float32, output.
        degraded: (N, 1, H, W) in 0..1, input.
        clean: (N, 1, H, W) in 0..1, target.
        lost: (N, 1, H, W) in 0..1, target mask.
    """
    error, input_error = (((x - clean) ** 2).mean((1, 2, 3)) for x in (restored, degraded))
    loss = ERROR_WEIGHT * (error / (input_error + ERROR_OFFSET)).mean()
    return loss + LOST_WEIGHT * F.binary_cross_entropy_with_logits(lost_logits, lost)


def perceptual_loss(features: SqueezeNet, restored: Tensor, clean: Tensor) -> Tensor:
    """L1 between the features of two batches (N, 1, H, W), relative to the target's magnitude; mean of the levels."""
    levels = zip(features(restored), features(clean), strict=True)
    terms = [F.l1_loss(a, b.detach()) / b.detach().abs().mean() for a, b in levels]
    return torch.stack(terms).float().mean()
