"""How different two pictures look: distances between a classifier's features.

LPIPS (Zhang et al. 2018) with SqueezeNet, if its published heads are at hand. Otherwise the same
on the shipped colorizer's encoder, which sees one channel at a time and so is asked three times;
`SCALE` brings it to the scale of LPIPS.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine.zoo.squeezenet import SqueezeNet, load_features, shipped_features

SCALE = 0.08
"""The slope of LPIPS over our encoder's distance, on training photographs blurred, recoloured, grained
and compressed."""

LPIPS_FILES = "squeezenet11_features.safetensors", "lpips_squeeze_heads.safetensors"


class PerceptualDistance:
    """Two pictures in, 0 (the same) to about 1 out.

    Args:
        features, heads: SqueezeNet v1.1's and LPIPS's published weights (.safetensors).
    """

    def __init__(self, features: Path | None = None, heads: Path | None = None) -> None:
        self.heads: list[Tensor] | None = None
        if features and heads:
            from safetensors.torch import load_file

            self.net = load_features(SqueezeNet(3), features)
            state = load_file(heads)
            self.heads = [state[name].reshape(1, -1, 1, 1) for name in sorted(state)]
        else:
            self.net = shipped_features()
        self.net = self.net.eval().requires_grad_(False)

    @torch.inference_mode()
    def __call__(self, a: np.ndarray, b: np.ndarray) -> float:
        """RGB (H, W, 3) uint8, both of one size."""
        both = torch.from_numpy(np.stack([a, b])).permute(0, 3, 1, 2).float() / 255
        if self.heads is None:
            both = both.flatten(0, 1)[:, None]
        total = 0.0
        for number, level in enumerate(self.net.levels(both)):
            x, y = F.normalize(level, dim=1).chunk(2)
            apart = (x - y) ** 2
            apart = apart * self.heads[number] if self.heads else SCALE * apart
            total += float(apart.sum(1).mean())
        return total
