"""How the composer was made: it learns to say tunes again, a critic learns to tell them, then both play.

A variational autoencoder of phrases whose generator goes on against a critic (VAE-GAN, Larsen et al. 2016).
The critic is shown one-hot vectors only: of a generated phrase the argmax, with the gradient of the
softmax passed straight through (Jang et al. 2017), so that it cannot tell the two by their softness.
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.training.state import load_checkpoint, save_and_log, seed_everything, update_ema

from . import data
from .net import CLASSES, PHRASE, Composer, Critic

KL, FREE, ADVERSARIAL, LIKE, SLOPE = 0.02, 0.05, 0.1, 1.0, 0.01
"""Weights of the latents' distance to the normal distribution, what each may have of it for nothing; of
the critic's two opinions, true or not and alike inside; and of its slope at true phrases (R1,
Mescheder et al. 2018), taken every EIGHTH step."""
EIGHTH = 8


@dataclass(frozen=True)
class TrainCompose:
    """Train the composer of melodies on tunes in MIDI."""

    melodies: Annotated[Path, "A .tar of MIDI files, one melody each"]
    latent: Annotated[int, "Length of an idea"] = 32
    width: Annotated[int, "Channels of the composer at its finest level"] = 64
    batch: Annotated[int, "Phrases a step"] = 32
    minutes: Annotated[float, "How long; the learning rate follows this clock"] = 20.0
    alone: Annotated[float, "Share of the time before the critic joins"] = 0.6
    learning: Annotated[float, "Share of the time in which the critic only learns"] = 0.12
    rate: Annotated[float, "Peak learning rate (Adam)"] = 1e-3
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        seed_everything(self.seed)
        run.mkdir(parents=True, exist_ok=True)
        tunes = data.tunes(self.melodies)
        print(f"{len(tunes)} tunes", flush=True)
        fit = Fit(self, run, device, tunes)
        fit.descend()
        path = run / "weights.safetensors"
        zoo.save(path, fit.mean, {"latent": self.latent, "width": self.width})
        return path


class Fit:
    """One training on its way."""

    def __init__(self, options: TrainCompose, run: Path, device: str, tunes: list[np.ndarray]) -> None:
        self.o, self.run, self.device = options, run, device
        self.tunes = [np.concatenate([np.full(PHRASE, 255, np.uint8), t]) for t in tunes if len(t) >= PHRASE]
        self.net = Composer(options.latent, options.width).to(device)
        self.mean = copy.deepcopy(self.net).eval()
        self.critic = Critic().to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate, (0.5, 0.99))
        self.judges = torch.optim.Adam(self.critic.parameters(), 1e-3, (0.5, 0.99))
        self.parts = {
            "net": self.net,
            "mean": self.mean,
            "critic": self.critic,
            "optimizer": self.optimizer,
            "judges": self.judges,
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)

    def descend(self) -> None:
        rng = np.random.default_rng(self.o.seed + self.steps)
        kept, sums = time.monotonic(), np.zeros(5)
        while (part := self.clock / (60 * self.o.minutes or 1)) < 1:
            begun = time.monotonic()
            past, phrase = self.batch(rng)
            pace = min(1.0, self.steps / 100) * (0.02 + 0.98 * math.cos(math.pi * part / 2))
            for group in self.optimizer.param_groups:
                group["lr"] = self.o.rate * pace
            heard = part > self.o.alone + self.o.learning
            sums += (*self.step(past, phrase, part > self.o.alone, heard), 1)
            self.steps += 1
            update_ema(self.mean, self.net, min(0.998, 1 - 1 / (1 + self.steps / 10)))
            self.clock += time.monotonic() - begun
            if time.monotonic() - kept > 60:
                self.report(sums)
                sums, kept = np.zeros(5), time.monotonic()
        if sums[-1]:
            self.report(sums)

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Two phrases on end, begun at any bar, in any key; of the first, nothing may be known."""
        pairs = []
        for number in rng.integers(0, len(self.tunes), self.o.batch):
            tune = self.tunes[number]
            start = 16 * rng.integers(0, (len(tune) - PHRASE) // 16)
            piece = tune[start : start + 2 * PHRASE].astype(np.int64)
            piece = np.pad(piece, (0, 2 * PHRASE - len(piece)))
            tones = piece[(piece >= 2) & (piece < 255)]
            if len(tones):
                shift = rng.integers(max(-6, 2 - tones.min()), min(6, CLASSES - 1 - tones.max()) + 1)
                piece = np.where((piece >= 2) & (piece < 255), piece + shift, piece)
            pairs.append(piece)
        both = torch.from_numpy(np.stack(pairs)).to(self.device)
        hot = F.one_hot(both.clamp(max=CLASSES), CLASSES + 1)[..., :CLASSES].transpose(1, 2).float()
        return hot[..., :PHRASE], hot[..., PHRASE:]

    def step(self, past: Tensor, phrase: Tensor, judged: bool, heard: bool) -> tuple[float, ...]:
        """Gives back the share of steps said again rightly, the latents' distance, the critic's losses."""
        with torch.autocast(self.device.split(":")[0], torch.bfloat16):
            mean, spread = (t.float() for t in self.net.posterior(past, phrase))
            z = mean + torch.randn_like(mean) * (spread / 2).exp()
            made = self.net(z, past).float()
        target = phrase.argmax(1)
        away = 0.5 * (mean**2 + spread.exp() - 1 - spread)
        loss = F.cross_entropy(made, target) + KL * (away - FREE).clamp(min=0).sum(1).mean()
        fooled = told = 0.0
        if judged:
            with torch.autocast(self.device.split(":")[0], torch.bfloat16):
                invented = one_hot(self.net(torch.randn_like(z), past).float())
            told = self.judge(past, phrase, invented.detach())
        if heard:
            self.critic.requires_grad_(False)
            scores, levels = self.critic(past, invented)
            _, true = self.critic(past, phrase)
            pairs = zip(levels, true, strict=True)
            like = sum(F.l1_loss(a.mean((0, 2)), b.mean((0, 2)).detach()) for a, b in pairs)
            loss = loss - ADVERSARIAL * scores.mean() + LIKE * like
            fooled = float(scores.detach().mean())
            self.critic.requires_grad_(True)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        right = (made.argmax(1) == target).float().mean()
        return float(right), float(away.detach().sum(1).mean()), float(told), fooled

    def judge(self, past: Tensor, true: Tensor, invented: Tensor) -> float:
        """Hinge loss."""
        steep = self.steps % EIGHTH == 0
        true = true.clone().requires_grad_(steep)
        (right, _), (wrong, _) = self.critic(past, true), self.critic(past, invented)
        loss = F.relu(1 - right).mean() + F.relu(1 + wrong).mean()
        whole = loss
        if steep:
            (slope,) = torch.autograd.grad(right.sum(), true, create_graph=True)
            whole = loss + EIGHTH * SLOPE / 2 * slope.square().sum((1, 2)).mean()
        self.judges.zero_grad()
        whole.backward()
        self.judges.step()
        return float(loss.detach())

    def report(self, sums: np.ndarray) -> None:
        right, away, told, fooled = sums[:4] / sums[4]
        numbers = {"right": right, "nats": away, "critic": told, "score": fooled}
        save_and_log(self.run, self.parts, self.clock, self.steps, **numbers)


def one_hot(logits: Tensor) -> Tensor:
    """The argmax, with the gradient of a softmax; a little noise lets it choose (Gumbel)."""
    return F.gumbel_softmax(logits, tau=0.7, hard=True, dim=1)
