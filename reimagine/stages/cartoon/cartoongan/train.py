"""How a look is learnt: from a teacher's drawings, or from an artist's pictures.

A *teacher* (the published generator) shows what it makes of photographs, and the light generator is
to make the same. An *artist* only leaves pictures: CartoonGAN's own method (Chen et al. 2018) first
teaches the generator to keep what a photograph shows, then sets it against a critic that knows the
artist's pictures and refuses the same with their edges smoothed. To the critic's word is added how
far the statistics of features are from the artist's (Gatys et al. 2016; Huang & Belongie 2017),
which brings paper and palette in minutes. Either way some pictures are seen twice, shifted and
grained, and have to come out the same: what a film does from frame to frame.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.errors import StageError
from reimagine.training.discriminator import PatchDiscriminator, discriminator_step
from reimagine.training.films import list_films
from reimagine.training.losses import (
    feature_statistics_loss,
    flat_region_gradient_loss,
    interior_l1,
    resample,
    spatial_gradients,
)
from reimagine.training.photos import read_photos
from reimagine.training.state import (
    cosine_schedule,
    load_checkpoint,
    save_and_log,
    seed_everything,
    update_ema,
)
from reimagine.zoo.squeezenet import SqueezeNet, load_features, shipped_features

from . import data
from .net import LightGenerator, generator

START = "cartoon-hayao"
ARCH = {"kind": "light", "widths": (24, 64, 96), "blocks": (3, 4)}
CONTENT, TONE, FLAT = 0.15, 2.0, 8.0
"""The first brings the relative change of features to the scale of the paper's, so that its omega is 10 here
too; the second keeps what is dark dark; the third, what is even even: strokes in an empty sky swim."""
LIKENESS, EDGES, FEATURES, PALETTE, STEADY, ADVERSARY = 0.5, 0.5, 1.5, 1.0, 1.0, 0.1
"""Weights of the losses when there is a teacher. L1 alone answers the mean of all that the teacher might
have done, which is dull: features, their statistics and the critic ask for lines and for its palette."""


@dataclass(frozen=True)
class TrainCartoon:
    """Train a look: of an artist's pictures (--art), of a film (--frames-from), or of a published generator
    (--teacher)."""

    photos: Annotated[Path, "Photographs to draw: a folder of pictures or .tar files"]
    look: Annotated[str, "What the look is to be called"] = "mine"
    art: Annotated[Path | None, "The artist's pictures: a folder"] = None
    frames_from: Annotated[Path | None, "A film (or a folder of films) in the artist's look"] = None
    teacher: Annotated[str, "Weights of a published generator to learn from: a name, or a path"] = ""
    films: Annotated[Path | None, "Films whose frames join the photographs"] = None
    features: Annotated[str, "SqueezeNet v1.1 features (.safetensors) as judge [the colorizer's]"] = ""
    start: Annotated[str, "Weights of a look to start from, a name or a path; '' is from scratch"] = START
    minutes: Annotated[float, "How long; the learning rate follows this clock"] = 45.0
    first: Annotated[float, "Share of that without a critic: likeness only (from scratch: 0.2)"] = 0.05
    omega: Annotated[float, "Weight of keeping what the photograph shows"] = 10.0
    style: Annotated[float, "Weight of the artist's statistics"] = 10.0
    batch: Annotated[int, "Pictures a step"] = 4
    rate: Annotated[float, "Peak learning rate (Adam)"] = 5e-4
    sample: Annotated[int, "A sheet of samples every so many steps"] = 250
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        if sum(map(bool, (self.art, self.frames_from, self.teacher))) != 1:
            raise StageError("train cartoon: give one of --art, --frames-from and --teacher to learn from")
        seed_everything(self.seed)
        run.mkdir(parents=True, exist_ok=True)
        self.claim(run)
        fit = Fit(self, run, device)
        fit.descend(Distil(fit) if self.teacher else Imitate(fit))
        return fit.export()

    def claim(self, run: Path) -> None:
        """A folder is of one look: another is not gone on with by accident."""
        mark = run / "look.txt"
        if mark.exists() and mark.read_text() != self.look:
            raise StageError(
                f"{run} is the training of the look {mark.read_text()!r}; give this one --into another folder"
            )
        mark.write_text(self.look)

    def pictures(self) -> list[np.ndarray]:
        """The photographs, and frames of the films."""
        found = read_photos(self.photos)
        for film in list_films(self.films) if self.films else []:
            found += data.frames_of(film)
        return found


class Fit:
    """One training on its way: the networks, their optimisers, and the clock."""

    def __init__(self, options: TrainCartoon, run: Path, device: str) -> None:
        self.o, self.run, self.device = options, run, device
        net = LightGenerator(ARCH["widths"], ARCH["blocks"])
        if options.start:
            net.load_state_dict(zoo.load(options.start, generator, "cpu").state_dict())
        self.net = net.to(device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net).eval()
        self.critic = PatchDiscriminator(32, (2, 2, 2), 6 if options.teacher else 3).to(device)
        judge = load_features(SqueezeNet(3), Path(options.features)) if options.features else shipped_features()
        self.judge = judge.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate, (0.5, 0.99))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), 2e-4, (0.5, 0.99))
        self.parts = {
            "net": self.net,
            "mean": self.mean,
            "optimizer": self.optimizer,
            "critic": self.critic,
            "critic_optimizer": self.critic_optimizer,
        }
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)
        self.rng = np.random.default_rng(options.seed + self.steps)
        self.sums: dict[str, list[float]] = {}

    def descend(self, lesson: Distil | Imitate) -> None:
        kept = time.monotonic()
        while (part := self.clock / (60 * self.o.minutes or 1)) < 1:
            begun = time.monotonic()
            losses = lesson.losses(fight=part >= self.o.first)
            for group in self.optimizer.param_groups:
                group["lr"] = self.o.rate * min(1.0, self.steps / 100) * cosine_schedule(part)
            self.optimizer.zero_grad()
            torch.stack(list(losses.values())).sum().backward()
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            self.optimizer.step()
            self.steps += 1
            update_ema(self.mean, self.net, min(0.998, 1 - 1 / (1 + self.steps / 10)))
            for name, loss in losses.items():
                self.note(name, loss)
            self.clock += time.monotonic() - begun
            if self.steps % self.o.sample == 0:
                self.sheet(lesson.shown)
            if time.monotonic() - kept > 120:
                self.report(lesson.named)
                kept = time.monotonic()
        if self.sums:
            self.report(lesson.named)
            self.sheet(lesson.shown)

    def note(self, name: str, loss: Tensor) -> None:
        self.sums.setdefault(name, []).append(float(loss.detach()))

    def report(self, names: tuple[str, ...]) -> None:
        """Keep everything, and add a line to the log: the means since the last one, under these names."""
        means = {name: float(np.mean(self.sums.get(name, [np.nan]))) for name in names}
        save_and_log(self.run, self.parts, self.clock, self.steps, **means)
        self.sums = {}

    # -- what both need --------------------------------------------------------------------

    def tensor(self, pictures: list[np.ndarray]) -> Tensor:
        """(N, 3, SIDE, SIDE) in -1..1 of uint8 RGB pictures."""
        x = torch.from_numpy(np.stack(pictures)).to(self.device).permute(0, 3, 1, 2)
        return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)

    def half(self) -> torch.autocast:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16)

    def draw(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """The photographs' drawings; and how far those of the first ones change when the photographs are
        shifted and grained."""
        again = max(1, self.o.batch // 4)
        other, grid = self.moved(photos[:again])
        with self.half():
            made = self.net(torch.cat([photos, other])).float()
        made, twin = made[: len(photos)], made[len(photos) :]
        return made, interior_l1(twin, resample(made[:again], grid))

    def seen(self, x: Tensor) -> list[Tensor]:
        """The judge's features at 1/2, 1/4, 1/8 and 1/16; one that knows grey sees colours in turn."""
        with self.half():
            x = (x + 1) / 2
            if self.judge.conv1.in_channels == 1:
                x = x.flatten(0, 1)[:, None]
            return [level.float() for level in self.judge.levels(x)[:4]]

    def teach(self, real: Tensor, *false: Tensor) -> None:
        """One step of the critic."""
        self.note("critic", discriminator_step(self.critic, self.critic_optimizer, self.half(), real, torch.cat(false)))

    def word(self, made: Tensor) -> Tensor:
        """What the critic has to say against a picture."""
        with self.half():
            return -self.critic(made).float().mean()

    def moved(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The same pictures a little shifted, brighter and grained, and the grid that shifts them."""
        n, _, h, w = x.shape
        shift = (torch.rand(n, 2, device=x.device) - 0.5) * 8 / torch.tensor([w, h], device=x.device)
        turn = torch.eye(2, device=x.device).expand(n, 2, 2)
        grid = F.affine_grid(torch.cat([turn, shift[..., None]], 2), [n, 3, h, w], align_corners=False)
        light = 1 + 0.04 * (torch.rand(n, 1, 1, 1, device=x.device) - 0.5)
        grain = torch.randn_like(x) * 0.06 * torch.rand(n, 1, 1, 1, device=x.device)
        return resample(x, grid) * light + grain, grid

    def sheet(self, photos: list[np.ndarray]) -> None:
        """Some photographs, and what the averaged network makes of them."""
        with torch.inference_mode(), self.half():
            made = self.mean(self.tensor(photos)).float()
        drawn = ((made.permute(0, 2, 3, 1).cpu().numpy() + 1) * 127.5).clip(0, 255).astype(np.uint8)
        rows = np.vstack([np.hstack(photos), np.hstack(list(drawn))])
        folder = self.run / "samples"
        folder.mkdir(exist_ok=True)
        cv2.imwrite(str(folder / f"{self.steps:06d}.webp"), cv2.cvtColor(rows, cv2.COLOR_RGB2BGR))

    def export(self) -> Path:
        path = self.run / "weights.safetensors"
        zoo.save(path, self.mean, ARCH)
        zoo.write_card(path, {"title": f"the look {self.o.look}", "stage": "cartoon", "look": self.o.look})
        return path


class Distil:
    """The lesson of a teacher: to draw what it draws."""

    named = ("likeness", "edges", "features", "palette", "steady", "critic", "word")

    def __init__(self, fit: Fit) -> None:
        self.fit, o = fit, fit.o
        teacher = zoo.load(o.teacher, generator, fit.device).to(memory_format=torch.channels_last)

        @torch.inference_mode()
        def draw(picture: np.ndarray) -> np.ndarray:
            with fit.half():
                made = teacher(fit.tensor([picture]))[0].float()
            return ((made.permute(1, 2, 0).cpu().numpy() + 1) * 127.5).clip(0, 255).round().astype(np.uint8)

        self.pairs = data.pairs(o.pictures(), draw, fit.run / "pairs", o.look)
        self.shown = [photo for photo, _ in self.pairs[:: max(1, len(self.pairs) // 6)]][:6]
        print(f"{len(self.pairs)} drawings of the teacher", flush=True)

    def losses(self, fight: bool) -> dict[str, Tensor]:
        """What the generator has to pay in this step, by name; with `fight`, to the critic as well."""
        fit = self.fit
        chosen = [self.pairs[i] for i in fit.rng.integers(0, len(self.pairs), fit.o.batch)]
        chosen = [p[:, :, ::-1] if fit.rng.random() < 0.5 else p for p in chosen]
        photos, true = (fit.tensor([p[k] for p in chosen]) for k in (0, 1))
        made, change = fit.draw(photos)
        with torch.no_grad():
            wanted = fit.seen(true)
        features = fit.seen(made)
        unlike = [F.l1_loss(a, b) / b.abs().mean() for a, b in zip(features, wanted, strict=True)]
        edges = [F.l1_loss(a, b) for a, b in zip(spatial_gradients(made), spatial_gradients(true), strict=True)]
        losses = {
            "likeness": LIKENESS * F.l1_loss(made, true),
            "edges": EDGES * torch.stack(edges).sum(),
            "features": FEATURES * torch.stack(unlike).mean(),
            "palette": PALETTE * feature_statistics_loss(features, wanted),
            "steady": STEADY * change,
        }
        if fight:
            real, false = (torch.cat([photos, x], 1) for x in (true, made))
            fit.teach(real, false.detach())
            losses["word"] = ADVERSARY * fit.word(false)
        return losses


class Imitate:
    """The lesson of an artist's pictures: to draw as they are drawn (CartoonGAN)."""

    named = ("content", "tone", "flat", "style", "steady", "critic", "word")

    def __init__(self, fit: Fit) -> None:
        self.fit, o = fit, fit.o
        if o.art:
            pages = read_photos(o.art)
        else:
            pages = [frame for film in list_films(o.frames_from) for frame in data.frames_of(film)]
        self.photos = o.pictures()
        self.art = data.drawings(pages, np.random.default_rng(o.seed))
        few = self.photos[:: max(1, len(self.photos) // 6)][:6]
        self.shown = [data.square(photo, np.random.default_rng(0), 1.0) for photo in few]
        print(f"{len(self.photos)} photographs, {len(self.art)} squares of {len(pages)} pictures", flush=True)

    def losses(self, fight: bool) -> dict[str, Tensor]:
        """What the generator has to pay in this step, by name; with `fight`, to the critic as well."""
        fit = self.fit
        chosen = fit.rng.integers(0, len(self.photos), fit.o.batch)
        photos = fit.tensor([data.square(self.photos[i], fit.rng) for i in chosen])
        made, change = fit.draw(photos)
        drawn = [self.art[i] for i in fit.rng.integers(0, len(self.art), fit.o.batch)]
        art = fit.tensor(drawn)
        with torch.no_grad():
            kept, wanted = fit.seen(photos), fit.seen(art)
        features = fit.seen(made)
        content = CONTENT * F.l1_loss(features[2], kept[2]) / kept[2].abs().mean()
        tone = F.l1_loss(*(F.avg_pool2d(x.mean(1, keepdim=True), 8) for x in (made, photos)))
        losses = {
            "content": fit.o.omega * content,
            "tone": TONE * tone,
            "flat": FLAT * flat_region_gradient_loss(made, photos),
            "steady": 4 * STEADY * change,
        }
        if fight:
            losses["style"] = fit.o.style * feature_statistics_loss(features[1:], wanted[1:])
            smooth = fit.tensor([data.smooth_edges(d) for d in drawn])
            fit.teach(art, smooth, made.detach())
            losses["word"] = fit.word(made)
        else:
            losses["content"] = losses["content"] + F.l1_loss(made, photos)
        return losses
