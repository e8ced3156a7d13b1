"""Losses between pictures: (N, C, H, W) tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def resample(x: Tensor, grid: Tensor) -> Tensor:
    """Sampled at a grid's places, mirrored at the edges."""
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def interior_l1(a: Tensor, b: Tensor, margin: int = 8) -> Tensor:
    """L1 away from the edges, where a shifted picture shows what the other does not."""
    return F.l1_loss(*(x[..., margin:-margin, margin:-margin] for x in (a, b)))


def spatial_gradients(x: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of neighbours, across and down."""
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def flat_region_gradient_loss(made: Tensor, photos: Tensor) -> Tensor:
    """How steep a drawing is where nothing is to be seen in the photograph."""
    grey = photos.mean(1, keepdim=True)
    seen = F.avg_pool2d(F.max_pool2d(_steep(grey), 5, 1, 2), 5, 1, 2)
    return (torch.exp(-seen / 0.15) * _steep(made)).mean()


def _steep(x: Tensor) -> Tensor:
    across, down = spatial_gradients(x)
    return (F.pad(across.abs(), (0, 1)) + F.pad(down.abs(), (0, 0, 0, 1))).mean(1, keepdim=True)


def feature_statistics_loss(made: list[Tensor], art: list[Tensor]) -> Tensor:
    """How far the batch's feature statistics, channel means and deviations, are from the artist's."""
    total = made[0].new_zeros(())
    for a, b in zip(made, art, strict=True):
        (va, ma), (vb, mb) = (torch.var_mean(x, (0, 2, 3)) for x in (a, b))
        scale = vb.mean().sqrt() + 1e-6
        total = total + ((ma - mb).abs().mean() + (va.sqrt() - vb.sqrt()).abs().mean()) / scale
    return total / len(made)
