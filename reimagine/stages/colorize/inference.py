"""Loads a colorizing network as a function of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from reimagine import zoo
from reimagine.stages.colorize.colorizer import PredictAb
from reimagine.zoo.device import half_precision, to_channels_last


def load_predictor(weights: str, build: Callable[..., nn.Module], device: str) -> PredictAb:
    """Load a network and its weights; return it as a function.

    Args:
        weights: a name in the zoo, or a path.
        build: class of the network, with a method `predict_ab` (luma (N, T, H, W) -> ab (N, 2, h, w)).
        device: where it runs; in bfloat16 if the device multiplies it in hardware.
    """
    net = to_channels_last(zoo.load(weights, build, device), device)

    @torch.inference_mode()
    def predict_ab(greys: np.ndarray) -> np.ndarray:
        """Luma (N, T, h, w) float32 in 0..1 -> ab (N, h', w', 2) float32."""
        x = torch.from_numpy(greys).to(device, memory_format=torch.channels_last)
        with half_precision(x.device.type):
            ab = net.predict_ab(x)
        return ab.float().permute(0, 2, 3, 1).cpu().numpy()

    return predict_ab
