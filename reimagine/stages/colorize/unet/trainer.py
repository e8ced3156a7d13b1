"""Training of the colorizer: generator, discriminator, then a short adversarial phase (NoGAN).

The schedule is DeOldify's. Supervised training of the generator takes nearly all of the time; a discriminator is then
trained on the output of the fixed generator; in the adversarial phase, of a few minutes, both are trained. During that
phase the validation photographs are predicted repeatedly, and the exported weights are the latest whose agreement is
not more than 1 % below that of the generator before the phase.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader

from reimagine import zoo
from reimagine.errors import WeightsError
from reimagine.media.iteration import prefetch
from reimagine.training.discriminator import PatchDiscriminator, hinge_loss
from reimagine.training.state import append_log_row, cosine_schedule, load_checkpoint, save_checkpoint, update_ema
from reimagine.zoo.device import half_precision, to_channels_last
from reimagine.zoo.efficientnet_lite import EfficientNetLite0, load_trunk
from reimagine.zoo.squeezenet import SqueezeNet, load_features

from . import data
from .losses import cross_entropy, discriminator_input, perceptual_loss, rebalancing_weights
from .net import ColorUNet, calibrate

if TYPE_CHECKING:
    from .train import TrainColorize

RENAMED_PHASES = {"critic": "discriminator", "gan": "adversarial"}
"""Names of phases in checkpoints of earlier versions, with their present names."""
CHECKPOINT_SECONDS = {"generator": 240.0, "discriminator": 60.0, "adversarial": 60.0}
"""Seconds between two checkpoints of a phase. Each includes a validation, which takes seconds."""
WARM_UP = 500
"""Steps over which the learning rate rises to its peak."""
LAST_SIZE_AFTER = 0.8
"""Elapsed fraction of the generator phase after which the crops have the side `last_size`."""
REGRESSION_WEIGHT = 0.03
"""Weight of the smooth L1 loss of ab, in CIELAB units, beside the cross-entropy."""
ADVERSARIAL_WEIGHT = 0.05
"""Weight of the discriminator's logits in the generator's loss."""
ADVERSARIAL_RATE = 0.03
"""Learning rate of the generator in the adversarial phase, as a fraction of the peak."""
LEAST_AGREEMENT = 0.99
"""Fraction of the generator's agreement that must remain after the adversarial phase for its weights to be exported."""


def build_network(options: TrainColorize, bins: np.ndarray) -> ColorUNet:
    """The network before training: that of the weights `start`, or one with random weights behind its encoder.

    Args:
        bins: the quantized colours of the photographs, (Q, 2); the weights `start` have their own.
    """
    if options.start:
        return zoo.load(options.start, ColorUNet, "cpu")
    net = ColorUNet(len(bins), options.width, options.encoder)
    net.bins.copy_(torch.from_numpy(bins))
    load_published_features(net.encoder, options)
    return net


def load_published_features(encoder: nn.Module, options: TrainColorize) -> None:
    """Load published features into the encoder, if the options name them."""
    if isinstance(encoder, EfficientNetLite0) and options.trunk:
        load_trunk(encoder, Path(options.trunk))
    elif isinstance(encoder, SqueezeNet) and options.features:
        load_features(encoder, Path(options.features))


class ColorizeTrainer:
    """One training: networks, optimizers, and what its checkpoints hold.

    Attributes:
        ema: exponential moving average of the network; it is what is validated and exported.
        clock: seconds of each phase so far.
        pictures: training crops so far, repetitions counted.
        floor: agreement of the generator before the adversarial phase.
    """

    def __init__(
        self,
        options: TrainColorize,
        run: Path,
        device: str,
        photos: list[np.ndarray],
        validation: list[tuple[np.ndarray, np.ndarray]],
    ) -> None:
        self.options, self.run, self.device, self.photos, self.validation = options, run, device, photos, validation
        self.net = to_channels_last(build_network(options, data.palette(photos)), device)
        self.ema = copy.deepcopy(self.net).eval()
        self.discriminator = PatchDiscriminator().to(device)
        share = data.frequencies(photos, self.net.bins.cpu().numpy())
        self.weight = rebalancing_weights(torch.from_numpy(share)).to(device)
        encoder = list(self.net.encoder.parameters())
        rest = [p for n, p in self.net.named_parameters() if not n.startswith("encoder.")]
        groups = [{"params": encoder, "scale": 0.3}, {"params": rest, "scale": 1.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=options.rate, weight_decay=0.01)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), 2e-4, (0.0, 0.9))
        self.parts = {
            "net": self.net,
            "ema": self.ema,
            "optimizer": self.optimizer,
            "discriminator": self.discriminator,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: dict[str, float] = dict.fromkeys(CHECKPOINT_SECONDS, 0.0)
        clock: dict[str, float] = saved.get("clock", {})
        self.clock |= {RENAMED_PHASES.get(phase, phase): seconds for phase, seconds in clock.items()}
        self.pictures: int = saved.get("pictures", 0)
        self.floor: float = saved.get("floor", 0.0)

    def save(self) -> None:
        """Write the checkpoint."""
        values = {"clock": self.clock, "pictures": self.pictures, "floor": self.floor}
        save_checkpoint(self.run / "checkpoint.pt", {**self.parts, **values})

    # -- the three phases ------------------------------------------------------------------

    def generator_phase(self) -> None:
        """Train the generator with the supervised loss."""
        for grey, ab, progress in self.steps("generator", self.options.minutes, self.options.size):
            rate = (
                self.options.rate
                * min(1.0, self.pictures / self.options.batch / WARM_UP)
                * cosine_schedule(progress, 0.02)
            )
            self.generator_step(self.supervised_loss(grey, ab), rate)

    def discriminator_phase(self) -> None:
        """Train the discriminator on the output of the fixed generator."""
        for grey, ab, _ in self.steps("discriminator", self.options.discriminator_minutes, self.options.last_size):
            with torch.no_grad(), self.autocast():
                predicted = self.ema.expected_ab(self.ema(grey))
            self.discriminator_step(grey, ab, predicted)

    def adversarial_phase(self) -> None:
        """Train both: supervised, perceptual and adversarial loss, at a low learning rate."""
        if not self.clock["adversarial"]:
            self.net.load_state_dict(self.ema.state_dict())
            self.floor = self.validate()["agreement"]
        features = self.perceptual_network()
        for grey, ab, _ in self.steps("adversarial", self.options.adversarial_minutes, self.options.last_size):
            with self.autocast():
                logits = self.net(grey)
            predicted = self.net.expected_ab(logits)
            self.discriminator_step(grey, ab, predicted.detach())
            loss = self.colour_loss(logits, predicted, ab)
            loss = loss + perceptual_loss(features, grey, predicted, ab) if features else loss
            loss = loss - ADVERSARIAL_WEIGHT * self.discriminator(discriminator_input(grey, predicted)).mean()
            self.generator_step(loss, self.options.rate * ADVERSARIAL_RATE)

    # -- one step --------------------------------------------------------------------------

    def steps(self, phase: str, minutes: float, size: int) -> Iterator[tuple[Tensor, Tensor, float]]:
        """Yield luma, ab and the elapsed fraction of a phase until its time is over; validate and save regularly."""
        self.net.train(phase == "generator")
        batches, large = self.batches(size), False
        saved = time.monotonic()
        while (progress := self.clock[phase] / (60 * minutes or 1)) < 1:
            if phase == "generator" and progress > LAST_SIZE_AFTER and not large:
                batches, large = self.batches(self.options.last_size), True
            start = time.monotonic()
            grey, ab = next(batches)
            yield grey, ab, progress
            self.pictures += len(grey)
            self.clock[phase] += time.monotonic() - start
            if time.monotonic() - saved > CHECKPOINT_SECONDS[phase]:
                self.report(phase)
                saved = time.monotonic()
        self.report(phase)

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches of luma and ab on the device endlessly."""
        workers = self.options.workers
        stream = data.CropStream(self.photos, size, self.options.batch, self.options.seed + self.pictures)
        loader = DataLoader(stream, batch_size=None, num_workers=workers, pin_memory=self.device != "cpu")
        for grey, ab in loader if workers else prefetch(iter(loader), 3):
            yield (
                grey.to(self.device, memory_format=torch.channels_last, non_blocking=True),
                ab.to(self.device, non_blocking=True),
            )

    def autocast(self) -> torch.autocast:
        """Return the context of forward passes in bfloat16."""
        return half_precision(self.device)

    def supervised_loss(self, grey: Tensor, ab: Tensor) -> Tensor:
        """Return the loss of the generator phase."""
        with self.autocast():
            logits = self.net(grey)
        return self.colour_loss(logits, self.net.expected_ab(logits), ab)

    def colour_loss(self, logits: Tensor, predicted: Tensor, ab: Tensor) -> Tensor:
        """Return the weighted cross-entropy of the distribution plus the smooth L1 loss of its mean, `predicted`."""
        regression = F.smooth_l1_loss(predicted, ab)
        return cross_entropy(logits, ab, self.net.bins.float(), self.weight) + REGRESSION_WEIGHT * regression

    def generator_step(self, loss: Tensor, rate: float) -> None:
        """Take an optimizer step of the generator and update the moving average."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        if not norm.isfinite():
            raise WeightsError("the training diverged: a gradient is not finite; go on with a lower --rate")
        self.optimizer.step()
        update_ema(self.ema, self.net, min(0.999, 1 - 1 / (1 + self.pictures / self.options.batch / 10)))

    def discriminator_step(self, grey: Tensor, ab: Tensor, predicted: Tensor) -> None:
        """Take an optimizer step of the discriminator with the hinge loss."""
        real = self.discriminator(discriminator_input(grey, ab))
        generated = self.discriminator(discriminator_input(grey, predicted))
        self.discriminator_optimizer.zero_grad()
        hinge_loss(real, generated).backward()
        self.discriminator_optimizer.step()

    def perceptual_network(self) -> SqueezeNet | None:
        """Return the network of the perceptual loss, or None without the option `features`."""
        if not self.options.features:
            return None
        net = load_features(SqueezeNet(3), Path(self.options.features)).to(self.device).eval()
        return net.requires_grad_(False)

    # -- validation ------------------------------------------------------------------------

    @torch.inference_mode()
    def predictions(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return luma (N, 1, h, w), predicted ab without gains and target ab of the validation photographs."""
        greys = torch.stack([torch.from_numpy(grey)[None] for grey, _ in self.validation])
        predicted = [self.ema.expected_ab(self.ema(part.to(self.device))).cpu() for part in greys.split(1)]
        targets = torch.stack([torch.from_numpy(ab) for _, ab in self.validation])
        return F.avg_pool2d(greys, 4), torch.cat(predicted), targets

    def validate(self) -> dict[str, float]:
        """Return agreement (cosine of predicted and target ab) and chroma ratio on the validation photographs."""
        p, t = (tensor.numpy() for tensor in self.predictions()[1:])
        norm = float(np.sqrt((p * p).sum() * (t * t).sum())) + 1e-9
        chroma = float(np.hypot(p[:, 0], p[:, 1]).mean() / np.hypot(t[:, 0], t[:, 1]).mean())
        return {"agreement": float((p * t).sum()) / norm, "chroma": chroma}

    def report(self, phase: str) -> None:
        """Validate, write the checkpoint, append to the log; export during the adversarial phase."""
        numbers = self.validate()
        self.save()
        if phase == "adversarial" and numbers["agreement"] > LEAST_AGREEMENT * self.floor:
            self.export()
        row = {
            "phase": phase,
            "minutes": round(sum(self.clock.values()) / 60, 1),
            "pictures": self.pictures,
            **{k: round(v, 4) for k, v in numbers.items()},
        }
        append_log_row(self.run / "log.csv", row)
        print("  ".join(f"{k} {v}" for k, v in row.items()), flush=True)

    def export(self) -> Path:
        """Write the weights, unless the adversarial phase lowered the agreement below the limit; return their path."""
        path = self.run / "weights.safetensors"
        least = LEAST_AGREEMENT * self.floor
        if self.clock["adversarial"] and path.exists() and self.validate()["agreement"] <= least:
            return path
        self.ema.gains.copy_(calibrate(*self.predictions()))
        zoo.save(path, self.ema, self.ema.arch)
        return path
