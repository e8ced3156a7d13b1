"""Differentiable conversion from CIELAB to RGB."""

from __future__ import annotations

import torch
from torch import Tensor

XYZ_TO_RGB = ((3.240479, -1.537150, -0.498535), (-0.969256, 1.875992, 0.041556), (0.055648, -0.204043, 1.057311))
"""Matrix from CIE XYZ to linear sRGB, with OpenCV's digits."""
WHITE_POINT = (0.950456, 1.0, 1.088754)
"""CIE XYZ of the illuminant D65, with OpenCV's digits."""


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Convert CIELAB (N, 3, H, W; D65, L in 0..100) to sRGB in 0..1, clipped, as `cv2.cvtColor` does."""
    fy = (lab[:, 0] + 16) / 116
    f = torch.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], 1)
    xyz = torch.where(f > 6 / 29, f**3, (f - 16 / 116) / 7.787)
    xyz = xyz * lab.new_tensor(WHITE_POINT).view(1, 3, 1, 1)
    linear = torch.einsum("rc,nchw->nrhw", lab.new_tensor(XYZ_TO_RGB), xyz).clamp(1e-5, 1)
    return torch.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
