"""Losses and differences of images: (N, C, H, W) tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

GRADIENT_SCALE = 0.15
"""Gradient of a photograph (grey in 0..1, per pixel) at which the weight of a region has fallen to 1/e."""


def resample(x: Tensor, grid: Tensor) -> Tensor:
    """Sample (N, C, H, W) at the points of a grid (N, h, w, 2) in -1..1; reflected at the borders."""
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def interior_l1(a: Tensor, b: Tensor, margin: int = 8) -> Tensor:
    """Return the L1 distance without a border of `margin` pixels, where a shifted image has no counterpart."""
    inner_a, inner_b = (x[..., margin:-margin, margin:-margin] for x in (a, b))
    return F.l1_loss(inner_a, inner_b)


def spatial_gradients(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the differences of adjacent pixels, horizontal (N, C, H, W-1) and vertical (N, C, H-1, W)."""
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def flat_region_gradient_loss(generated: Tensor, photos: Tensor) -> Tensor:
    """Return the mean gradient of generated images, weighted towards regions where the photographs are flat."""
    grey = photos.mean(1, keepdim=True)
    detail = F.avg_pool2d(F.max_pool2d(_gradient_magnitude(grey), 5, 1, 2), 5, 1, 2)
    return (torch.exp(-detail / GRADIENT_SCALE) * _gradient_magnitude(generated)).mean()


def _gradient_magnitude(x: Tensor) -> Tensor:
    """Sum of the absolute horizontal and vertical differences, mean of the channels: (N, 1, H, W)."""
    across, down = spatial_gradients(x)
    return (F.pad(across.abs(), (0, 1)) + F.pad(down.abs(), (0, 0, 0, 1))).mean(1, keepdim=True)


def feature_statistics_loss(generated: list[Tensor], target: list[Tensor]) -> Tensor:
    """Return the distance between the feature statistics of two batches, mean of the levels.

    Compared are the channels' means and standard deviations over batch and positions, in units of the target's
    standard deviation.

    Args:
        generated: features (N, C, H, W) of the generated images, one tensor per level.
        target: features of the artist's images, with the same channels.
    """
    total = generated[0].new_zeros(())
    for a, b in zip(generated, target, strict=True):
        (va, ma), (vb, mb) = (torch.var_mean(x, (0, 2, 3)) for x in (a, b))
        scale = vb.mean().sqrt() + 1e-6
        total = total + ((ma - mb).abs().mean() + (va.sqrt() - vb.sqrt()).abs().mean()) / scale
    return total / len(generated)
