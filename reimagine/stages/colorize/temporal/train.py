"""How a colorizer learns one film's colours: a conditional GAN on three frames at a time.

Pixel loss (weight 20) and a least-squares adversarial loss (Mao et al. 2017) against a spectral-norm
PatchGAN critic (Isola et al. 2017) that sees the grey picture beside its colours. From the shipped colorizer
this takes minutes; from scratch (`--start ""`) give it hours and `--rate 1e-3`.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.media.frames import prefetch
from reimagine.training.colour import lab_to_rgb
from reimagine.training.discriminator import PatchDiscriminator
from reimagine.training.films import list_films
from reimagine.training.plots import plot_losses, save_sample_sheet
from reimagine.training.state import (
    cosine_schedule,
    load_checkpoint,
    save_and_log,
    seed_everything,
    update_ema,
)
from reimagine.zoo.device import configure_device

from ..unet import data as photographs
from . import data
from .net import TemporalUNet

PIXELS = 20.0
"""Weight of the pixel loss beside the critic's word."""
FULL = 110.0
"""CIELAB's a and b are brought to about -1..1 by this."""
SQUARE = 0.3
"""Errors below this (33 units) are squared: the mean of what a place may be is answered, not the median,
which is greyer."""


@dataclass(frozen=True)
class TrainColorizeTemporal:
    """Teach the colorizer the colours of films of one place, one time or one story."""

    film: Annotated[list[Path], "A film in colour, or a folder of them; give it again for more"]
    start: Annotated[str, "Weights to start from, a name or a path; '' is from scratch"] = "colorize-nogan"
    size: Annotated[int, "Side of the training squares, in pixels (a multiple of 16)"] = 160
    batch: Annotated[int, "Squares a step"] = 8
    minutes: Annotated[float, "How long; the learning rate follows this clock"] = 20.0
    until: Annotated[float, "Learn only from this share of each film, from its beginning"] = 1.0
    rate: Annotated[float, "Peak learning rate (Adam); from scratch 1e-3 is usual"] = 2e-4
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        return learn(self, run, device)


@dataclass(frozen=True)
class _Aloud:
    """Prints progress."""

    message: Callable[[str], Any] = print

    def begin(self, what: str, total: float, unit: str = "") -> None:
        self.message(f"{what}: {total:g} {unit}")

    def advance(self, amount: float) -> None:
        pass


def study(films: list[Path], start: str, run: Path, minutes: float, device: str, progress: Any) -> Path:
    """A short training on the way to a film that is to be coloured; gives back the weights' path."""
    path = run / "weights.safetensors"
    if not path.with_suffix(".toml").exists():
        configure_device(device, alone=True)
        learn(TrainColorizeTemporal(films, start, minutes=minutes), run, device, progress)
        configure_device(device)
        (run / "checkpoint.pt").unlink(missing_ok=True)
    return path


def learn(options: TrainColorizeTemporal, run: Path, device: str, progress: Any = None) -> Path:
    run.mkdir(parents=True, exist_ok=True)
    seed_everything(options.seed)
    progress = progress or _Aloud()
    films = [path for named in options.film for path in list_films(named)]
    found = [m for n, path in enumerate(films) for m in _of(path, n, options.until)]
    taken, held = data.split(found)
    progress.message(f"{len(taken)} frames to learn from, {len(held)} held out")
    fit = Fit(options, run, device, taken, held, progress)
    fit.descend()
    path = run / "weights.safetensors"
    zoo.write_card(
        path,
        {
            "stage": "colorize",
            "model": "temporal",
            "title": "the colours of " + ", ".join(p.name for p in films),
            "measured": f"agreement {fit.best:.3f} on {len(held)} held-out frames of the same "
            f"films, {fit.first:.3f} before",
        },
    )
    return path


def _of(path: Path, number: int, until: float) -> list[data.Moment]:
    """A film's moments, its shots numbered apart from other films'."""
    from dataclasses import replace

    return [replace(m, shot=m.shot + 100_000 * number) for m in data.moments(path, until)]


class Fit:
    """One training on its way: generator, critic, and the clock."""

    EVERY = 60.0
    """Seconds between two looks at the held-out frames."""

    def __init__(
        self,
        options: TrainColorizeTemporal,
        run: Path,
        device: str,
        taken: list[data.Moment],
        held: list[data.Moment],
        progress: Any,
    ) -> None:
        self.o, self.run, self.device, self.progress, self.taken = options, run, device, progress, taken
        self.held, known = (self.asked(some) for some in (held, taken + held))
        self.net = self.begun().to(device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net).eval()
        self.start, self.shown = copy.deepcopy(self.mean), copy.deepcopy(self.mean)
        self.adversary = PatchDiscriminator(32).to(device)
        encoder = list(self.net.encoder.parameters())
        rest = [p for n, p in self.net.named_parameters() if not n.startswith("encoder.")]
        groups = [{"params": encoder, "scale": 0.5}, {"params": rest, "scale": 1.0}]
        self.optimizer = torch.optim.Adam(groups, options.rate, (0.5, 0.999))
        self.critic_optimizer = torch.optim.Adam(self.adversary.parameters(), options.rate, (0.5, 0.999))
        self.parts = {
            "net": self.net,
            "mean": self.mean,
            "optimizer": self.optimizer,
            "critic": self.adversary,
            "critic_optimizer": self.critic_optimizer,
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)
        self.first: float = saved.get("first", 0.0) or self.agreement(self.start, self.held)
        self.share = 1 - max(0.0, self.agreement(self.start, known)) ** 2 if options.start else 1.0
        """How much of what is learnt is kept. The square of the agreement is how much of the film's colours
        the network explains before it has seen any of them, and so much of what it was stays (two networks'
        weights may be averaged: Wortsman et al. 2022)."""
        self.best: float = saved.get("best", -1.0)

    def begun(self) -> TemporalUNet:
        """The network to start from."""
        if self.o.start:
            return zoo.load(self.o.start, TemporalUNet, "cpu")
        bins, _ = photographs.palette([m.image for m in self.taken] * 3)
        net = TemporalUNet(len(bins))
        net.bins.copy_(torch.from_numpy(bins))
        return net

    def descend(self) -> None:
        self.progress.begin("learn", round(60 * self.o.minutes), "s")
        self.progress.advance(self.clock)
        self.net.train()
        for module in self.net.modules():  # a film is too little to know how bright the world is
            if isinstance(module, torch.nn.BatchNorm2d) and self.o.start:
                module.eval()
        kept, sums = time.monotonic(), []
        feed = prefetch(data.batches(self.taken, self.o.size, self.o.batch, self.o.seed + self.steps), 3)
        while (part := self.clock / (60 * self.o.minutes)) < 1:
            begun = time.monotonic()
            greys, ab = (torch.from_numpy(x).to(self.device) for x in next(feed))
            sums.append(self.step(greys, ab, cosine_schedule(part)))
            self.steps += 1
            took = time.monotonic() - begun
            self.clock += took
            self.progress.advance(took)
            if time.monotonic() - kept > self.EVERY:
                self.report(np.mean(sums, 0))
                kept, sums = time.monotonic(), []
        if sums or not (self.run / "weights.safetensors").exists():
            self.report(np.mean(sums or [[0.0, 0.0]], 0))

    def step(self, greys: Tensor, ab: Tensor, pace: float) -> tuple[float, float]:
        """Generator, then critic; gives back the pixel loss and the critic's."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.o.rate * group["scale"] * pace * min(1.0, (self.steps + 1) / 50)
        half = torch.autocast(self.device.split(":")[0], torch.bfloat16)
        with half:
            logits = self.net(greys)
        made = self.net.colour(logits)
        pixels = F.smooth_l1_loss(made / FULL, ab / FULL, beta=SQUARE)
        with half:
            word = self.adversary(beside(greys, made)).float()
        loss = PIXELS * pixels + 0.1 * ((word - 1) ** 2).mean()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        update_ema(self.mean, self.net, min(0.995, 1 - 1 / (1 + self.steps / 10)))
        with half:
            real, fake = (self.adversary(beside(greys, x)).float() for x in (ab, made.detach()))
        judged = ((real - 1) ** 2).mean() + (fake**2).mean()
        self.critic_optimizer.zero_grad()
        judged.backward()
        self.critic_optimizer.step()
        return float(pixels.detach()), float(judged.detach())

    # -- looking at it ---------------------------------------------------------------------

    def asked(self, found: list[data.Moment]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Some frames, as the network is asked with them."""
        pick = np.unique(np.linspace(0, len(found) - 1, 24).astype(int))
        return [data.whole(found[i], self.o.size) for i in pick]

    @torch.inference_mode()
    def answers(self, net: TemporalUNet, frames: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
        shown = (torch.from_numpy(greys)[None].to(self.device) for greys, _ in frames)
        return [net.paint(x)[0].cpu().numpy() for x in shown]

    def agreement(self, net: TemporalUNet, frames: list[tuple[np.ndarray, np.ndarray]]) -> float:
        """Cosine between made and true ab over some frames."""
        pairs = list(zip(self.answers(net, frames), (ab for _, ab in frames), strict=True))
        both, made, true = (
            sum(float((a * b).sum()) for a, b in x)
            for x in (pairs, [(a, a) for a, _ in pairs], [(b, b) for _, b in pairs])
        )
        return both / (float(np.sqrt(made * true)) + 1e-9)

    def mixed(self) -> TemporalUNet:
        """The network with its share of what it has learnt."""
        old, new = self.start.state_dict(), self.mean.state_dict()
        both = {name: torch.lerp(old[name].float(), new[name].float(), self.share) for name in new}
        net = copy.deepcopy(self.mean)
        net.load_state_dict({name: value.to(new[name].dtype) for name, value in both.items()})
        return net

    def report(self, losses: np.ndarray) -> None:
        """Keep, log, draw; the weights that colour the held-out frames best are those that are written."""
        self.shown = self.mixed()
        now = self.agreement(self.shown, self.held)
        if now >= self.best:
            self.best = now
            arch = {"bins": len(self.net.bins), "width": self.net.enter[0].out_channels}
            zoo.save(self.run / "weights.safetensors", self.shown, arch)
        save_and_log(
            self.run,
            {**self.parts, "first": self.first, "best": self.best},
            self.clock,
            self.steps,
            self.progress.message,
            pixels=float(losses[0]),
            critic=float(losses[1]),
            agreement=now,
            share=self.share,
        )
        plot_losses(self.run / "log.csv", self.run / "curves.png")
        self.sheet()

    def sheet(self) -> None:
        """Grey, made and true, of four held-out frames."""
        rows, made = [], self.answers(self.shown, self.held)
        for n in np.unique(np.linspace(0, len(self.held) - 1, 4).astype(int)):
            grey = torch.from_numpy(self.held[n][0][1])
            coloured = [seen(grey, torch.from_numpy(ab)) for ab in (made[n], self.held[n][1])]
            rows.append([grey.expand(3, -1, -1), *coloured])
        save_sample_sheet(self.run / "samples.png", rows)


def seen(grey: Tensor, ab: Tensor) -> Tensor:
    """Luma (H, W) in 0..1 under ab (2, h, w): RGB (3, H, W)."""
    full = cv2.resize(ab.permute(1, 2, 0).numpy(), grey.shape[::-1])
    return lab_to_rgb(torch.cat([grey[None] * 100, torch.from_numpy(full).permute(2, 0, 1)])[None])[0]


def beside(greys: Tensor, ab: Tensor) -> Tensor:
    """What the critic sees: the middle frame at the colours' size, and the colours."""
    middle = F.interpolate(greys[:, 1:2], ab.shape[-2:], mode="area") * 2 - 1
    return torch.cat([middle, ab / FULL], 1)
