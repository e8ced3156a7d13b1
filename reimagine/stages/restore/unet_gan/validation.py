"""Validation of the restoration network on held-out photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reimagine.training.plots import save_sample_sheet

from . import data
from .net import Detector, RestoreNet

BATCH = 8
"""Pictures per forward pass."""
POLARITIES_PER_PHOTO = 8
"""Random prints and negatives per photograph, for the accuracy of the classifier."""


class Validation:
    """Held-out photographs with fixed damage, and the metrics of a network on them.

    Args:
        photos: (H, W) uint8 each.
        device: where the network runs.
        autocast: context of the forward passes of the restoration network.
    """

    def __init__(self, photos: list[np.ndarray], device: str, autocast: torch.autocast) -> None:
        self.device, self.autocast = device, autocast
        self.pairs = data.validation_pairs(photos, data.VALIDATION_SIZE)
        count = POLARITIES_PER_PHOTO * len(photos)
        self.polarities = next(data.polarity_batches(photos, Detector.SIDE, count, 0))

    @torch.inference_mode()
    def restore(self, net: RestoreNet, degraded: np.ndarray) -> Tensor:
        """Restore pictures (N, 1, H, W) in 0..1, in batches: float32 on the CPU."""
        batches = [torch.from_numpy(degraded[n : n + BATCH]) for n in range(0, len(degraded), BATCH)]
        with self.autocast:
            restored = [net(batch.to(self.device))[0] for batch in batches]
        return torch.cat(restored).float().clamp(0, 1).cpu()

    def gains(self, net: RestoreNet) -> dict[str, float]:
        """Mean gain in PSNR by kind of damage, in decibels; for "none" the PSNR itself."""
        gains = {}
        for kind, (degraded, clean) in self.pairs.items():
            after = psnr(self.restore(net, degraded), clean)
            before = 0 if kind == "none" else psnr(degraded, clean)
            gains[kind] = float((after - before).mean())
        return gains

    @torch.inference_mode()
    def negative_accuracy(self, net: RestoreNet) -> float:
        """Share of prints and negatives that the detector classifies correctly."""
        images, targets = self.polarities
        logits = net.detector(torch.from_numpy(images).to(self.device)).cpu().numpy()
        return float(((logits > 0) == targets).mean())

    def save_samples(self, net: RestoreNet, path: Path) -> None:
        """Write a sheet with one photograph per kind of damage: degraded, restored and clean, two kinds per row."""
        rows = []
        for number, (degraded, clean) in enumerate(self.pairs.values()):
            one = slice(number % len(clean), number % len(clean) + 1)
            restored = self.restore(net, degraded[one]).numpy()
            rows.append([torch.from_numpy(x[0]).expand(3, -1, -1) for x in (degraded[one], restored, clean[one])])
        save_sample_sheet(path, [a + b for a, b in zip(rows[::2], rows[1::2], strict=True)])


def psnr(images: Tensor | np.ndarray, clean: np.ndarray) -> np.ndarray:
    """PSNR of each of N pictures (N, 1, H, W) in 0..1: (N,) decibels, at most 60."""
    error = np.square(np.asarray(images, np.float64) - clean).mean((1, 2, 3))
    return 10 * np.log10(1 / np.maximum(error, 1e-6))
