"""Training of pix2pix on one film: L1 and adversarial loss of each next frame (Isola et al. 2017, section 3)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.errors import StageError
from reimagine.files import write_text_atomically
from reimagine.progress import Progress
from reimagine.stages.continuation.base import LEARNED, WEIGHTS
from reimagine.stages.continuation.random_state import private_generators
from reimagine.stages.continuation.training_frames import TrainingFrames
from reimagine.training.plots import plot_losses, save_sample_sheet
from reimagine.training.state import is_out_of_memory, load_checkpoint, save_and_log

from .net import PatchGAN, UNet256

if TYPE_CHECKING:
    from .stage import Pix2Pix

LEARNING_RATE = 2e-4
"""Learning rate of both networks (Adam), as published."""
BETAS = (0.5, 0.999)
"""Adam's decay rates, as published."""
LOSSES = ("l1", "adversarial", "discriminator")
"""Columns of the log, in the order of `train_step`'s results."""
SAVE_INTERVAL = 60.0
"""Seconds between two checkpoints, log rows and sample sheets."""
VALIDATION_PAIRS = 8
"""Pairs of frames from which a validation or test loss is measured, about."""


def learn_film(options: Pix2Pix, frames: TrainingFrames, folder: Path, device: str, progress: Progress) -> None:
    """Train on one film from scratch, or from the checkpoint in the folder; write the weights and the test loss."""
    with private_generators(device):
        training = Pix2PixTraining(options, frames, folder, device, progress)
        training.run()
        zoo.save(folder / WEIGHTS, training.net, {"width": options.width})
        losses = training.measure("test")
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    write_text_atomically(folder / LEARNED, json.dumps(losses, indent=1))


class Pix2PixTraining:
    """Networks, optimizers, clock and step count of one training.

    Args:
        options: `minutes`, `width` and `weight` are used.
        frames: pairs of consecutive frames are drawn from them.
        folder: for checkpoint, log, loss plot and sample sheet.
    """

    def __init__(self, options: Pix2Pix, frames: TrainingFrames, folder: Path, device: str, progress: Progress) -> None:
        torch.manual_seed(1)
        self.options, self.frames, self.folder = options, frames, folder
        self.device, self.progress = device, progress
        self.net, self.discriminator = UNet256(options.width).to(device), PatchGAN(options.width).to(device)
        self.optimizer, self.discriminator_optimizer = (
            torch.optim.Adam(net.parameters(), LEARNING_RATE, BETAS) for net in (self.net, self.discriminator)
        )
        self.parts = {
            "net": self.net,
            "discriminator": self.discriminator,
            "optimizer": self.optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        saved = load_checkpoint(folder / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)
        self.rng = np.random.default_rng(self.steps)
        self.losses: list[list[float]] = []
        self.remaining_steps = frames.split()

    def run(self) -> None:
        """Train until the clock reaches the learning time, with a checkpoint every `SAVE_INTERVAL` seconds."""
        self.progress.begin("learn", round(60 * self.options.minutes), "s")
        self.progress.advance(self.clock)
        saved = time.monotonic()
        while self.clock < 60 * self.options.minutes:
            begun = time.monotonic()
            before, after = self.pair(int(self.rng.choice(np.flatnonzero(self.remaining_steps["train"]))))
            self.losses.append(self.train_step(before, after))
            elapsed = time.monotonic() - begun
            self.clock, self.steps = self.clock + elapsed, self.steps + 1
            self.progress.advance(elapsed)
            if time.monotonic() - saved > SAVE_INTERVAL:
                self.save()
                saved = time.monotonic()
        if self.losses:
            self.save()

    def pair(self, index: int) -> tuple[Tensor, Tensor]:
        """A training frame and the next one, (1, 3, H, W) each in -1..1."""
        x = torch.from_numpy(self.frames.frames[index : index + 2]).to(self.device).permute(0, 3, 1, 2)
        x = x.float() / 127.5 - 1
        return x[:1], x[1:]

    def train_step(self, before: Tensor, after: Tensor) -> list[float]:
        """Take one step of the discriminator and one of the generator with a pair of frames; return `LOSSES`.

        Raises:
            StageError: out of memory.
        """
        try:
            prediction = self.net(before)
            discriminator_loss = self._discriminator_step(before, after, prediction.detach())
            self.discriminator.requires_grad_(False)
            adversarial = logit_loss(self.discriminator(torch.cat([before, prediction], 1)), True)
            self.discriminator.requires_grad_(True)
            l1 = F.l1_loss(prediction, after)
            _optimize(self.optimizer, adversarial + self.options.weight * l1)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise StageError(
                f"continue: not enough memory for pix2pix with --width {self.options.width}; "
                "give half of that width, or --model recall"
            ) from error
        return [float(x.detach()) for x in (l1, adversarial, discriminator_loss)]

    def _discriminator_step(self, before: Tensor, after: Tensor, prediction: Tensor) -> Tensor:
        real = self.discriminator(torch.cat([before, after], 1))
        generated = self.discriminator(torch.cat([before, prediction], 1))
        loss = (logit_loss(real, True) + logit_loss(generated, False)) / 2
        _optimize(self.discriminator_optimizer, loss)
        return loss

    def save(self) -> None:
        """Write the checkpoint, a row of the log, the loss plot and the sample sheet."""
        means = dict(zip(LOSSES, np.mean(self.losses, 0), strict=True))
        numbers = {**means, **self.measure("validation")}
        save_and_log(self.folder, self.parts, self.clock, self.steps, self.progress.message, **numbers)
        plot_losses(self.folder / "log.csv", self.folder / "curves.png")
        self.losses.clear()

    @torch.no_grad()
    def measure(self, part: str) -> dict[str, float]:
        """Mean L1 loss on pairs of one part of the split, and a sample sheet: frames, next frames, predictions."""
        rows = [(before, after, self.net(before)) for before, after in map(self.pair, self._sample(part))]
        if not rows:
            return {}
        sheet = [[(x[0] + 1) / 2 for x in row] for row in zip(*rows[:4], strict=True)]
        save_sample_sheet(self.folder / "sheet.png", sheet)
        return {f"{part} l1": float(np.mean([F.l1_loss(prediction, after).item() for _, after, prediction in rows]))}

    def _sample(self, part: str) -> Iterator[int]:
        """About `VALIDATION_PAIRS` frame indices, evenly spaced."""
        indices = np.flatnonzero(self.remaining_steps[part])
        return map(int, indices[:: max(1, len(indices) // VALIDATION_PAIRS)])


def _optimize(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def logit_loss(logits: Tensor, real: bool) -> Tensor:
    """Binary cross-entropy of logits with the target "real" for all of them, or "generated" for all."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))
