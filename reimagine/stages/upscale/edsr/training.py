"""The training loop of `TrainUpscale`: network, optimizer, clock, checkpoints, validation."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.media.iteration import prefetch
from reimagine.training.plots import save_sample_sheet
from reimagine.training.state import cosine_schedule, load_checkpoint, save_and_log, update_ema
from reimagine.zoo.device import half_precision, to_channels_last
from reimagine.zoo.squeezenet import SqueezeNet, load_features

from . import data
from .net import EDSR, FACTOR

if TYPE_CHECKING:
    from .train import TrainUpscale

CHECKPOINT_SECONDS = 180.0
"""Seconds between two checkpoints, validations and log rows."""
WARMUP_STEPS = 200
"""Steps over which the learning rate rises linearly."""
MAX_GRADIENT_NORM = 0.5
"""Gradients are clipped to this norm."""
EMA_DECAY = 0.998
"""Largest decay of the moving average of the weights; it is smaller in the first steps."""
CHARBONNIER_EPSILON = 1e-3
"""Difference, of 0..1, below which the Charbonnier loss is quadratic."""
PERCEPTUAL_WEIGHT = 0.02
"""Weight of the perceptual loss."""
PERCEPTUAL_SHARE = 0.6
"""Share of the training after which the perceptual loss is added: it triples the time of a step."""
PREFETCH = 3
"""Batches prepared in advance."""


class UpscaleTraining:
    """State of one training: network, optimizer and clock.

    Args:
        options: the training's options.
        run: folder of the checkpoint, the log, the samples and the weights.
        device: where the network runs.
        photos: training photographs, (H, W) uint8 each.
        validation_photos: held-out photographs, likewise.
        message: called with each log row as a line of text.
    """

    def __init__(
        self,
        options: TrainUpscale,
        run: Path,
        device: str,
        photos: list[np.ndarray],
        validation_photos: list[np.ndarray],
        message: Callable[[str], None],
    ) -> None:
        self.options, self.run, self.device, self.photos, self.message = options, run, device, photos, message
        self.validation = data.validation_pairs(validation_photos)
        self.net = to_channels_last(EDSR(options.width, options.blocks), device)
        self.ema = copy.deepcopy(self.net).eval()
        self.features: SqueezeNet | None = None
        if options.features:
            features = load_features(SqueezeNet(1), Path(options.features))
            self.features = to_channels_last(features, device).eval().requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate, (0.9, 0.99))
        self.parts = {"net": self.net, "ema": self.ema, "optimizer": self.optimizer}
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)
        self.losses: list[float] = []

    def train(self) -> None:
        """Take optimizer steps until the clock has reached `minutes`; write checkpoints and the log."""
        options, saved = self.options, time.monotonic()
        pairs = data.training_pairs(
            self.photos, options.size, min(options.batch, len(self.photos)), options.seed + self.steps
        )
        for pair in prefetch(pairs, PREFETCH):
            begun = time.monotonic()
            progress = self.clock / (60 * options.minutes or 1)
            if progress >= 1:
                break
            self.step(pair, progress)
            self.clock += time.monotonic() - begun
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
        if self.losses:
            self.save()

    def step(self, pair: data.Pair, progress: float) -> None:
        """Take one optimizer step at an elapsed share of the training, 0..1."""
        small, clean = (torch.from_numpy(x).to(self.device) for x in pair)
        enlarged = self.enlarge(self.net, small)
        loss = charbonnier_loss(enlarged, clean)
        if self.features is not None and progress >= PERCEPTUAL_SHARE:
            with self.autocast():
                loss = loss + PERCEPTUAL_WEIGHT * perceptual_loss(self.features, enlarged, clean)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * min(1.0, (self.steps + 1) / WARMUP_STEPS) * cosine_schedule(progress)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.ema, self.net, min(EMA_DECAY, 1 - 1 / (1 + self.steps / 10)))
        self.losses.append(float(loss.detach()))

    def enlarge(self, net: EDSR, small: Tensor) -> Tensor:
        """Enlarge luma (N, 1, H, W) in 0..1: (N, 1, 2 H, 2 W) float32."""
        with self.autocast():
            difference = net(small.contiguous(memory_format=torch.channels_last))
        return bicubic(small) + difference.float()

    def autocast(self) -> torch.autocast:
        """Context for bfloat16 arithmetic."""
        return half_precision(self.device)

    # -- results ---------------------------------------------------------------------------

    @torch.inference_mode()
    def gains(self) -> dict[str, float]:
        """Mean gain in PSNR over bicubic enlargement by kind of validation picture, in decibels."""
        gains = {}
        for kind, (small, clean) in self.validation.items():
            source, target = torch.from_numpy(small).to(self.device), torch.from_numpy(clean).to(self.device)
            before, after = (psnr(x.clamp(0, 1), target) for x in (bicubic(source), self.enlarge(self.ema, source)))
            gains[kind] = float((after - before).mean())
        return gains

    def save(self) -> None:
        """Write the checkpoint, the samples and a row of the log."""
        numbers = {"loss": float(np.mean(self.losses)), **{f"validation {k}": g for k, g in self.gains().items()}}
        save_and_log(self.run, self.parts, self.clock, self.steps, self.message, **numbers)
        self.save_samples()
        self.losses = []

    @torch.inference_mode()
    def save_samples(self) -> None:
        """Write a sheet of degraded validation pictures: bicubic, enlarged and clean."""
        small, clean = (torch.from_numpy(x[:4]).to(self.device) for x in self.validation["degraded"])
        columns = bicubic(small), self.enlarge(self.ema, small), clean
        rows = [[x[n].expand(3, -1, -1) for x in columns] for n in range(len(clean))]
        save_sample_sheet(self.run / "samples.png", rows)

    def export(self) -> Path:
        """Save the weights of the averaged network; return their path."""
        path = self.run / "weights.safetensors"
        zoo.save(path, self.ema, {"width": self.options.width, "blocks": self.options.blocks})
        return path


def bicubic(luma: Tensor) -> Tensor:
    """Luma (N, 1, H, W) at twice the size."""
    return F.interpolate(luma, scale_factor=FACTOR, mode="bicubic")


def charbonnier_loss(a: Tensor, b: Tensor) -> Tensor:
    """Mean of sqrt(difference^2 + epsilon^2) (Charbonnier et al. 1994; Lai et al. 2017)."""
    return torch.sqrt((a - b) ** 2 + CHARBONNIER_EPSILON**2).mean()


def perceptual_loss(features: SqueezeNet, enlarged: Tensor, clean: Tensor) -> Tensor:
    """L1 between the features of two batches (N, 1, H, W), relative to the target's magnitude; mean of the levels."""
    with torch.no_grad():
        targets = features.levels(clean)
    levels = zip(features.levels(enlarged)[:4], targets[:4], strict=True)
    return torch.stack([F.l1_loss(a, b) / b.abs().mean() for a, b in levels]).float().mean()


def psnr(images: Tensor, clean: Tensor) -> Tensor:
    """PSNR of each of N pictures (N, 1, H, W) in 0..1: (N,) decibels, at most 60."""
    return 10 * torch.log10(1 / (images - clean).square().mean((1, 2, 3)).clamp(min=1e-6))
