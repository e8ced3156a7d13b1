"""How a film's luma is put to a network, and its colours come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from reimagine import zoo
from reimagine.stages.colorize.colorizer import Ask
from reimagine.zoo.device import bfloat16_is_fast


def asker(weights: str, build: Any, device: str) -> Ask:
    """A network (`build` makes one, its `paint` answers) with its weights, ready to be asked."""
    net = zoo.load(weights, build, device).to(memory_format=torch.channels_last)
    half = bfloat16_is_fast(device)

    @torch.inference_mode()
    def ask(greys: np.ndarray) -> np.ndarray:
        """(N, T, h, w) float32 in 0..1 -> ab (N, h/4, w/4, 2) float32."""
        x = torch.from_numpy(greys).to(device, memory_format=torch.channels_last)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=half):
            ab = net.paint(x)
        return ab.permute(0, 2, 3, 1).cpu().numpy()

    return ask
