"""How the restorer was made: generator, critic, then a short GAN phase (NoGAN); before them, the detector,
and what is hard to see.

Howard & Antic's schedule: supervised training on progressively larger squares does nearly all the work, a
critic then learns to tell its pictures from clean ones, and the two fight for a few minutes only. What
the fight brings is kept only if the held-out photographs lose next to nothing by it.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.media.frames import prefetch
from reimagine.training.discriminator import PatchDiscriminator, discriminator_step
from reimagine.training.photos import read_photos
from reimagine.training.plots import save_sample_sheet
from reimagine.training.state import (
    append_log_row,
    cosine_schedule,
    load_checkpoint,
    save_checkpoint,
    seed_everything,
    update_ema,
)
from reimagine.zoo.squeezenet import SqueezeNet, load_features

from . import data
from .net import Detector, RestoreNet

HELD, LEFT, LOST, SEEN, FOUGHT = 24, 0.3, 0.1, 0.004, 0.004
"""Held-out photographs; weights of the losses: the share of the error that is left, what is lost, a
classifier's eyes, the critic's word."""
LEAST = 5e-4
"""Added to a picture's squared error, of 0..1, before that share is taken (33 dB): to leave alone what is
well is easy, and were it worth more, what may be well (is it blurred, or was the lens soft?) would never
be touched."""
PHASES = "detector", "hard", "generator", "critic", "gan"
COST = 0.25
"""What the fight may cost on the held-out photographs, in decibels on average."""


@dataclass(frozen=True)
class TrainRestore:
    """Train the restorer on a folder of photographs; their damage is made as they are shown."""

    photos: Annotated[Path, "Photographs: a folder of pictures or .tar files"]
    features: Annotated[str, "SqueezeNet v1.1 features (.safetensors): judge, and the detector's start"] = ""
    size: Annotated[int, "Side of the training squares, in pixels (a multiple of 16)"] = 128
    last_size: Annotated[int, "Side in the last third of the generator's time, and after it"] = 192
    batch: Annotated[int, "Squares a step, of the first size"] = 14
    detector_minutes: Annotated[float, "Time to learn what a negative is"] = 15.0
    hard_minutes: Annotated[float, "The generator's time with what is hard to see alone"] = 30.0
    minutes: Annotated[float, "The generator's time; the learning rate follows this clock"] = 80.0
    critic_minutes: Annotated[float, "The critic's time on the generator's pictures"] = 2.0
    gan_minutes: Annotated[float, "How long the two fight; 0 leaves the generator as it is"] = 5.0
    rate: Annotated[float, "Peak learning rate (Adam)"] = 8e-4
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        seed_everything(self.seed)
        run.mkdir(parents=True, exist_ok=True)
        photos = data.greys(read_photos(self.photos))
        step = max(2, len(photos) // HELD)
        fit = Fit(self, run, device, [p for i, p in enumerate(photos) if i % step], photos[::step])
        fit.detector()
        fit.hard()
        fit.generator()
        if self.gan_minutes > 0:
            fit.critic()
            fit.gan()
        return fit.export()


class Fit:
    """One training on its way: the networks, their optimisers, and a clock for each phase."""

    def __init__(self, options: TrainRestore, run: Path, device: str, photos: list, held: list) -> None:
        self.o, self.run, self.device, self.photos = options, run, device, photos
        self.held = data.held_out(held)
        self.asked = next(data.polarities(held, Detector.SIDE, 8 * len(held), 0))
        self.net = RestoreNet()
        if options.features:
            load_features(self.net.detector.features, Path(options.features))
        self.net = self.net.to(device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net).eval()
        self.adversary = PatchDiscriminator(32, (2, 2, 1), 2).to(device)
        groups = [p for n, p in self.net.named_parameters() if not n.startswith("detector.")]
        self.optimizers = {
            "generator": torch.optim.Adam(groups, options.rate, (0.9, 0.99)),
            "detector": torch.optim.AdamW(self.net.detector.parameters(), 2e-4),
            "critic": torch.optim.Adam(self.adversary.parameters(), 2e-4, (0.0, 0.9)),
        }
        self.parts = {
            "net": self.net,
            "mean": self.mean,
            "adversary": self.adversary,
            **{f"optimizer {name}": o for name, o in self.optimizers.items()},
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: dict[str, float] = dict.fromkeys(PHASES, 0.0) | saved.get("clock", {})
        self.steps: int = saved.get("steps", 0)
        self.floor: float = saved.get("floor", 0.0)

    # -- the phases ------------------------------------------------------------------------

    def detector(self) -> None:
        """Positive or negative, of whole pictures."""
        feed = data.polarities(self.photos, Detector.SIDE, 32, self.o.seed + self.steps)
        for (shown, answers), part in self.timed("detector", self.o.detector_minutes, feed):
            with self.half():
                logits = self.net.detector(self.there(shown)).float()
            loss = F.binary_cross_entropy_with_logits(logits, self.there(answers))
            self.descend("detector", loss, 2e-4 * cosine_schedule(part))

    def hard(self) -> None:
        """Blur, blocks and stains by themselves."""
        feed = prefetch(
            data.pairs(
                self.photos,
                self.o.size,
                min(self.o.batch, len(self.photos)),
                self.o.seed + self.steps,
                partial(data.one_of, data.HARD),
            ),
            3,
        )
        for batch, _ in self.timed("hard", self.o.hard_minutes, feed):
            rate = self.o.rate * min(1.0, (self.steps + 1) / 300)
            self.descend("generator", self.supervised(*map(self.there, batch)), rate)

    def generator(self) -> None:
        """Supervised; the squares grow for the last third."""
        for batch, part in self.timed("generator", self.o.minutes, self.squares()):
            rate = self.o.rate * min(1.0, (self.steps + 1) / 300) * cosine_schedule(part)
            self.descend("generator", self.supervised(*map(self.there, batch)), rate)

    def critic(self) -> None:
        """The critic alone, on pictures of the finished generator."""
        for batch, _ in self.timed("critic", self.o.critic_minutes, self.squares(last=True)):
            worn, clean, _ = map(self.there, batch)
            with torch.no_grad(), self.half():
                made = self.mean(worn)[0]
            self.teach(worn, clean, made)

    def gan(self) -> None:
        """The fight: the supervised losses and the critic's word, at a small rate."""
        if not self.clock["gan"]:
            self.net.load_state_dict(self.mean.state_dict())
            self.floor = self.gain(self.ask())
            self.write()
        for batch, _ in self.timed("gan", self.o.gan_minutes, self.squares(last=True)):
            worn, clean, lost = map(self.there, batch)
            with self.half():
                made, found = self.net(worn)
            self.teach(worn, clean, made.detach())
            with self.half():
                word = self.adversary(torch.cat([worn, made], 1) * 2 - 1).float().mean()
            loss = self.difference(made.float(), found.float(), worn, clean, lost) - FOUGHT * word
            self.descend("generator", loss, self.o.rate * 0.05)

    # -- one step --------------------------------------------------------------------------

    def squares(self, last: bool = False) -> Iterator[data.Pair]:
        """Batches of about as many pixels each, at the size that is due."""
        feeds = {}
        while True:
            late = last or self.clock["generator"] > 40 * self.o.minutes
            size = self.o.last_size if late else self.o.size
            if size not in feeds:
                batch = max(1, round(self.o.batch * (self.o.size / size) ** 2))
                made = data.pairs(self.photos, size, min(batch, len(self.photos)), self.o.seed + self.steps)
                feeds[size] = prefetch(made, 3)
            yield next(feeds[size])

    def timed(self, phase: str, minutes: float, feed: Iterator) -> Iterator[tuple]:
        """Batches and the part of the phase that has gone by, until its clock runs out; keeps and asks."""
        kept = time.monotonic()
        while (part := self.clock[phase] / (60 * minutes or 1)) < 1:
            begun = time.monotonic()
            yield next(feed), part
            self.steps += 1
            self.clock[phase] += time.monotonic() - begun
            if time.monotonic() - kept > 300:
                self.report(phase)
                kept = time.monotonic()
        self.report(phase)

    def there(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)

    def half(self) -> torch.autocast:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16)

    def supervised(self, worn: Tensor, clean: Tensor, lost: Tensor) -> Tensor:
        with self.half():
            made, found = self.net(worn.contiguous(memory_format=torch.channels_last))
        return self.difference(made.float(), found.float(), worn, clean, lost)

    def difference(self, made: Tensor, found: Tensor, worn: Tensor, clean: Tensor, lost: Tensor) -> Tensor:
        """The share of each picture's squared error that is left, cross-entropy of what is lost, and L1 of a
        classifier's features.

        Shares let a picture that is hardly worn count as much as a noisy one; the square lets a few lost
        places speak, where with L1 the many that are well would forbid any change.
        """
        after, before = (((x - clean) ** 2).mean((1, 2, 3)) for x in (made, worn))
        loss = LEFT * (after / (before + LEAST)).mean()
        loss = loss + LOST * F.binary_cross_entropy_with_logits(found, lost)
        if self.judge is None or self.clock["generator"] < 40 * self.o.minutes:
            return loss
        with self.half():
            pairs = zip(self.judge(made), self.judge(clean), strict=True)
            terms = [F.l1_loss(a, b.detach()) / b.detach().abs().mean() for a, b in pairs]
        return loss + SEEN * torch.stack(terms).float().mean()

    @property
    def judge(self) -> SqueezeNet | None:
        if not self.o.features:
            return None
        if not hasattr(self, "_judge"):
            net = load_features(SqueezeNet(1), Path(self.o.features)).to(self.device).eval()
            self._judge = net.requires_grad_(False)
        return self._judge

    def descend(self, who: str, loss: Tensor, rate: float) -> None:
        optimizer = self.optimizers[who]
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 0.5)
        optimizer.step()
        update_ema(self.mean, self.net, min(0.998, 1 - 1 / (1 + self.steps / 10)))

    def teach(self, worn: Tensor, clean: Tensor, made: Tensor) -> None:
        real, false = (torch.cat([worn, x.float()], 1) * 2 - 1 for x in (clean, made))
        discriminator_step(self.adversary, self.optimizers["critic"], self.half(), real, false)

    # -- looking at it ---------------------------------------------------------------------

    @torch.inference_mode()
    def restored(self, shown: np.ndarray) -> Tensor:
        with self.half():
            made = [self.mean(self.there(shown[n : n + 8]))[0] for n in range(0, len(shown), 8)]
        return torch.cat(made).float().clamp(0, 1).cpu()

    def ask(self) -> dict[str, float]:
        """Gains of the averaged network on the held-out photographs, in decibels, by kind of damage (of
        undamaged ones: how near they stay); the detector's share of right answers."""
        told = {}
        for kind, (shown, clean) in self.held.items():
            after = decibels(self.restored(shown), clean)
            told[kind] = float((after - (0 if kind == "none" else decibels(shown, clean))).mean())
        with torch.inference_mode():
            logits = self.mean.detector(self.there(self.asked[0])).cpu().numpy()
        return told | {"polarity": float(((logits > 0) == self.asked[1]).mean())}

    @staticmethod
    def gain(told: dict[str, float]) -> float:
        return float(np.mean([told[kind] for kind in data.HELD]))

    def report(self, phase: str) -> None:
        told = self.ask()
        save_checkpoint(
            self.run / "checkpoint.pt", {**self.parts, "clock": self.clock, "steps": self.steps, "floor": self.floor}
        )
        row = {
            "phase": phase,
            "minutes": round(sum(self.clock.values()) / 60, 1),
            "steps": self.steps,
            **{k: round(v, 3) for k, v in told.items()},
        }
        append_log_row(self.run / "log.csv", row)
        print("  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
        self.sheet()

    def sheet(self) -> None:
        """Worn, restored and clean, a held-out photograph for every kind."""
        rows = []
        for number, (shown, clean) in enumerate(self.held.values()):
            one = slice(number % len(clean), number % len(clean) + 1)
            made = self.restored(shown[one]).numpy()
            rows.append([torch.from_numpy(x[0]) for x in (shown[one], made, clean[one])])
        both = [a + b for a, b in zip(rows[::2], rows[1::2], strict=True)]
        save_sample_sheet(self.run / "samples.png", [[x.expand(3, -1, -1) for x in row] for row in both])

    def export(self) -> Path:
        """After the fight, only if it cost next to nothing."""
        if not self.clock["gan"] or self.gain(self.ask()) >= self.floor - COST:
            self.write()
        return self.run / "weights.safetensors"

    def write(self) -> None:
        zoo.save(self.run / "weights.safetensors", self.mean, {})


def decibels(made: Tensor | np.ndarray, clean: np.ndarray) -> np.ndarray:
    """PSNR of pictures (N, 1, H, W) in 0..1, each; at most 60."""
    error = np.square(np.asarray(made, np.float64) - clean).mean((1, 2, 3))
    return 10 * np.log10(1 / np.maximum(error, 1e-6))
