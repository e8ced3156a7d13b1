"""How the consistency network was made: short- and long-term losses on clips of known motion.

Lai et al. 2018, section 3.3: stay close to the processed frame in the eyes of a classifier, to the
previous result along the flow (short term), and to the first one (long term), where the source
says that both show the same thing.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import stages, zoo
from reimagine.errors import MediaError
from reimagine.training.photos import read_photos
from reimagine.training.state import (
    cosine_schedule,
    load_checkpoint,
    save_and_log,
    seed_everything,
    update_ema,
)
from reimagine.zoo.squeezenet import SqueezeNet, load_features

from . import data
from .net import ConsistencyNet

PERCEPTUAL, SHORT, LONG, SAME = 10.0, 100.0, 100.0, 50.0
"""Weights of the losses, and the alpha of the mask exp(-alpha d^2); section 3.3."""


@dataclass(frozen=True)
class TrainStabilize:
    """Train the ConvLSTM stabilizer on films and on photographs set in motion."""

    films: Annotated[Path, "Films in colour, in a folder"]
    photos: Annotated[Path, "Colour photographs to set in motion: a folder of pictures or .tar files"]
    features: Annotated[str, "SqueezeNet v1.1 features (.safetensors), the judge of likeness"] = ""
    model: Annotated[str, "Model of colorize whose flicker is to be learnt"] = "unet"
    width: Annotated[int, "Channels of the network's first layer (32 in the paper)"] = 16
    size: Annotated[int, "Side of the training squares, in pixels (a multiple of 16)"] = 128
    batch: Annotated[int, "Clips a step"] = 4
    clips: Annotated[int, "Photographs set in motion; the films give what they have"] = 500
    per_shot: Annotated[int, "Clips of each shot of the films"] = 5
    minutes: Annotated[float, "How long; the learning rate follows this clock"] = 80.0
    rate: Annotated[float, "Peak learning rate (Adam)"] = 4e-4
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        seed_everything(self.seed)
        run.mkdir(parents=True, exist_ok=True)
        clips = self.collect(device)
        fit = Fit(self, run, device, clips)
        fit.descend()
        path = run / "weights.safetensors"
        zoo.save(path, fit.mean, {"width": self.width, "aligned": True})
        return path

    def collect(self, device: str) -> list[data.Clip]:
        """All clips, as the model to be stabilized paints their frames one by one."""
        cls = stages.model_class("colorize", self.model)
        work = (cls(every_frame=True) if hasattr(cls, "every_frame") else cls()).load(device)
        rng = np.random.default_rng(self.seed)
        photos = read_photos(self.photos)

        def process(frames: list) -> list:
            return list(work(iter(frames)))

        moved = data.of_photos(
            [photos[i] for i in rng.permutation(len(photos))[: self.clips]], self.size + 48, process, rng
        )
        filmed = data.of_films(self.films, self.size + 64, self.per_shot, process, rng)
        clips = [c for c in chain(moved, filmed) if min(c.source.shape[1:3]) >= self.size]
        if len(clips) < self.batch:
            raise MediaError(f"too little to learn from: {len(clips)} clips")
        print(f"{len(clips)} clips", flush=True)
        return clips


class Fit:
    """One training on its way."""

    def __init__(self, options: TrainStabilize, run: Path, device: str, clips: list[data.Clip]) -> None:
        self.o, self.run, self.device, self.clips = options, run, device, clips
        self.net = ConsistencyNet(options.width, aligned=True)
        self.net = self.net.to(device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net).eval()
        self.judge = None
        if options.features:
            judge = load_features(SqueezeNet(3), Path(options.features))
            self.judge = judge.to(device).eval().requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate)
        self.parts = {"net": self.net, "mean": self.mean, "optimizer": self.optimizer}
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)

    def descend(self) -> None:
        told, kept, sums = 0, time.monotonic(), np.zeros(4)
        for batch in self.batches():
            begun = time.monotonic()
            part = self.clock / (60 * self.o.minutes or 1)
            if part >= 1:
                break
            losses = self.losses(*batch)
            for group in self.optimizer.param_groups:
                warm = min(1.0, self.steps / 100)
                group["lr"] = self.o.rate * warm * cosine_schedule(part, 0.02)
            self.optimizer.zero_grad()
            losses.sum().backward()
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            self.optimizer.step()
            self.steps += 1
            update_ema(self.mean, self.net, min(0.998, 1 - 1 / (1 + self.steps / 10)))
            sums, told = sums + np.array([*losses.detach().cpu(), 1.0]), told + 1
            self.clock += time.monotonic() - begun
            if time.monotonic() - kept > 120:
                self.report(sums)
                sums, kept = np.zeros(4), time.monotonic()
        if told:
            self.report(sums)

    def batches(self) -> Iterator[tuple[Tensor, ...]]:
        rng = np.random.default_rng(self.o.seed + self.steps)
        while True:
            chosen = rng.integers(0, len(self.clips), self.o.batch)
            crops = [data.crop(self.clips[i], self.o.size, rng) for i in chosen]
            yield tuple(torch.from_numpy(np.stack(p)).to(self.device) for p in zip(*crops, strict=True))

    def losses(self, source: Tensor, processed: Tensor, back: Tensor, first: Tensor) -> Tensor:
        """(3,): likeness, short term, long term; each over the clip's frames."""
        made, state = [processed[:, 0]], None
        short, long = source.new_zeros(()), source.new_zeros(())
        for t in range(1, source.shape[1]):
            last, was = fetch(made[-1], back[:, t]), fetch(source[:, t - 1], back[:, t])
            with torch.autocast(self.device.split(":")[0], torch.bfloat16):
                more, state = self.net(processed[:, t], last.detach(), source[:, t], was, state)
            made.append(processed[:, t] + more.float())
            short = short + apart(made[-1], last.detach(), source[:, t], was)
            if t > 1:
                start = fetch(source[:, 0], first[:, t])
                long = long + apart(made[-1], fetch(made[0], first[:, t]), source[:, t], start)
        look = int(torch.randint(1, source.shape[1], ()))
        like = self.likeness(made[look], processed[:, look]) * (source.shape[1] - 1)
        return torch.stack([PERCEPTUAL * like, SHORT * short, LONG * long]) / source.shape[1]

    def likeness(self, made: Tensor, processed: Tensor) -> Tensor:
        """L1 between a classifier's features; without one, between the pictures."""
        if self.judge is None:
            return F.l1_loss(made, processed)
        with torch.autocast(self.device.split(":")[0], torch.bfloat16):
            pairs = zip(self.judge(made), self.judge(processed), strict=True)
            terms = [F.l1_loss(a, b.detach()) / b.detach().abs().mean() for a, b in pairs]
        return 0.1 * torch.stack(terms).float().mean() + 0.2 * F.l1_loss(made, processed)

    def report(self, sums: np.ndarray) -> None:
        like, short, long = sums[:3] / sums[3]
        save_and_log(self.run, self.parts, self.clock, self.steps, likeness=like, short=short, long=long)


def fetch(there: Tensor, flow: Tensor) -> Tensor:
    """What of another frame (N, C, H, W) belongs here, along a flow (N, 2, H, W) in pixels."""
    h, w = flow.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    places = torch.stack([x, y]).to(flow) + flow
    scale = flow.new_tensor([2 / (w - 1), 2 / (h - 1)])
    grid = places.permute(0, 2, 3, 1) * scale - 1
    return F.grid_sample(there, grid, padding_mode="border", align_corners=True)


def apart(made: Tensor, other: Tensor, source: Tensor, moved: Tensor) -> Tensor:
    """L1 where the source and its other frame, moved here, show the same thing."""
    same = torch.exp(-SAME * (source - moved).sum(1, keepdim=True) ** 2)
    return (same * (made - other).abs()).mean()
