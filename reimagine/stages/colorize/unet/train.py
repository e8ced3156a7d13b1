"""How the colorizer was made: generator, critic, then a short GAN phase (NoGAN).

The schedule is DeOldify's: supervised training does nearly all the work, a critic then learns to
tell its pictures from real ones, and the two fight for a few minutes only. During the fight the
held-out photographs are asked again and again; what is exported is the last state they liked.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.media.frames import prefetch
from reimagine.training.colour import lab_to_rgb
from reimagine.training.discriminator import PatchDiscriminator, hinge_loss
from reimagine.training.photos import read_photos
from reimagine.training.state import (
    append_log_row,
    load_checkpoint,
    save_checkpoint,
    seed_everything,
    update_ema,
)
from reimagine.zoo.squeezenet import SqueezeNet, load_features

from . import data
from .net import ColorUNet


@dataclass(frozen=True)
class TrainColorize:
    """Train the colorizer on a folder of colour photographs."""

    photos: Annotated[Path, "Colour photographs: a folder of pictures or .tar files"]
    features: Annotated[str, "SqueezeNet v1.1 features (.safetensors): starting point and judge"] = ""
    size: Annotated[int, "Side of the training pictures, in pixels (a multiple of 16)"] = 128
    last_size: Annotated[int, "Side in the last fifth of the generator's time"] = 160
    batch: Annotated[int, "Pictures a step"] = 24
    minutes: Annotated[float, "The generator's time; the learning rate follows this clock"] = 90.0
    critic_minutes: Annotated[float, "The critic's time on the generator's pictures"] = 3.0
    gan_minutes: Annotated[float, "How long the two fight; 0 leaves the generator as it is"] = 6.0
    rate: Annotated[float, "Peak learning rate (AdamW)"] = 1e-3
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        seed_everything(self.seed)
        run.mkdir(parents=True, exist_ok=True)
        photos = read_photos(self.photos)
        held, photos = photos[:: max(2, len(photos) // 100)], _without(photos)
        fit = Fit(self, run, device, photos, data.pairs(held, 192))
        fit.generator()
        if self.gan_minutes > 0:
            fit.critic()
            fit.gan()
        return fit.export()


def _without(photos: list[np.ndarray]) -> list[np.ndarray]:
    step = max(2, len(photos) // 100)
    return [p for i, p in enumerate(photos) if i % step]


class Fit:
    """One training on its way: the networks, their optimisers, and the clock."""

    def __init__(self, options: TrainColorize, run: Path, device: str, photos, held) -> None:
        self.o, self.run, self.device, self.photos, self.held = options, run, device, photos, held
        bins, share = data.palette(photos)
        self.net = ColorUNet(len(bins))
        self.net.bins.copy_(torch.from_numpy(bins))
        if options.features:
            load_features(self.net.encoder, Path(options.features))
        self.net = self.net.to(device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net).eval()
        self.adversary = PatchDiscriminator().to(device)
        rare = 1 / (0.7 * torch.from_numpy(share) + 0.3 / len(bins))
        self.weight = (rare / (rare * torch.from_numpy(share)).sum()).to(device)
        encoder = list(self.net.encoder.parameters())
        rest = [p for n, p in self.net.named_parameters() if not n.startswith("encoder.")]
        groups = [{"params": encoder, "scale": 0.3}, {"params": rest, "scale": 1.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=options.rate, weight_decay=0.01)
        self.critic_optimizer = torch.optim.Adam(self.adversary.parameters(), 2e-4, (0.0, 0.9))
        self.parts = {
            "net": self.net,
            "mean": self.mean,
            "optimizer": self.optimizer,
            "critic": self.adversary,
            "critic_optimizer": self.critic_optimizer,
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: dict[str, float] = saved.get("clock", {"generator": 0.0, "critic": 0.0, "gan": 0.0})
        self.pictures: int = saved.get("pictures", 0)
        self.floor: float = saved.get("floor", 0.0)

    def keep(self) -> None:
        save_checkpoint(
            self.run / "checkpoint.pt",
            {**self.parts, "clock": self.clock, "pictures": self.pictures, "floor": self.floor},
        )

    # -- the three phases ------------------------------------------------------------------

    def generator(self) -> None:
        """Supervised: distribution over colours plus a little regression of its mean."""
        for grey, ab, part in self.steps("generator", self.o.minutes, self.o.size):
            rate = self.o.rate * min(1.0, self.pictures / 5000) * (0.02 + 0.98 * _cosine(part))
            self.descend(self.supervised(grey, ab), rate)

    def critic(self) -> None:
        """The critic alone, on pictures of the finished generator."""
        for grey, ab, _ in self.steps("critic", self.o.critic_minutes, self.o.last_size):
            with torch.no_grad(), self.half():
                fake = self.mean.colour(self.mean(grey))
            self.teach(grey, ab, fake)

    def gan(self) -> None:
        """The fight: supervised loss + perceptual loss + the critic's word, at a small rate."""
        if not self.clock["gan"]:
            self.net.load_state_dict(self.mean.state_dict())
            self.floor = self.ask()["agreement"]
        judge = self.judge()
        for grey, ab, _ in self.steps("gan", self.o.gan_minutes, self.o.last_size):
            with self.half():
                logits = self.net(grey)
            fake = self.net.colour(logits)
            self.teach(grey, ab, fake.detach())
            loss = self.distribution(logits, ab) + 0.03 * F.smooth_l1_loss(fake, ab)
            loss = loss + perceptual(judge, grey, fake, ab) if judge else loss
            loss = loss - 0.05 * self.adversary(lab(grey, fake)).mean()
            self.descend(loss, self.o.rate * 0.03)

    # -- one step --------------------------------------------------------------------------

    def steps(self, phase: str, minutes: float, size: int) -> Iterator[tuple[Tensor, Tensor, float]]:
        """Batches until the phase's clock runs out; keeps, asks and logs every few minutes."""
        self.net.train(phase == "generator")
        feed, big = self.feed(size), False
        kept = time.monotonic()
        while (part := self.clock[phase] / (60 * minutes or 1)) < 1:
            if phase == "generator" and part > 0.8 and not big:
                feed, big = self.feed(self.o.last_size), True
            begun = time.monotonic()
            grey, ab = next(feed)
            yield grey, ab, part
            self.pictures += len(grey)
            self.clock[phase] += time.monotonic() - begun
            if time.monotonic() - kept > (240 if phase == "generator" else 60):
                self.report(phase)
                kept = time.monotonic()
        self.report(phase)

    def feed(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        batches = data.batches(self.photos, size, self.o.batch, self.o.seed + self.pictures)
        for grey, ab in prefetch(batches, 3):
            yield (
                torch.from_numpy(grey).to(self.device, memory_format=torch.channels_last),
                torch.from_numpy(ab).to(self.device),
            )

    def half(self) -> torch.autocast:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16)

    def supervised(self, grey: Tensor, ab: Tensor) -> Tensor:
        with self.half():
            logits = self.net(grey)
        return self.distribution(logits, ab) + 0.03 * F.smooth_l1_loss(self.net.colour(logits), ab)

    def distribution(self, logits: Tensor, ab: Tensor) -> Tensor:
        """Cross-entropy with soft targets on the 5 nearest bins, rare colours weighing more."""
        flat = ab.permute(0, 2, 3, 1).reshape(-1, 2)
        distance = torch.cdist(flat, self.net.bins.float())
        near, index = distance.topk(5, 1, largest=False)
        soft = torch.softmax(-(near**2) / 50, 1)
        logs = F.log_softmax(logits.float(), 1).permute(0, 2, 3, 1).reshape(len(flat), -1)
        return -((logs.gather(1, index) * soft).sum(1) * self.weight[index[:, 0]]).mean()

    def descend(self, loss: Tensor, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        update_ema(self.mean, self.net, min(0.999, 1 - 1 / (1 + self.pictures / self.o.batch / 10)))

    def teach(self, grey: Tensor, ab: Tensor, fake: Tensor) -> None:
        """One step of the critic (hinge loss)."""
        real, made = self.adversary(lab(grey, ab)), self.adversary(lab(grey, fake))
        self.critic_optimizer.zero_grad()
        hinge_loss(real, made).backward()
        self.critic_optimizer.step()

    def judge(self) -> SqueezeNet | None:
        if not self.o.features:
            return None
        net = load_features(SqueezeNet(3), Path(self.o.features)).to(self.device).eval()
        return net.requires_grad_(False)

    # -- looking at it ---------------------------------------------------------------------

    @torch.inference_mode()
    def ask(self) -> dict[str, float]:
        """Agreement and chroma ratio of the averaged network on the held-out photographs."""
        made, true = [], []
        for grey, ab in self.held:
            logits = self.mean(torch.from_numpy(grey)[None, None].to(self.device))
            made.append(self.mean.colour(logits)[0].cpu().numpy())
            true.append(ab)
        p, t = np.stack(made), np.stack(true)
        norm = float(np.sqrt((p * p).sum() * (t * t).sum())) + 1e-9
        chroma = float(np.hypot(p[:, 0], p[:, 1]).mean() / np.hypot(t[:, 0], t[:, 1]).mean())
        return {"agreement": float((p * t).sum()) / norm, "chroma": chroma}

    def report(self, phase: str) -> None:
        answers = self.ask()
        self.keep()
        if phase == "gan" and answers["agreement"] > 0.99 * self.floor:
            self.export()
        row = {
            "phase": phase,
            "minutes": round(sum(self.clock.values()) / 60, 1),
            "pictures": self.pictures,
            **{k: round(v, 4) for k, v in answers.items()},
        }
        append_log_row(self.run / "log.csv", row)
        print("  ".join(f"{k} {v}" for k, v in row.items()), flush=True)

    def export(self) -> Path:
        path = self.run / "weights.safetensors"
        if self.clock["gan"] and path.exists() and self.ask()["agreement"] <= 0.99 * self.floor:
            return path
        zoo.save(path, self.mean, {"bins": len(self.net.bins)})
        return path


def _cosine(part: float) -> float:
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, part))


def lab(grey: Tensor, ab: Tensor) -> Tensor:
    """What the critic sees: (luma, a, b) at the colours' size, all about -1..1."""
    small = F.interpolate(grey, ab.shape[-2:], mode="area") * 2 - 1
    return torch.cat([small, ab / 110], 1)


def perceptual(judge: SqueezeNet, grey: Tensor, made: Tensor, true: Tensor) -> Tensor:
    """L1 between features of the two pictures with the same luma (Johnson et al. 2016)."""

    def seen(ab: Tensor) -> tuple[Tensor, ...]:
        full = F.interpolate(ab, grey.shape[-2:], mode="bilinear")
        return judge(lab_to_rgb(torch.cat([grey * 100, full], 1)))

    with torch.no_grad():
        wanted = seen(true)
    return sum(
        (F.l1_loss(a, b) / b.abs().mean() for a, b in zip(seen(made), wanted, strict=True)),
        start=torch.zeros((), device=grey.device),
    )
