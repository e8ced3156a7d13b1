"""Training of the next-frame network on its own rollouts.

Each training step continues a batch of rollouts by a few steps and backpropagates through them; the last images are
where the next training step starts. So the network learns to correct its own errors (Hertzmann's recipe for
next-frame prediction with pix2pix: diverged frame -> film frame). Exemplars come from another time of the film.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reimagine.errors import StageError
from reimagine.training.discriminator import PatchDiscriminator, discriminator_step
from reimagine.training.plots import plot_losses, save_sample_sheet
from reimagine.training.state import (
    cosine_schedule,
    is_out_of_memory,
    load_checkpoint,
    save_and_log,
    update_ema,
)
from reimagine.zoo.device import half_precision, to_channels_last

from .exemplars import ExemplarBank, align
from .losses import ADVERSARIAL_WEIGHT, SELECTION_WEIGHT, prediction_losses
from .net import NetInput, NextFrameNet
from .rollout_state import RolloutState

LOSSES = ("l1", "gradients", "texture", "motion", "selection", "discriminator", "adversarial")
"""Columns of the log."""
RESTART_PROBABILITY = 1 / 12
"""Probability that a rollout is restarted between two training steps."""
ERROR_PROBABILITY = 0.5
"""Probability that a rollout starts with simulated errors."""
WARM_UP_STEPS = 100
"""Training steps in which the learning rate rises linearly."""
DISCRIMINATOR_RATE = 2e-4
"""Learning rate of the discriminator (Adam), constant."""
BETAS = (0.5, 0.99)
"""Adam's decay rates, usual for adversarial training."""
VALIDATION_ROLLOUTS = 8
"""Rollouts from which a validation or test loss is measured."""
VALIDATION_STEPS = 12
"""Steps of each of them, at most."""


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a training.

    Attributes:
        minutes: training time; the learning-rate schedule follows it.
        batch: rollouts per training step.
        unrolled: steps of each rollout that are backpropagated through.
        rate: peak learning rate.
        discriminator_start: fraction of the time before the adversarial loss is used.
        seed: of all random numbers.
        save_interval: seconds between two checkpoints, log rows and sample sheets.
    """

    minutes: float
    batch: int = 4
    unrolled: int = 3
    rate: float = 5e-4
    discriminator_start: float = 0.25
    seed: int = 1
    save_interval: float = 120.0


class NextFrameTrainer:
    """Networks, optimizers, rollouts, clock and step count of one training.

    Args:
        net: the network to train, on the processor.
        banks: training frames, all of one size.
        folder: for checkpoint, log, loss plot and sample sheet; a checkpoint there is resumed.
        message: called with each row of the log as a line of text.
    """

    def __init__(
        self,
        net: NextFrameNet,
        banks: Sequence[ExemplarBank],
        folder: Path,
        device: str,
        settings: TrainingSettings,
        message: Callable[[str], Any] = print,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.folder, self.device, self.settings, self.message = folder, device, settings, message
        self.net = to_channels_last(net, device).train()
        self.ema = copy.deepcopy(self.net).eval()
        self.discriminator = PatchDiscriminator(32, (2, 2, 2), 6).to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), settings.rate, BETAS)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), DISCRIMINATOR_RATE, BETAS)
        self.parts = {
            "net": self.net,
            "ema": self.ema,
            "optimizer": self.optimizer,
            "discriminator": self.discriminator,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        saved = load_checkpoint(folder / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)
        self.rng = np.random.default_rng(settings.seed + self.steps)
        self.banks = [(bank, bank.training_frames.split()) for bank in banks]
        self.rollouts = [self.new_rollout("train", self.rng) for _ in range(settings.batch)]
        self.losses: dict[str, list[float]] = {}

    def new_rollout(self, part: str, rng: np.random.Generator) -> RolloutState:
        """A rollout on one part of the split of a random bank; its exemplars are always training frames."""
        weights = np.array([(steps[part] > 0).sum() for _, steps in self.banks], float)
        bank, steps = self.banks[int(rng.choice(len(weights), p=weights / weights.sum()))]
        return RolloutState(bank, steps[part], steps["train"], rng)

    def run(self, advance: Callable[[float], None] = lambda _: None) -> None:
        """Train until the clock reaches the training time; call `advance` with the seconds that each step took."""
        saved = time.monotonic()
        while (done := self.clock / (60 * self.settings.minutes or 1)) < 1:
            begun = time.monotonic()
            try:
                self.train_step(done)
            except (RuntimeError, MemoryError) as error:
                self.halve_batch(error)
            elapsed = time.monotonic() - begun
            self.clock += elapsed
            advance(elapsed)
            if time.monotonic() - saved > self.settings.save_interval:
                self.save()
                saved = time.monotonic()
        if self.losses:
            self.save()

    def halve_batch(self, error: Exception) -> None:
        """Halve the number of rollouts per step after an out-of-memory error.

        Raises:
            StageError: there is a single rollout already. Any other error is raised again.
        """
        if not is_out_of_memory(error):
            raise error
        if len(self.rollouts) == 1:
            raise StageError(
                "continue: not enough memory to learn from one rollout at a time; close other programs, or "
                "give --minutes 0 to use the weights as they are"
            ) from error
        self.rollouts = self.rollouts[: len(self.rollouts) // 2]
        self.message(f"not enough memory: {len(self.rollouts)} rollouts per step from now on")

    def train_step(self, done: float) -> None:
        """Take one optimizer step.

        Args:
            done: elapsed fraction of the training time, 0 to 1.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * min(1.0, (self.steps + 1) / WARM_UP_STEPS) * cosine_schedule(done)
        self._restart_rollouts()
        losses, generated, real = self.rollout(self.rollouts, self.settings.unrolled, self.net)
        if done >= self.settings.discriminator_start:
            losses["adversarial"] = self._adversarial_loss(torch.cat(generated), torch.cat(real))
        self.optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.ema, self.net, min(0.998, 1 - 1 / (1 + self.steps / 10)))
        for name, loss in losses.items():
            self._record(name, loss)

    def _restart_rollouts(self) -> None:
        """Replace rollouts that have no targets left, and some others."""
        unrolled = self.settings.unrolled
        for number, rollout in enumerate(self.rollouts):
            if rollout.steps_left < unrolled or self.rng.random() < RESTART_PROBABILITY:
                self.rollouts[number] = rollout = self.new_rollout("train", self.rng)
                rollout.start(unrolled, ERROR_PROBABILITY)

    def _adversarial_loss(self, generated: Tensor, real: Tensor) -> Tensor:
        """Train the discriminator by one step, then return the loss of the generated images."""
        optimizer = self.discriminator_optimizer
        loss = discriminator_step(self.discriminator, optimizer, self.autocast(), real, generated.detach())
        self._record("discriminator", loss)
        self.discriminator.requires_grad_(False)
        with self.autocast():
            logits = self.discriminator(generated).float()
        self.discriminator.requires_grad_(True)
        return -ADVERSARIAL_WEIGHT * logits.mean()

    def rollout(
        self, rollouts: list[RolloutState], steps: int, net: NextFrameNet
    ) -> tuple[dict[str, Tensor], list[Tensor], list[Tensor]]:
        """Continue rollouts by some steps.

        Returns:
            The mean losses by name; and for each step the discriminator's inputs, generated and real: pairs of
            consecutive images, (N, 6, H, W) in 0..1.
        """
        losses: dict[str, list[Tensor]] = {}
        generated, real = [], []
        last, previous = self.tensor([r.last for r in rollouts]), self.tensor([r.previous for r in rollouts])
        for _ in range(steps):
            inputs = self._net_input(rollouts, last, previous)
            with self.autocast():
                prediction = net(inputs)
            candidates = prediction.candidates(inputs)
            image = prediction.blend(candidates)
            last_target, target = (self.tensor([r.frame(r.index + k) for r in rollouts]) for k in (0, 1))
            step_losses = prediction_losses(image, last, target, last_target)
            step_losses["selection"] = SELECTION_WEIGHT * prediction.blend((candidates - target).abs()).mean()
            for name, loss in step_losses.items():
                losses.setdefault(name, []).append(loss)
            generated.append(torch.cat([last, image], 1))
            real.append(torch.cat([last_target, target], 1))
            last, previous = image, last
            for rollout in rollouts:
                rollout.advance()
        for n, rollout in enumerate(rollouts):
            rollout.last, rollout.previous = _image(last[n]), _image(previous[n])
        return {name: torch.stack(each).mean() for name, each in losses.items()}, generated, real

    def _net_input(self, rollouts: list[RolloutState], last: Tensor, previous: Tensor) -> NetInput:
        images = (last.detach().clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).cpu().numpy()
        estimates = [align(x, r.bank, r.playback.index) for x, r in zip(images, rollouts, strict=True)]
        motion, alignment, confidence = (self.tensor([e[k] for e in estimates]) for k in range(3))
        exemplar = self.tensor([r.frame(r.playback.index + 1) for r in rollouts])
        return NetInput(last, previous, exemplar, motion, alignment, confidence, torch.randn_like(confidence))

    def tensor(self, images: list[np.ndarray]) -> Tensor:
        """Images (h, w, C) or (h, w) as one batch (N, C, h, w)."""
        x = torch.from_numpy(np.stack(images)).to(self.device)
        return x.permute(0, 3, 1, 2) if x.dim() == 4 else x[:, None]

    def autocast(self) -> torch.autocast:
        """A context in which networks run in bfloat16."""
        return half_precision(self.device)

    def _record(self, name: str, loss: Tensor) -> None:
        self.losses.setdefault(name, []).append(float(loss.detach()))

    @torch.no_grad()
    def measure(self, part: str = "validation") -> dict[str, float]:
        """Mean losses of the averaged network in rollouts on one part of the split, and a sample sheet.

        The sheet has three pairs of rows: the film's frames, and the generated ones below them.
        """
        rng = np.random.default_rng(0)
        rollouts = [self.new_rollout(part, rng) for _ in range(VALIDATION_ROLLOUTS)]
        steps = min(VALIDATION_STEPS, *(int(r.remaining_steps.max()) - 1 for r in rollouts))
        if steps < 1:
            return {}
        for rollout in rollouts:
            rollout.start(steps, 0.0)
        losses, generated, real = self.rollout(rollouts, steps, self.ema)
        columns = np.unique(np.linspace(0, steps - 1, 4).astype(int))
        rows = [[images[k][n, 3:] for k in columns] for n in range(3) for images in (real, generated)]
        save_sample_sheet(self.folder / "sheet.png", rows)
        return {f"{part} {name}": float(loss) for name, loss in losses.items()}

    def save(self) -> None:
        """Write the checkpoint, a row of the log, the loss plot and the sample sheet."""
        means = {name: float(np.mean(self.losses.get(name, [np.nan]))) for name in LOSSES}
        save_and_log(self.folder, self.parts, self.clock, self.steps, self.message, **means, **self.measure())
        plot_losses(self.folder / "log.csv", self.folder / "curves.png")
        self.losses = {}


def _image(x: Tensor) -> np.ndarray:
    """(3, H, W) in 0..1, perhaps beyond -> (H, W, 3) float32 in 0..1."""
    return x.detach().clamp(0, 1).permute(1, 2, 0).cpu().numpy()
