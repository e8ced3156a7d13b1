"""Losses of the next-frame network between a prediction and its target."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine.training.losses import spatial_gradients

GRADIENT_WEIGHT = 1.0
"""Weight of the L1 loss of spatial gradients, relative to the L1 loss: edges lie in the right places."""
TEXTURE_WEIGHT = 2.0
"""Weight of the local gradient magnitude: a blurred image has too little of it, wherever its texture lies."""
MOTION_WEIGHT = 1.0
"""Weight of the local change since the last image: it is 0 for a repeated image."""
SELECTION_WEIGHT = 1.0
"""Weight of the error of each candidate by its own weight: unlike the error of their sum, it is large where two
wrong candidates average to the target."""
ADVERSARIAL_WEIGHT = 0.02
"""Weight of the discriminator's logit."""


def prediction_losses(prediction: Tensor, last: Tensor, target: Tensor, last_target: Tensor) -> dict[str, Tensor]:
    """Weighted losses by name, of images (N, 3, H, W) in 0..1.

    Args:
        prediction: the predicted image.
        last: the image that it was predicted from.
        target: the film's frame at the same time.
        last_target: the frame before it.
    """
    predicted, expected = spatial_gradients(prediction), spatial_gradients(target)
    gradients = [F.l1_loss(a, b) for a, b in zip(predicted, expected, strict=True)]
    texture = [F.l1_loss(local_magnitude(a), local_magnitude(b)) for a, b in zip(predicted, expected, strict=True)]
    return {
        "l1": F.l1_loss(prediction, target),
        "gradients": GRADIENT_WEIGHT * torch.stack(gradients).sum(),
        "texture": TEXTURE_WEIGHT * torch.stack(texture).sum(),
        "motion": MOTION_WEIGHT * F.l1_loss(local_magnitude(prediction - last), local_magnitude(target - last_target)),
    }


def local_magnitude(x: Tensor, size: int = 8) -> Tensor:
    """Mean absolute value over the channels and over windows of `size` pixels that overlap by half: (N, 1, h, w)."""
    return F.avg_pool2d(x.abs().mean(1, keepdim=True), size, size // 2)
