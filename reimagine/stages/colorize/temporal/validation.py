"""Validation of `colorize temporal` on whole frames: agreement and samples."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from reimagine.training.colour import lab_to_rgb
from reimagine.training.plots import save_sample_sheet

from .data import TrainingFrame, whole_pair
from .net import TemporalUNet

Pair = tuple[np.ndarray, np.ndarray]
"""Luma (3, h, w) in 0..1 and target ab (2, h/4, w/4), float32."""

MOST_PAIRS = 24
"""Frames that one validation predicts at most; on two cores it then takes a few seconds."""
SAMPLES = 4
"""Rows of the sample sheet."""


def evenly_spaced_pairs(frames: list[TrainingFrame], size: int) -> list[Pair]:
    """Return luma and target of at most `MOST_PAIRS` frames, evenly spaced; short side about `size`."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, MOST_PAIRS).astype(int))
    return [whole_pair(frames[i], size) for i in chosen]


@torch.inference_mode()
def predictions(net: TemporalUNet, pairs: list[Pair], device: str) -> list[np.ndarray]:
    """Return a network's ab (2, h, w) for every pair."""
    inputs = (torch.from_numpy(greys)[None].to(device) for greys, _ in pairs)
    return [net.predict_ab(x)[0].cpu().numpy() for x in inputs]


def agreement(net: TemporalUNet, pairs: list[Pair], device: str) -> float:
    """Return the cosine of predicted and target ab over all pairs."""
    both = list(zip(predictions(net, pairs, device), (ab for _, ab in pairs), strict=True))
    product, predicted, target = (
        sum(float((a * b).sum()) for a, b in x) for x in (both, [(a, a) for a, _ in both], [(b, b) for _, b in both])
    )
    return product / (float(np.sqrt(predicted * target)) + 1e-9)


def save_samples(path: Path, net: TemporalUNet, pairs: list[Pair], device: str) -> None:
    """Write luma, prediction and target of some pairs as one image."""
    rows, predicted = [], predictions(net, pairs, device)
    for n in np.unique(np.linspace(0, len(pairs) - 1, SAMPLES).astype(int)):
        grey = torch.from_numpy(pairs[n][0][1])
        images = [rgb_image(grey, torch.from_numpy(ab)) for ab in (predicted[n], pairs[n][1])]
        rows.append([grey.expand(3, -1, -1), *images])
    save_sample_sheet(path, rows)


def rgb_image(grey: Tensor, ab: Tensor) -> Tensor:
    """Luma (H, W) in 0..1 and ab (2, h, w) -> RGB (3, H, W) in 0..1."""
    full = cv2.resize(ab.permute(1, 2, 0).numpy(), grey.shape[::-1])
    return lab_to_rgb(torch.cat([grey[None] * 100, torch.from_numpy(full).permute(2, 0, 1)])[None])[0]
