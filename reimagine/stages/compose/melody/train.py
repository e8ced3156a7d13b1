"""Training of the phrase generator: a variational autoencoder, then also a discriminator (VAE-GAN, Larsen et al. 2016).

The discriminator's input is always one-hot: of a generated phrase it gets the argmax, with the gradient of the softmax
(straight-through Gumbel softmax, Jang et al. 2017). Otherwise soft values would identify generated phrases.

Phases, by elapsed time: autoencoder only; the discriminator is trained beside it; adversarial loss on the generator.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.options import SHARES, Range
from reimagine.stages.compose.melody.dataset import read_melodies
from reimagine.stages.compose.melody.grid import BAR, CLASSES, FIRST_PITCH, PHRASE
from reimagine.stages.compose.melody.net import PhraseDiscriminator, PhraseGenerator
from reimagine.training.options import Batch, LearningRate, Minutes, Seed, Training
from reimagine.training.state import load_checkpoint, open_folder, save_and_log, seed_everything, update_ema
from reimagine.zoo.device import half_precision

KL_WEIGHT = 0.02
"""Weight of the latents' KL divergence from the standard normal distribution."""
FREE_NATS = 0.05
"""Divergence per latent dimension that is not penalized, so that dimensions do not collapse."""
ADVERSARIAL_WEIGHT = 0.1
"""Weight of the generator's adversarial loss."""
FEATURE_WEIGHT = 1.0
"""Weight of the L1 distance of mean discriminator features, generated to real."""
R1_WEIGHT = 0.01
"""Weight of the discriminator's gradient penalty at real phrases (R1, Mescheder et al. 2018)."""
R1_INTERVAL = 8
"""Steps from one gradient penalty to the next; its weight is multiplied by this."""
DISCRIMINATOR_RATE = 1e-3
"""Learning rate of the discriminator (Adam), constant."""
GUMBEL_TEMPERATURE = 0.7
"""Temperature of the Gumbel softmax."""
TRANSPOSITION = 6
"""Semitones. Examples are transposed by up to this much, so that every key occurs."""
UNKNOWN = 255
"""Stored class of the steps before a melody's start; one-hot encoded as zeros."""
WARM_UP = 100
"""Steps in which the learning rate rises linearly from 0."""
MIN_RATE = 0.02
"""Learning rate at the end, as a share of its peak."""
EMA_DECAY = 0.998
"""Decay of the moving average of the weights per step; lower in the first steps."""
CHECKPOINT_SECONDS = 60.0
"""Seconds between two checkpoints, each with a row of the log."""
COLUMNS = ("accuracy", "kl", "discriminator_loss", "generator_score")
"""Columns of the log: share of steps reconstructed correctly; KL divergence in nats; hinge loss; the discriminator's
mean score of generated phrases."""


@dataclass(frozen=True)
class TrainCompose(Training):
    """Train the composer of melodies on tunes in MIDI."""

    melodies: Annotated[Path, "A .tar of MIDI files, one melody each"]
    latent: Annotated[int, "Length of a phrase's latent", Range(1, 1024)] = 32
    width: Annotated[int, "Channels of the generator at its finest level", Range(1, 1024)] = 64
    batch: Batch = 32
    minutes: Minutes = 20.0
    discriminator_start: Annotated[float, "Share of the time before the discriminator is trained", SHARES] = 0.6
    discriminator_warm_up: Annotated[
        float, "Share of the time in which only the discriminator is adversarial", SHARES
    ] = 0.12
    rate: LearningRate = 1e-3
    seed: Seed = 1
    renamed_options: ClassVar[Mapping[str, str]] = {
        "alone": "discriminator_start",
        "learning": "discriminator_warm_up",
    }

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run` and return the path of the weights; an interrupted training is resumed."""
        seed_everything(self.seed)
        open_folder(run)
        melodies = read_melodies(self.melodies)
        print(f"{len(melodies)} melodies", flush=True)
        trainer = ComposeTrainer(self, run, device, melodies)
        trainer.fit()
        path = run / "weights.safetensors"
        zoo.save(path, trainer.ema, {"latent": self.latent, "width": self.width})
        return path


class ComposeTrainer:
    """The networks, their optimizers and the clock of one training."""

    def __init__(self, options: TrainCompose, run: Path, device: str, melodies: list[np.ndarray]) -> None:
        self.options, self.run, self.device = options, run, device
        start = np.full(PHRASE, UNKNOWN, np.uint8)
        self.melodies = [np.concatenate([start, melody]) for melody in melodies if len(melody) >= PHRASE]
        self.net = PhraseGenerator(options.latent, options.width).to(device)
        self.ema = copy.deepcopy(self.net).eval()
        self.discriminator = PhraseDiscriminator().to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate, (0.5, 0.99))
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), DISCRIMINATOR_RATE, (0.5, 0.99)
        )
        self.state = {
            "net": self.net,
            "ema": self.ema,
            "discriminator": self.discriminator,
            "optimizer": self.optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.state)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)

    def fit(self) -> None:
        """Train until the clock has reached `minutes`. A checkpoint is written every CHECKPOINT_SECONDS."""
        rng = np.random.default_rng(self.options.seed + self.steps)
        saved, sums = time.monotonic(), np.zeros(len(COLUMNS) + 1)
        while (progress := self.clock / (60 * self.options.minutes or 1)) < 1:
            started = time.monotonic()
            sums += (*self.step(*self.batch(rng), progress), 1)
            self.clock += time.monotonic() - started
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save(sums)
                sums, saved = np.zeros(len(COLUMNS) + 1), time.monotonic()
        if sums[-1]:
            self.save(sums)

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Two consecutive phrases from random bars, (batch, CLASSES, PHRASE) one-hot each, randomly transposed.

        The first lies partly or wholly before the melody's start in some of the examples.
        """
        pairs = []
        for number in rng.integers(0, len(self.melodies), self.options.batch):
            melody = self.melodies[number]
            start = BAR * rng.integers(0, (len(melody) - PHRASE) // BAR)
            grid = melody[start : start + 2 * PHRASE].astype(np.int64)
            grid = np.pad(grid, (0, 2 * PHRASE - len(grid)))
            pitched = (grid >= FIRST_PITCH) & (grid < UNKNOWN)
            pitches = grid[pitched]
            if len(pitches):
                lowest = max(-TRANSPOSITION, FIRST_PITCH - pitches.min())
                highest = min(TRANSPOSITION, CLASSES - 1 - pitches.max())
                grid = np.where(pitched, grid + rng.integers(lowest, highest + 1), grid)
            pairs.append(grid)
        classes = torch.from_numpy(np.stack(pairs)).to(self.device)
        one_hot = F.one_hot(classes.clamp(max=CLASSES), CLASSES + 1)[..., :CLASSES].transpose(1, 2).float()
        return one_hot[..., :PHRASE], one_hot[..., PHRASE:]

    def step(self, past: Tensor, phrase: Tensor, progress: float) -> tuple[float, float, float, float]:
        """One update of the generator and, in its phase, of the discriminator; returns the values of COLUMNS.

        Args:
            progress: elapsed fraction of the training time; it selects the phase and the learning rate.
        """
        schedule = min(1.0, self.steps / WARM_UP) * (MIN_RATE + (1 - MIN_RATE) * math.cos(math.pi * progress / 2))
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * schedule
        start = self.options.discriminator_start
        loss, accuracy, kl = self.autoencoder_loss(past, phrase)
        discriminator_loss = score = 0.0
        if progress > start:
            with half_precision(self.device):
                z = torch.randn(len(past), self.options.latent, device=self.device)
                generated = straight_through(self.net(z, past).float())
            discriminator_loss = self.discriminator_step(past, phrase, generated.detach())
            if progress > start + self.options.discriminator_warm_up:
                mean_score, distance = self.adversarial_terms(past, phrase, generated)
                loss = loss - ADVERSARIAL_WEIGHT * mean_score + FEATURE_WEIGHT * distance
                score = float(mean_score.detach())
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.ema, self.net, min(EMA_DECAY, 1 - 1 / (1 + self.steps / 10)))
        return accuracy, kl, discriminator_loss, score

    def autoencoder_loss(self, past: Tensor, phrase: Tensor) -> tuple[Tensor, float, float]:
        """Cross-entropy plus weighted KL divergence; the accuracy; the KL divergence in nats."""
        with half_precision(self.device):
            mean, log_variance = (t.float() for t in self.net.posterior(past, phrase))
            z = mean + torch.randn_like(mean) * (log_variance / 2).exp()
            logits = self.net(z, past).float()
        target = phrase.argmax(1)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)
        loss = F.cross_entropy(logits, target) + KL_WEIGHT * (kl - FREE_NATS).clamp(min=0).sum(1).mean()
        accuracy = (logits.argmax(1) == target).float().mean()
        return loss, float(accuracy), float(kl.detach().sum(1).mean())

    def adversarial_terms(self, past: Tensor, real: Tensor, generated: Tensor) -> tuple[Tensor, Tensor]:
        """The discriminator's mean score of the generated phrases; the feature-statistics loss."""
        self.discriminator.requires_grad_(False)
        scores, features = self.discriminator(past, generated)
        _, real_features = self.discriminator(past, real)
        pairs = zip(features, real_features, strict=True)
        distances = (F.l1_loss(a.mean((0, 2)), b.mean((0, 2)).detach()) for a, b in pairs)
        self.discriminator.requires_grad_(True)
        return scores.mean(), sum(distances, torch.zeros((), device=self.device))

    def discriminator_step(self, past: Tensor, real: Tensor, generated: Tensor) -> float:
        """One update of the discriminator with the hinge loss; returns the loss without the gradient penalty."""
        penalize = self.steps % R1_INTERVAL == 0
        real = real.clone().requires_grad_(penalize)
        (real_scores, _), (scores, _) = self.discriminator(past, real), self.discriminator(past, generated)
        hinge = F.relu(1 - real_scores).mean() + F.relu(1 + scores).mean()
        loss = hinge
        if penalize:
            (gradient,) = torch.autograd.grad(real_scores.sum(), real, create_graph=True)
            loss = hinge + R1_INTERVAL * R1_WEIGHT / 2 * gradient.square().sum((1, 2)).mean()
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        return float(hinge.detach())

    def save(self, sums: np.ndarray) -> None:
        """Write a checkpoint and a row of the log; `sums` are those of COLUMNS, then the number of steps."""
        means = dict(zip(COLUMNS, sums[:-1] / sums[-1], strict=True))
        save_and_log(self.run, self.state, self.clock, self.steps, **means)


def straight_through(logits: Tensor) -> Tensor:
    """One-hot samples (N, CLASSES, steps) of the logits' Gumbel softmax, with the gradient of the soft values."""
    return F.gumbel_softmax(logits, tau=GUMBEL_TEMPERATURE, hard=True, dim=1)
