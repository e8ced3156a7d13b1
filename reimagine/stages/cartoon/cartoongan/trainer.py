"""The training loop of a look: networks, optimizers, clock, checkpoints and samples."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.media.video.writer import write_image
from reimagine.training.discriminator import PatchDiscriminator, discriminator_step
from reimagine.training.losses import interior_l1, resample
from reimagine.training.state import cosine_schedule, load_checkpoint, save_and_log, update_ema
from reimagine.zoo.device import half_precision, to_channels_last
from reimagine.zoo.squeezenet import SqueezeNet, load_features, shipped_features

from .net import LightGenerator, generator

if TYPE_CHECKING:
    from .losses import Objective
    from .train import TrainCartoon

ARCHITECTURE = {"kind": "light", "widths": (24, 64, 96), "blocks": (3, 4)}
"""Architecture arguments of the generator, as stored with its weights."""
CHECKPOINT_SECONDS = 120.0
"""Time between two checkpoints, in seconds."""
WARMUP_STEPS = 100
"""Steps in which the learning rate rises linearly to its peak."""
EMA_DECAY = 0.998
"""Largest decay of the averaged weights; it is smaller in the first steps."""
MAX_GRADIENT_NORM = 5.0
"""Gradients of the generator are clipped to this norm."""
DISCRIMINATOR_RATE = 2e-4
"""Learning rate of the discriminator (Adam)."""
ADAM_BETAS = (0.5, 0.99)
"""Betas of both Adam optimizers; the low first one is usual for adversarial training."""

MAX_SHIFT = 2.0
"""Largest shift of an augmented photograph, in pixels in each direction."""
MAX_GAIN = 0.02
"""Largest relative change of an augmented photograph's brightness."""
MAX_GRAIN = 0.06
"""Largest standard deviation of the grain added to an augmented photograph, in values of -1..1."""


class CartoonTrainer:
    """Trains the generator and its discriminator, and provides what the objectives need of both.

    Args:
        options: of the training.
        run: folder of the checkpoint, the log and the samples. A checkpoint in it is loaded.
        device: "cpu", "cuda" or "mps".
    """

    def __init__(self, options: TrainCartoon, run: Path, device: str) -> None:
        self.options, self.run, self.device = options, run, device
        net = LightGenerator(ARCHITECTURE["widths"], ARCHITECTURE["blocks"])
        if options.start:
            net.load_state_dict(zoo.load(options.start, generator, "cpu").state_dict())
        self.net = to_channels_last(net, device)
        self.ema = copy.deepcopy(self.net).eval()
        self.discriminator = PatchDiscriminator(32, (2, 2, 2), 6 if options.teacher else 3).to(device)
        features = load_features(SqueezeNet(3), Path(options.features)) if options.features else shipped_features()
        self.feature_net = to_channels_last(features, device).eval().requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate, ADAM_BETAS)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), DISCRIMINATOR_RATE, ADAM_BETAS)
        self.parts = {
            "net": self.net,
            "ema": self.ema,
            "optimizer": self.optimizer,
            "discriminator": self.discriminator,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)
        self.rng = np.random.default_rng(options.seed + self.steps)
        self.values: dict[str, list[float]] = {}

    def train(self, objective: Objective) -> None:
        """Take optimizer steps until the clock has reached `minutes`; write checkpoints, log and samples."""
        last_checkpoint = time.monotonic()
        while (progress := self.clock / (60 * self.options.minutes or 1)) < 1:
            started = time.monotonic()
            self.step(objective.losses(adversarial=progress >= self.options.initialization_share), progress)
            self.clock += time.monotonic() - started
            if self.steps % self.options.sample_interval == 0:
                self.save_samples(objective.samples)
            if time.monotonic() - last_checkpoint > CHECKPOINT_SECONDS:
                self.save(objective.columns)
                last_checkpoint = time.monotonic()
        if self.values:
            self.save(objective.columns)
            self.save_samples(objective.samples)

    def step(self, losses: dict[str, Tensor], progress: float) -> None:
        """Take one optimizer step of the generator.

        Args:
            losses: weighted losses by column of the log.
            progress: elapsed fraction of the training time, 0 to 1.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * min(1.0, self.steps / WARMUP_STEPS) * cosine_schedule(progress)
        self.optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.ema, self.net, min(EMA_DECAY, 1 - 1 / (1 + self.steps / 10)))
        for name, loss in losses.items():
            self.record(name, loss)

    def record(self, column: str, value: Tensor) -> None:
        """Add a value to the mean of a column of the log."""
        self.values.setdefault(column, []).append(float(value.detach()))

    def save(self, columns: tuple[str, ...]) -> None:
        """Write the checkpoint, and a row of the log with the means since the last row."""
        means = {name: float(np.mean(self.values.get(name, [np.nan]))) for name in columns}
        save_and_log(self.run, self.parts, self.clock, self.steps, print, **means)
        self.values = {}

    def save_samples(self, photos: list[np.ndarray]) -> None:
        """Write a sheet of photographs, (H, W, 3) uint8 each, above their drawings by the averaged network."""
        with torch.inference_mode(), self.autocast():
            outputs = self.ema(self.to_tensor(photos)).float()
        drawings = ((outputs.permute(0, 2, 3, 1).cpu().numpy() + 1) * 127.5).clip(0, 255).astype(np.uint8)
        sheet = np.vstack([np.hstack(photos), np.hstack(list(drawings))])
        folder = self.run / "samples"
        folder.mkdir(exist_ok=True)
        write_image(folder / f"{self.steps:06d}.webp", sheet)

    def export(self) -> Path:
        """Write the averaged weights and their card; return the path of the weights."""
        path, look = self.run / "weights.safetensors", self.options.look
        zoo.save(path, self.ema, ARCHITECTURE)
        zoo.write_card(path, {"title": f"the look {look}", "stage": "cartoon", "look": look})
        return path

    # -- used by the objectives ------------------------------------------------------------

    def to_tensor(self, pictures: list[np.ndarray]) -> Tensor:
        """Return RGB pictures (H, W, 3) uint8 as one tensor (N, 3, H, W) in -1..1."""
        x = torch.from_numpy(np.stack(pictures)).to(self.device).permute(0, 3, 1, 2)
        return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)

    def autocast(self) -> torch.autocast:
        """Return the context of half-precision forward passes."""
        return half_precision(self.device)

    def generate(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """Return the generator's output for photographs, and its consistency loss.

        The consistency loss is the L1 distance between the outputs for a photograph and for its augmented copy. It is
        computed for a quarter of the batch, at least for one photograph.
        """
        count = max(1, self.options.batch // 4)
        augmented, grid = self.augment(photos[:count])
        with self.autocast():
            outputs = self.net(torch.cat([photos, augmented])).float()
        outputs, augmented_outputs = outputs[: len(photos)], outputs[len(photos) :]
        return outputs, interior_l1(augmented_outputs, resample(outputs[:count], grid))

    def features(self, x: Tensor) -> list[Tensor]:
        """Return the feature network's activations at 1/2, 1/4, 1/8 and 1/16 of the size of (N, 3, H, W) in -1..1.

        A network with one input channel gets the three channels as separate images.
        """
        with self.autocast():
            x = (x + 1) / 2
            if self.feature_net.conv1.in_channels == 1:
                x = x.flatten(0, 1)[:, None]
            return [level.float() for level in self.feature_net.levels(x)[:4]]

    def train_discriminator(self, real: Tensor, *generated: Tensor) -> None:
        """Take one optimizer step of the discriminator."""
        loss = discriminator_step(
            self.discriminator, self.discriminator_optimizer, self.autocast(), real, torch.cat(generated)
        )
        self.record("discriminator", loss)

    def adversarial_loss(self, generated: Tensor) -> Tensor:
        """Return the generator's adversarial loss: the negative mean logit of the discriminator."""
        with self.autocast():
            return -self.discriminator(generated).float().mean()

    def augment(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return images shifted, brightened or darkened and grained at random, and the sampling grid of the shift."""
        n, _, h, w = x.shape
        shift = (torch.rand(n, 2, device=x.device) - 0.5) * (4 * MAX_SHIFT) / torch.tensor([w, h], device=x.device)
        identity = torch.eye(2, device=x.device).expand(n, 2, 2)
        grid = F.affine_grid(torch.cat([identity, shift[..., None]], 2), [n, 3, h, w], align_corners=False)
        gain = 1 + 2 * MAX_GAIN * (torch.rand(n, 1, 1, 1, device=x.device) - 0.5)
        grain = torch.randn_like(x) * MAX_GRAIN * torch.rand(n, 1, 1, 1, device=x.device)
        return resample(x, grid) * gain + grain, grid
