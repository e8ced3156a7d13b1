"""Perceptual distance of two images: distances of the features of an image classifier.

With published weights it is LPIPS (Zhang et al. 2018) on SqueezeNet. Without them, the shipped colorizer's encoder
takes the place of SqueezeNet. That encoder has one input channel, so the three channels are compared separately.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine.zoo.squeezenet import SqueezeNet, load_features, shipped_features

SCALE = 0.08
"""Slope of LPIPS over the distance of the shipped encoder, fitted on training photographs that were blurred,
recoloured, grained and compressed."""

LPIPS_FILES = "squeezenet11_features.safetensors", "lpips_squeeze_heads.safetensors"
"""File names of the published features and heads."""


class PerceptualDistance:
    """Perceptual distance of two images: 0 for equal images, about 1 for entirely different ones.

    Args:
        features: published weights of SqueezeNet v1.1 (.safetensors).
        heads: published weights of LPIPS (.safetensors). Without both files, the shipped encoder is used.
    """

    def __init__(self, features: Path | None = None, heads: Path | None = None) -> None:
        self.heads: list[Tensor] | None = None
        if features and heads:
            from safetensors.torch import load_file

            net = load_features(SqueezeNet(3), features)
            state = load_file(heads)
            self.heads = [state[name].reshape(1, -1, 1, 1) for name in sorted(state)]
        else:
            net = shipped_features()
        self.net = net.eval().requires_grad_(False)

    @torch.inference_mode()
    def __call__(self, a: np.ndarray, b: np.ndarray) -> float:
        """Return the distance of two images of one size, RGB (H, W, 3) uint8."""
        images = torch.from_numpy(np.stack([a, b])).permute(0, 3, 1, 2).float() / 255
        if self.heads is None:
            images = images.flatten(0, 1)[:, None]
        total = 0.0
        for number, level in enumerate(self.net.levels(images)):
            x, y = F.normalize(level, dim=1).chunk(2)
            squares = (x - y) ** 2
            squares = squares * self.heads[number] if self.heads else SCALE * squares
            total += float(squares.sum(1).mean())
        return total
