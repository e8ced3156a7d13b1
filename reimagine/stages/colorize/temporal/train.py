"""Training on the colours of one film: a conditional GAN on three consecutive frames.

The generator's loss is a pixel loss plus a least-squares adversarial loss (Mao et al. 2017); the discriminator is a
PatchGAN with spectral normalization (Isola et al. 2017) that receives luma and ab. From the shipped colorizer this
takes minutes; from scratch (`--start ""`) allow hours, and use `--rate 1e-3`.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.media.iteration import prefetch
from reimagine.options import Range
from reimagine.progress import Progress
from reimagine.training.discriminator import PatchDiscriminator
from reimagine.training.films import list_films
from reimagine.training.options import Batch, LearningRate, Minutes, Seed, Size, Start, Training
from reimagine.training.plots import plot_losses
from reimagine.training.state import (
    cosine_schedule,
    load_checkpoint,
    open_folder,
    save_and_log,
    seed_everything,
    update_ema,
)
from reimagine.zoo.device import half_precision, to_channels_last

from ..unet.data import palette
from ..unet.losses import AB_RANGE, discriminator_input
from . import data
from .net import TemporalUNet
from .validation import agreement, evenly_spaced_pairs, save_samples

PIXEL_WEIGHT = 20.0
"""Weight of the pixel loss in the generator's loss."""
ADVERSARIAL_WEIGHT = 0.1
"""Weight of the adversarial loss in the generator's loss."""
SMOOTH_L1_BETA = 0.3
"""Error of ab / AB_RANGE (33 CIELAB units) below which the pixel loss is quadratic. Its minimum is then the mean of the
possible colours; that of L1 is their median, which is greyer."""
WARM_UP = 50
"""Steps over which the learning rate rises to its peak."""
CHECKPOINT_SECONDS = 60.0
"""Seconds between two checkpoints; each includes a validation."""


@dataclass(frozen=True)
class TrainColorizeTemporal(Training):
    """Train the colorizer on the colours of films of one place, one time or one story."""

    film: Annotated[list[Path], "A film in colour, or a folder of them; repeat the option for more"]
    start: Start = "colorize-nogan"
    size: Size = 160
    batch: Batch = 8
    minutes: Minutes = 20.0
    until: Annotated[float, "Use only this fraction of each film, from its beginning", Range(0, 1, above=True)] = 1.0
    rate: LearningRate = 2e-4
    seed: Seed = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, or continue there; return the path of the weights."""
        return train(self, run, device, PrintedProgress())


class PrintedProgress:
    """Prints titles and messages of a training; progress itself is in the messages."""

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        """Print the title."""
        print(f"{title}: {total} {unit}", flush=True)

    def advance(self, count: float) -> None:
        """Ignore progress."""

    def message(self, line: str) -> None:
        """Print a message."""
        print(line, flush=True)

    def warning(self, line: str) -> None:
        """Print a warning."""
        print(line, flush=True)


def train_on_reference(
    films: list[Path], start: str, run: Path, minutes: float, device: str, progress: Progress
) -> Path:
    """Train on reference films before another film is colorized; return the path of the weights.

    If the folder `run` holds the weights of a finished training, they are reused.
    """
    path = run / "weights.safetensors"
    if not path.with_suffix(".toml").exists():
        train(TrainColorizeTemporal(films, start, minutes=minutes), run, device, progress)
        (run / "checkpoint.pt").unlink(missing_ok=True)
    return path


def train(options: TrainColorizeTemporal, run: Path, device: str, progress: Progress) -> Path:
    """Train in the folder `run`, write weights and card, and return the path of the weights."""
    open_folder(run)
    seed_everything(options.seed)
    films = [path for named in options.film for path in list_films(named)]
    frames = [f for number, path in enumerate(films) for f in _frames_of_film(path, number, options.until)]
    training, validation = data.split(frames)
    progress.message(f"{len(training)} frames for training, {len(validation)} for validation")
    fit = Fit(options, run, device, training, validation, progress)
    fit.train()
    path = run / "weights.safetensors"
    zoo.write_card(
        path,
        {
            "stage": "colorize",
            "model": "temporal",
            "title": "the colours of " + ", ".join(p.name for p in films),
            "measured": f"agreement {fit.best:.3f} on {len(validation)} held-out frames of the same "
            f"films, {fit.first:.3f} before",
        },
    )
    return path


def _frames_of_film(path: Path, number: int, until: float) -> list[data.TrainingFrame]:
    """Return the training frames of a film, with shot numbers that differ from those of the other films."""
    return [replace(f, shot=f.shot + 100_000 * number) for f in data.read_training_frames(path, until)]


class Fit:
    """One training: networks, optimizers, and what its checkpoints hold.

    Attributes:
        start: the network before the training.
        ema: exponential moving average of the network.
        clock: seconds of training so far.
        steps: optimizer steps so far.
        first: agreement of `start` on the validation frames.
        best: highest agreement of exported weights on the validation frames.
        interpolation: weight of the trained network in the exported average of it and `start` (weights of two
            networks may be averaged: Wortsman et al. 2022). It is 1 minus the squared agreement of `start`, because
            that is the share of the film's colours that `start` already explains.
    """

    def __init__(
        self,
        options: TrainColorizeTemporal,
        run: Path,
        device: str,
        training: list[data.TrainingFrame],
        validation: list[data.TrainingFrame],
        progress: Progress,
    ) -> None:
        self.options, self.run, self.device, self.progress, self.training = options, run, device, progress, training
        self.validation = evenly_spaced_pairs(validation, options.size)
        all_pairs = evenly_spaced_pairs(training + validation, options.size)
        self.net = to_channels_last(self.initial_network(), device)
        self.ema = copy.deepcopy(self.net).eval()
        self.start = copy.deepcopy(self.ema)
        self.discriminator = PatchDiscriminator(32).to(device)
        encoder = list(self.net.encoder.parameters())
        rest = [p for n, p in self.net.named_parameters() if not n.startswith("encoder.")]
        groups = [{"params": encoder, "scale": 0.5}, {"params": rest, "scale": 1.0}]
        self.optimizer = torch.optim.Adam(groups, options.rate, (0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), options.rate, (0.5, 0.999))
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
        self.first: float = saved.get("first", 0.0) or agreement(self.start, self.validation, device)
        self.interpolation = 1 - max(0.0, agreement(self.start, all_pairs, device)) ** 2 if options.start else 1.0
        self.best: float = saved.get("best", -1.0)

    def initial_network(self) -> TemporalUNet:
        """Return the network with the weights to start from; random ones if training is from scratch."""
        if self.options.start:
            return zoo.load(self.options.start, TemporalUNet, "cpu")
        bins = palette([f.image for f in self.training] * 3)
        net = TemporalUNet(len(bins))
        net.bins.copy_(torch.from_numpy(bins))
        return net

    def train(self) -> None:
        """Train until the clock has reached `minutes`."""
        self.progress.begin("learn", round(60 * self.options.minutes), "s")
        self.progress.advance(self.clock)
        self.net.train()
        for module in self.net.modules():  # one film is too little data for the statistics of batch normalization
            if isinstance(module, torch.nn.BatchNorm2d) and self.options.start:
                module.eval()
        saved, losses = time.monotonic(), []
        size, batch, seed = self.options.size, self.options.batch, self.options.seed + self.steps
        batches = prefetch(data.batches(self.training, size, batch, seed), 3)
        while (elapsed := self.clock / (60 * self.options.minutes)) < 1:
            start = time.monotonic()
            greys, ab = (torch.from_numpy(x).to(self.device) for x in next(batches))
            losses.append(self.step(greys, ab, cosine_schedule(elapsed)))
            self.steps += 1
            seconds = time.monotonic() - start
            self.clock += seconds
            self.progress.advance(seconds)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.report(np.mean(losses, 0))
                saved, losses = time.monotonic(), []
        if losses or not (self.run / "weights.safetensors").exists():
            self.report(np.mean(losses or [[0.0, 0.0]], 0))

    def step(self, greys: Tensor, ab: Tensor, schedule: float) -> tuple[float, float]:
        """Take a step of the generator, then of the discriminator; return the pixel and the discriminator loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * group["scale"] * schedule * min(1.0, (self.steps + 1) / WARM_UP)
        autocast = half_precision(self.device)
        grey = greys[:, 1:2]
        with autocast:
            logits = self.net(greys)
        predicted = self.net.expected_ab(logits)
        pixels = F.smooth_l1_loss(predicted / AB_RANGE, ab / AB_RANGE, beta=SMOOTH_L1_BETA)
        with autocast:
            generated = self.discriminator(discriminator_input(grey, predicted)).float()
        loss = PIXEL_WEIGHT * pixels + ADVERSARIAL_WEIGHT * ((generated - 1) ** 2).mean()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        update_ema(self.ema, self.net, min(0.995, 1 - 1 / (1 + self.steps / 10)))
        with autocast:
            inputs = (discriminator_input(grey, x) for x in (ab, predicted.detach()))
            real, generated = (self.discriminator(x).float() for x in inputs)
        discriminator_loss = ((real - 1) ** 2).mean() + (generated**2).mean()
        self.discriminator_optimizer.zero_grad()
        discriminator_loss.backward()
        self.discriminator_optimizer.step()
        return float(pixels.detach()), float(discriminator_loss.detach())

    def interpolated(self) -> TemporalUNet:
        """Return the average of the network before the training and the trained one."""
        old, new = self.start.state_dict(), self.ema.state_dict()
        both = {name: torch.lerp(old[name].float(), new[name].float(), self.interpolation) for name in new}
        net = copy.deepcopy(self.ema)
        net.load_state_dict({name: value.to(new[name].dtype) for name, value in both.items()})
        return net

    def report(self, losses: np.ndarray) -> None:
        """Validate, log, plot and write the checkpoint; write the weights if their agreement is the best so far."""
        net = self.interpolated()
        now = agreement(net, self.validation, self.device)
        if now >= self.best:
            self.best = now
            arch = {"bins": len(self.net.bins), "width": self.net.enter[0].out_channels}
            zoo.save(self.run / "weights.safetensors", net, arch)
        save_and_log(
            self.run,
            {**self.parts, "first": self.first, "best": self.best},
            self.clock,
            self.steps,
            self.progress.message,
            pixels=float(losses[0]),
            discriminator=float(losses[1]),
            agreement=now,
            interpolation=self.interpolation,
        )
        plot_losses(self.run / "log.csv", self.run / "curves.png")
        save_samples(self.run / "samples.png", net, self.validation, self.device)
