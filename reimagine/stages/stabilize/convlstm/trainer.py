"""The training loop of the consistency network: network, optimizer, clock and checkpoints."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from reimagine.training.state import cosine_schedule, load_checkpoint, save_and_log, update_ema
from reimagine.zoo.device import half_precision, to_channels_last
from reimagine.zoo.squeezenet import SqueezeNet, load_features

from . import data
from .losses import masked_l1, perceptual_loss, warp_backward
from .net import ConsistencyNet, State

if TYPE_CHECKING:
    from .train import TrainStabilize

PERCEPTUAL_WEIGHT = 10.0
"""Weight of the perceptual loss, as in the paper."""
SHORT_TERM_WEIGHT = 100.0
"""Weight of the short-term temporal loss, as in the paper."""
LONG_TERM_WEIGHT = 100.0
"""Weight of the long-term temporal loss, as in the paper."""

CHECKPOINT_SECONDS = 120.0
"""Time between two checkpoints, in seconds."""
WARMUP_STEPS = 100
"""Steps in which the learning rate rises linearly to its peak."""
MIN_RATE = 0.02
"""Learning rate at the end, as a fraction of its peak."""
EMA_DECAY = 0.998
"""Largest decay of the averaged weights; it is smaller in the first steps."""
MAX_GRADIENT_NORM = 5.0
"""Gradients are clipped to this norm."""


class ConsistencyTrainer:
    """Trains the network on clips.

    Args:
        options: of the training.
        run: folder of the checkpoint and the log. A checkpoint in it is loaded.
        device: "cpu", "cuda" or "mps".
        clips: the training data.
    """

    def __init__(self, options: TrainStabilize, run: Path, device: str, clips: list[data.TrainingClip]) -> None:
        self.options, self.run, self.device, self.clips = options, run, device, clips
        self.net = to_channels_last(ConsistencyNet(options.width, aligned=True), device)
        self.ema = copy.deepcopy(self.net).eval()
        self.feature_net: SqueezeNet | None = None
        if options.features:
            features = load_features(SqueezeNet(3), Path(options.features))
            self.feature_net = features.to(device).eval().requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate)
        self.parts = {"net": self.net, "ema": self.ema, "optimizer": self.optimizer}
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)
        self.values: list[np.ndarray] = []

    def train(self) -> None:
        """Take optimizer steps until the clock has reached `minutes`; write checkpoints and the log."""
        last_checkpoint = time.monotonic()
        for batch in self.batches():
            started = time.monotonic()
            progress = self.clock / (60 * self.options.minutes or 1)
            if progress >= 1:
                break
            self.step(batch, progress)
            self.clock += time.monotonic() - started
            if time.monotonic() - last_checkpoint > CHECKPOINT_SECONDS:
                self.save()
                last_checkpoint = time.monotonic()
        if self.values:
            self.save()

    def step(self, batch: tuple[Tensor, ...], progress: float) -> None:
        """Take one optimizer step.

        Args:
            batch: see `batches`.
            progress: elapsed fraction of the training time, 0 to 1.
        """
        losses = self.losses(*batch)
        for group in self.optimizer.param_groups:
            warmup = min(1.0, self.steps / WARMUP_STEPS)
            group["lr"] = self.options.rate * warmup * cosine_schedule(progress, MIN_RATE)
        self.optimizer.zero_grad()
        losses.sum().backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.ema, self.net, min(EMA_DECAY, 1 - 1 / (1 + self.steps / 10)))
        self.values.append(losses.detach().cpu().numpy().astype(float))

    def batches(self) -> Iterator[tuple[Tensor, ...]]:
        """Yield random batches: `data.random_crop`'s arrays as tensors (N, T, C, S, S)."""
        rng = np.random.default_rng(self.options.seed + self.steps)
        while True:
            chosen = rng.integers(0, len(self.clips), self.options.batch)
            crops = [data.random_crop(self.clips[i], self.options.size, rng) for i in chosen]
            yield tuple(torch.from_numpy(np.stack(p)).to(self.device) for p in zip(*crops, strict=True))

    def autocast(self) -> torch.autocast:
        """Return the context of half-precision forward passes."""
        return half_precision(self.device)

    def losses(self, source: Tensor, processed: Tensor, previous_flow: Tensor, first_flow: Tensor) -> Tensor:
        """Return the weighted perceptual, short-term and long-term losses per frame: (3,).

        The perceptual loss is computed for one random frame of the clip.
        """
        outputs: list[Tensor] = [processed[:, 0]]
        state: State | None = None
        short_term, long_term = source.new_zeros(()), source.new_zeros(())
        length = source.shape[1]
        for t in range(1, length):
            flow = previous_flow[:, t]
            previous, previous_source = warp_backward(outputs[-1], flow), warp_backward(source[:, t - 1], flow)
            with self.autocast():
                residual, state = self.net(processed[:, t], previous.detach(), source[:, t], previous_source, state)
            outputs.append(processed[:, t] + residual.float())
            short_term = short_term + masked_l1(outputs[-1], previous.detach(), source[:, t], previous_source)
            if t > 1:
                first_source = warp_backward(source[:, 0], first_flow[:, t])
                first = warp_backward(outputs[0], first_flow[:, t])
                long_term = long_term + masked_l1(outputs[-1], first, source[:, t], first_source)
        t = int(torch.randint(1, length, ()))
        perceptual = perceptual_loss(outputs[t], processed[:, t], self.feature_net, self.autocast()) * (length - 1)
        weighted = [PERCEPTUAL_WEIGHT * perceptual, SHORT_TERM_WEIGHT * short_term, LONG_TERM_WEIGHT * long_term]
        return torch.stack(weighted) / length

    def save(self) -> None:
        """Write the checkpoint, and a row of the log with the mean losses since the last row."""
        perceptual, short_term, long_term = np.mean(self.values, 0).tolist()
        columns = {"perceptual": perceptual, "short_term": short_term, "long_term": long_term}
        save_and_log(self.run, self.parts, self.clock, self.steps, **columns)
        self.values = []
