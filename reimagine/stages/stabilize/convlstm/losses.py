"""Losses of the consistency network (Lai et al. 2018, section 3.3). Images are (N, 3, H, W) in 0..1."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine.zoo.squeezenet import SqueezeNet

MASK_ALPHA = 50.0
"""Alpha of the visibility mask exp(-alpha d^2), where d is the difference of the warped sources; as in the paper."""
FEATURE_SHARE = 0.1
"""Weight of the relative feature distance in the perceptual loss."""
L1_SHARE = 0.2
"""Weight of the L1 distance of images in the perceptual loss, which prevents colour shifts that features ignore."""


def warp_backward(image: Tensor, flow: Tensor) -> Tensor:
    """Sample another frame (N, C, H, W) along a flow (N, 2, H, W) to it, in pixels; the edge is repeated outside."""
    h, w = flow.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    positions = torch.stack([x, y]).to(flow) + flow
    scale = flow.new_tensor([2 / (w - 1), 2 / (h - 1)])
    grid = positions.permute(0, 2, 3, 1) * scale - 1
    return F.grid_sample(image, grid, padding_mode="border", align_corners=True)


def masked_l1(output: Tensor, other: Tensor, source: Tensor, other_source: Tensor) -> Tensor:
    """Return the L1 distance of two frames where their sources agree.

    Args:
        output: stabilized frame.
        other: another stabilized frame, warped to it.
        source: source of `output`.
        other_source: source of `other`, warped in the same manner.
    """
    mask = torch.exp(-MASK_ALPHA * (source - other_source).sum(1, keepdim=True) ** 2)
    return (mask * (output - other).abs()).mean()


def perceptual_loss(
    output: Tensor, processed: Tensor, feature_net: SqueezeNet | None, autocast: torch.autocast
) -> Tensor:
    """Return the distance of features and images; without a feature network, the L1 distance of images."""
    if feature_net is None:
        return F.l1_loss(output, processed)
    with autocast:
        pairs = zip(feature_net(output), feature_net(processed), strict=True)
        distances = [F.l1_loss(a, b.detach()) / b.detach().abs().mean() for a, b in pairs]
    return FEATURE_SHARE * torch.stack(distances).float().mean() + L1_SHARE * F.l1_loss(output, processed)
