"""The phases of `TrainRestore`: networks, optimizers, clocks, checkpoints."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.media.iteration import prefetch
from reimagine.training.discriminator import PatchDiscriminator, discriminator_step
from reimagine.training.state import append_log_row, cosine_schedule, load_checkpoint, save_checkpoint, update_ema
from reimagine.zoo.device import half_precision, to_channels_last
from reimagine.zoo.squeezenet import SqueezeNet, load_features

from . import data
from .losses import ADVERSARIAL_WEIGHT, PERCEPTUAL_WEIGHT, perceptual_loss, reconstruction_loss
from .net import Detector, RestoreNet
from .validation import Validation

if TYPE_CHECKING:
    from .train import TrainRestore

T = TypeVar("T")

PHASES = ("detector", "hard", "generator", "discriminator", "adversarial")
"""Phases in order; each has a clock of its own."""
RENAMED_PHASES = {"critic": "discriminator", "gan": "adversarial"}
"""Names of phases in checkpoints of earlier versions, with their present names."""
CHECKPOINT_SECONDS = 300.0
"""Seconds between two checkpoints, validations and log rows within a phase."""
WARMUP_STEPS = 300
"""Steps over which the generator's learning rate rises linearly."""
MAX_GAIN_LOSS = 0.25
"""Decibels of mean validation gain that the adversarial phase may lose."""
MAX_GRADIENT_NORM = 0.5
"""Gradients are clipped to this norm."""
DETECTOR_RATE = 2e-4
"""Peak learning rate of the classifier of negatives."""
DISCRIMINATOR_RATE = 2e-4
"""Learning rate of the discriminator."""
DETECTOR_BATCH = 32
"""Pictures per step of the classifier of negatives."""
ADVERSARIAL_RATE = 0.05
"""Learning rate of the generator in the adversarial phase, as a share of the peak rate."""
EMA_DECAY = 0.998
"""Largest decay of the moving average of the weights; it is smaller in the first steps."""
PREFETCH = 3
"""Batches prepared in advance."""


class RestorationTraining:
    """State of one training: networks, optimizers, and a clock per phase.

    Args:
        options: the training's options.
        run: folder of the checkpoint, the log, the samples and the weights.
        device: where the networks run.
        photos: training photographs, (H, W) uint8 each.
        validation_photos: held-out photographs, likewise.
        message: called with each log row as a line of text.
    """

    def __init__(
        self,
        options: TrainRestore,
        run: Path,
        device: str,
        photos: list[np.ndarray],
        validation_photos: list[np.ndarray],
        message: Callable[[str], None],
    ) -> None:
        self.options, self.run, self.device, self.photos, self.message = options, run, device, photos, message
        self.validation = Validation(validation_photos, device, self.autocast())
        net = RestoreNet()
        if options.features:
            load_features(net.detector.features, Path(options.features))
        self.net = to_channels_last(net, device)
        self.ema = copy.deepcopy(self.net).eval()
        self.discriminator = PatchDiscriminator(32, (2, 2, 1), 2).to(device)
        self.features: SqueezeNet | None = None
        if options.features:
            features = load_features(SqueezeNet(1), Path(options.features)).to(device).eval()
            self.features = features.requires_grad_(False)
        self.optimizers = self._optimizers()
        self.parts: dict[str, torch.nn.Module | torch.optim.Optimizer] = {
            "net": self.net,
            "ema": self.ema,
            "discriminator": self.discriminator,
            **{f"optimizer {name}": optimizer for name, optimizer in self.optimizers.items()},
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: dict[str, float] = dict.fromkeys(PHASES, 0.0)
        saved_clock: dict[str, float] = saved.get("clock", {})
        for phase, seconds in saved_clock.items():
            self.clock[RENAMED_PHASES.get(phase, phase)] = seconds
        self.steps: int = saved.get("steps", 0)
        self.floor: float = saved.get("floor", 0.0)  # mean validation gain before the adversarial phase, in decibels

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        generator = [p for n, p in self.net.named_parameters() if not n.startswith("detector.")]
        return {
            "generator": torch.optim.Adam(generator, self.options.rate, (0.9, 0.99)),
            "detector": torch.optim.AdamW(self.net.detector.parameters(), DETECTOR_RATE),
            "discriminator": torch.optim.Adam(self.discriminator.parameters(), DISCRIMINATOR_RATE, (0.0, 0.9)),
        }

    # -- phases ----------------------------------------------------------------------------

    def train_detector(self) -> None:
        """Train the classifier of negatives."""
        batches = data.polarity_batches(self.photos, Detector.SIDE, DETECTOR_BATCH, self.options.seed + self.steps)
        for (images, targets), progress in self.timed("detector", self.options.detector_minutes, batches):
            with self.autocast():
                logits = self.net.detector(self.to_device(images)).float()
            loss = F.binary_cross_entropy_with_logits(logits, self.to_device(targets))
            self.optimizer_step("detector", loss, DETECTOR_RATE * cosine_schedule(progress))

    def train_hard(self) -> None:
        """Train the generator on blur, JPEG blocks and stains only."""
        batches = self.pairs(self.options.size, self.options.batch, partial(data.draw_one, data.HARD_WEIGHTS))
        for batch, _ in self.timed("hard", self.options.hard_minutes, batches):
            self.optimizer_step("generator", self.supervised_loss(batch), self.options.rate * self.warmup())

    def train_generator(self) -> None:
        """Train the generator on all kinds of damage."""
        for batch, progress in self.timed("generator", self.options.minutes, self.crops()):
            rate = self.options.rate * self.warmup() * cosine_schedule(progress)
            self.optimizer_step("generator", self.supervised_loss(batch), rate)

    def train_discriminator(self) -> None:
        """Train the discriminator alone, on the output of the trained generator."""
        for batch, _ in self.timed("discriminator", self.options.discriminator_minutes, self.crops(last_size=True)):
            degraded, clean, _ = map(self.to_device, batch)
            with torch.no_grad(), self.autocast():
                restored = self.ema(degraded)[0]
            self.discriminator_step(degraded, clean, restored)

    def train_adversarial(self) -> None:
        """Train generator and discriminator together, with the supervised losses and at a small learning rate."""
        if not self.clock["adversarial"]:
            self.net.load_state_dict(self.ema.state_dict())
            self.floor = mean_gain(self.validation.gains(self.ema))
            self.save_weights()
        for batch, _ in self.timed("adversarial", self.options.adversarial_minutes, self.crops(last_size=True)):
            degraded, clean, lost = map(self.to_device, batch)
            with self.autocast():
                restored, lost_logits = self.net(degraded)
            self.discriminator_step(degraded, clean, restored.detach())
            with self.autocast():
                logit = self.discriminator(torch.cat([degraded, restored], 1) * 2 - 1).float().mean()
            loss = self.loss(restored.float(), lost_logits.float(), degraded, clean, lost)
            self.optimizer_step("generator", loss - ADVERSARIAL_WEIGHT * logit, self.options.rate * ADVERSARIAL_RATE)

    # -- batches ---------------------------------------------------------------------------

    def pairs(self, size: int, batch: int, draw: data.Draw = data.draw_operations) -> Iterator[data.Pair]:
        """Batches prepared on a thread, with at most as many crops as there are photographs."""
        seed = self.options.seed + self.steps
        return prefetch(data.training_pairs(self.photos, size, min(batch, len(self.photos)), seed, draw), PREFETCH)

    def crops(self, last_size: bool = False) -> Iterator[data.Pair]:
        """Batches of about equally many pixels, at the first size, or at the last size from the last third on."""
        options, batches = self.options, {}
        while True:
            size = options.last_size if last_size or self.in_last_third() else options.size
            if size not in batches:
                batches[size] = self.pairs(size, max(1, round(options.batch * (options.size / size) ** 2)))
            yield next(batches[size])

    def timed(self, phase: str, minutes: float, batches: Iterator[T]) -> Iterator[tuple[T, float]]:
        """Yield batches and the elapsed share of the phase until its clock has run; save checkpoints and validate."""
        saved = time.monotonic()
        while minutes > 0 and (progress := self.clock[phase] / (60 * minutes)) < 1:
            start = time.monotonic()
            yield next(batches), progress
            self.steps += 1
            self.clock[phase] += time.monotonic() - start
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save(phase)
                saved = time.monotonic()
        self.save(phase)

    def in_last_third(self) -> bool:
        """Whether two thirds of the generator phase are over."""
        return self.clock["generator"] >= 40 * self.options.minutes

    # -- one step --------------------------------------------------------------------------

    def to_device(self, array: np.ndarray) -> Tensor:
        """The array as a tensor on the device."""
        return torch.from_numpy(array).to(self.device)

    def autocast(self) -> torch.autocast:
        """Context for bfloat16 arithmetic."""
        return half_precision(self.device)

    def warmup(self) -> float:
        """Factor of the learning rate in the first steps, 0..1."""
        return min(1.0, (self.steps + 1) / WARMUP_STEPS)

    def supervised_loss(self, batch: data.Pair) -> Tensor:
        """Loss of the generator on one batch, without the discriminator."""
        degraded, clean, lost = map(self.to_device, batch)
        with self.autocast():
            restored, lost_logits = self.net(degraded.contiguous(memory_format=torch.channels_last))
        return self.loss(restored.float(), lost_logits.float(), degraded, clean, lost)

    def loss(self, restored: Tensor, lost_logits: Tensor, degraded: Tensor, clean: Tensor, lost: Tensor) -> Tensor:
        """Reconstruction loss, and the perceptual loss from the last third of the generator phase on."""
        loss = reconstruction_loss(restored, lost_logits, degraded, clean, lost)
        if self.features is None or not self.in_last_third():
            return loss
        with self.autocast():
            perceptual = perceptual_loss(self.features, restored, clean)
        return loss + PERCEPTUAL_WEIGHT * perceptual

    def optimizer_step(self, name: str, loss: Tensor, rate: float) -> None:
        """Take one step of an optimizer at this learning rate, and update the moving average of the weights."""
        optimizer = self.optimizers[name]
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], MAX_GRADIENT_NORM)
        optimizer.step()
        update_ema(self.ema, self.net, min(EMA_DECAY, 1 - 1 / (1 + self.steps / 10)))

    def discriminator_step(self, degraded: Tensor, clean: Tensor, restored: Tensor) -> None:
        """Train the discriminator on clean and restored pictures, each together with the degraded one."""
        real, generated = (torch.cat([degraded, x.float()], 1) * 2 - 1 for x in (clean, restored))
        discriminator_step(self.discriminator, self.optimizers["discriminator"], self.autocast(), real, generated)

    # -- output ----------------------------------------------------------------------------

    def save(self, phase: str) -> None:
        """Save a checkpoint, validate the averaged network, log the metrics and save samples."""
        gains = self.validation.gains(self.ema)
        accuracy = self.validation.negative_accuracy(self.ema)
        state = {"clock": self.clock, "steps": self.steps, "floor": self.floor}
        save_checkpoint(self.run / "checkpoint.pt", {**self.parts, **state})
        row = {
            "phase": phase,
            "minutes": round(sum(self.clock.values()) / 60, 1),
            "steps": self.steps,
            **{"psnr" if kind == "none" else f"psnr_gain_{kind}": round(gain, 3) for kind, gain in gains.items()},
            "negative_accuracy": round(accuracy, 3),
        }
        append_log_row(self.run / "log.csv", row)
        self.message("  ".join(f"{name} {value}" for name, value in row.items()))
        self.validation.save_samples(self.ema, self.run / "samples.png")

    def export(self) -> Path:
        """Save the weights, unless the adversarial phase made them worse; return their path."""
        if not self.clock["adversarial"] or mean_gain(self.validation.gains(self.ema)) >= self.floor - MAX_GAIN_LOSS:
            self.save_weights()
        return self.run / "weights.safetensors"

    def save_weights(self) -> None:
        """Save the averaged network."""
        zoo.save(self.run / "weights.safetensors", self.ema, {})


def mean_gain(gains: Mapping[str, float]) -> float:
    """Mean validation gain over the kinds of damage, in decibels."""
    return float(np.mean([gains[kind] for kind in data.VALIDATION_KINDS]))
