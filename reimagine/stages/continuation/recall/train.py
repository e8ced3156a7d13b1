"""How the dreamer learns: by dreaming on from its own dreams, and being shown each time what really came.

A dream starts at a true frame, perhaps hurt, and is carried from step to step of the training: its end is
the next step's beginning (unrolled, and Hertzmann's recipe of diverged frame -> true frame, magenta's
next_frame_prediction_pix2pix). What is recalled meanwhile is always of another moment than the true one.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.errors import StageError
from reimagine.media.files import write_text_atomically
from reimagine.media.reader import open_film, read_film
from reimagine.media.shots import CutDetector
from reimagine.stages.continuation.training_frames import TrainingFrames, pace, small
from reimagine.training.discriminator import PatchDiscriminator, discriminator_step
from reimagine.training.films import list_films
from reimagine.training.losses import spatial_gradients
from reimagine.training.plots import plot_losses, save_sample_sheet
from reimagine.training.state import (
    cosine_schedule,
    is_out_of_memory,
    load_checkpoint,
    save_and_log,
    seed_everything,
    update_ema,
)
from reimagine.zoo.device import configure_device

from .data import Memory, Thread, guess, mirrored
from .net import NetInput, NextFrameNet

EDGES, TEXTURE, MOTION, CHOICE, WORD = 1.0, 2.0, 1.0, 1.0, 0.02
"""Weights of the losses beside L1: slopes; how much slope there is about here, which a fog has not, wherever
it lies; how much has changed about here, which a still has not; how wrong each kind of picture is, by its
share, which two ghosts are where their mean is not; and the critic's word."""
WANDER, HURT = 1 / 12, 0.5
"""How often a dream is broken off between two steps of training, and a new one starts from a hurt frame."""
CROP, LEAST = (192, 128), 40
"""Of films in general: the size (w, h) to which all are brought, and the frames that a shot must have."""


@dataclass(frozen=True)
class TrainContinue:
    """Train what `continue` starts from: how films in general go on."""

    films: Annotated[Path, "A folder of films to learn from"]
    start: Annotated[str, "Weights to start from, a name or a path; '' is from scratch"] = ""
    minutes: Annotated[float, "How long; the learning rate follows this clock"] = 60.0
    first: Annotated[float, "Share of that without a critic"] = 0.25
    batch: Annotated[int, "Dreams at a time"] = 4
    unrolled: Annotated[int, "Steps of each dream that are learnt from at once"] = 3
    rate: Annotated[float, "Peak learning rate (Adam)"] = 5e-4
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        run.mkdir(parents=True, exist_ok=True)
        shots = [shot for film in list_films(self.films) for shot in shots_of(film)]
        memories = [Memory(shot) for shot in (*shots, *map(mirrored, shots))]
        print(f"{len(memories)} shots, {sum(map(len, memories))} frames", flush=True)
        net = zoo.load(self.start, NextFrameNet, "cpu") if self.start else NextFrameNet()
        fit = Fit(net, memories, run, self.minutes, device, self.batch, self.unrolled, self.rate, self.first, self.seed)
        fit.descend()
        return export(fit.mean, run / "weights.safetensors", {"title": "how films go on"})


def shots_of(film: Path) -> Iterator[TrainingFrames]:
    """Every shot of a film that is long enough, by itself and at the one size of the training."""
    detector = CutDetector()
    facts = open_film(film, detector)
    for shot in detector.shots(facts.frames):
        frames = [small(f.image, CROP) for f in read_film(facts, shot.start, shot.stop)]
        taken = frames[:: pace(frames)]
        if len(taken) >= LEAST:
            yield TrainingFrames(np.array(taken), np.arange(len(taken)), np.full(len(taken), len(taken)))


def study(options: Any, moments: TrainingFrames, kept: Path, device: str, progress: Any) -> None:
    """Learn one film, as a `Recall`'s options say; what is in the folder `kept` is gone on with."""
    configure_device(device, alone=True)
    net = zoo.load(options.weights, NextFrameNet, "cpu")
    fit = Fit(net, [Memory(moments)], kept, options.minutes, device, rate=3e-4, say=progress.message)
    progress.begin("learn", round(60 * options.minutes), "s")
    progress.advance(fit.clock)
    fit.descend(progress.advance, 30)
    export(fit.mean, kept / "weights.safetensors", {"title": "how this film goes on"})
    configure_device(device)
    (kept / "checkpoint.pt").unlink(missing_ok=True)
    write_text_atomically(kept / "learnt.json", json.dumps(fit.tested("test"), indent=1))


def export(net: NextFrameNet, path: Path, facts: dict[str, str]) -> Path:
    zoo.save(path, net, {"widths": net.widths})
    zoo.write_card(path, {"stage": "continue", "model": "recall", **facts})
    return path


class Fit:
    """One training on its way: network, critic, optimisers, dreams, and the clock.

    Args:
        memories: what is learnt from; all of one size.
    """

    def __init__(
        self,
        net: NextFrameNet,
        memories: list[Memory],
        run: Path,
        minutes: float,
        device: str,
        batch: int = 4,
        unrolled: int = 3,
        rate: float = 5e-4,
        first: float = 0.25,
        number: int = 1,
        say: Callable[[str], Any] = print,
    ) -> None:
        seed_everything(number)
        self.say = say
        self.run, self.minutes, self.device = run, minutes, device
        self.batch, self.unrolled, self.rate, self.first = batch, unrolled, rate, first
        self.net = net.to(device, memory_format=torch.channels_last).train()
        self.mean = copy.deepcopy(self.net).eval()
        self.critic = PatchDiscriminator(32, (2, 2, 2), 6).to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), rate, (0.5, 0.99))
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
        self.rng = np.random.default_rng(number + self.steps)
        self.memories = [(m, m.moments.split()) for m in memories]
        self.threads = [self.thread("train") for _ in range(batch)]
        self.sums: dict[str, list[float]] = {}

    def thread(self, part: str) -> Thread:
        """A dream of one of the films, of its moments to train on, or of those kept for testing."""
        weights = np.array([(rooms[part] > 0).sum() for _, rooms in self.memories], float)
        memory, rooms = self.memories[int(self.rng.choice(len(weights), p=weights / weights.sum()))]
        return Thread(memory, rooms[part], rooms["train"], self.rng)

    def descend(self, tick: Callable[[float], None] = lambda _: None, every: float = 120) -> None:
        """Until the clock says so; `tick` is told how many seconds have gone by since it was told last."""
        kept = time.monotonic()
        while (part := self.clock / (60 * self.minutes or 1)) < 1:
            begun = time.monotonic()
            try:
                self.step(part)
            except (RuntimeError, MemoryError) as error:
                self.fewer(error)
            gone = time.monotonic() - begun
            self.clock += gone
            tick(gone)
            if time.monotonic() - kept > every:
                self.report()
                kept = time.monotonic()
        if self.sums:
            self.report()

    def fewer(self, error: Exception) -> None:
        """Half as many dreams at a time, if it was memory that there was not enough of."""
        if not is_out_of_memory(error):
            raise error
        if len(self.threads) == 1:
            raise StageError(
                "not enough memory to learn even one dream at a time; close other programs, or "
                "give --minutes 0 to use what is known of other films"
            ) from error
        self.threads = self.threads[: len(self.threads) // 2]
        self.say(f"not enough memory: {len(self.threads)} dreams at a time from here on")

    def step(self, part: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * min(1.0, (self.steps + 1) / 100) * cosine_schedule(part)
        for number, thread in enumerate(self.threads):
            if thread.left < self.unrolled or self.rng.random() < WANDER:
                self.threads[number] = thread = self.thread("train")
                thread.start(self.unrolled, HURT)
        losses, fakes, reals = self.dream(self.threads, self.unrolled)
        if part >= self.first:
            self.teach(torch.cat(reals), torch.cat(fakes).detach())
            self.critic.requires_grad_(False)
            with self.half():
                losses["word"] = -WORD * self.critic(torch.cat(fakes)).float().mean()
            self.critic.requires_grad_(True)
        self.optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.mean, self.net, min(0.998, 1 - 1 / (1 + self.steps / 10)))
        for name, loss in losses.items():
            self.note(name, loss)

    def dream(self, threads: list[Thread], steps: int, net: NextFrameNet | None = None):
        """Prediction so many steps on: the losses by name, and what the critic is to see, made and true."""
        losses: dict[str, list[Tensor]] = {}
        fakes, reals = [], []
        last, before = (self.tensor([getattr(t, n) for t in threads]) for n in ("last", "before"))
        for _ in range(steps):
            scene = self.scene(threads, last, before)
            with self.half():
                dream = (net or self.net)(scene)
            kinds = dream.kinds(scene)
            made = dream.mixed(kinds)
            past, true = (self.tensor([t.true(t.time + k) for t in threads]) for k in (0, 1))
            each = compared(made, last, true, past)
            each["choice"] = CHOICE * dream.mixed((kinds - true).abs()).mean()
            for name, loss in each.items():
                losses.setdefault(name, []).append(loss)
            fakes.append(torch.cat([last, made], 1))
            reals.append(torch.cat([past, true], 1))
            last, before = made, last
            for thread in threads:
                thread.step()
        for n, thread in enumerate(threads):
            thread.last, thread.before = (
                x[n].detach().clamp(0, 1).permute(1, 2, 0).cpu().numpy() for x in (last, before)
            )
        return {name: torch.stack(each).mean() for name, each in losses.items()}, fakes, reals

    def scene(self, threads: list[Thread], last: Tensor, before: Tensor) -> NetInput:
        rows = (last.detach().clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).cpu().numpy()
        guesses = [guess(row, t.memory, t.walk.place) for row, t in zip(rows, threads, strict=True)]
        motion, place, trust = (self.tensor([g[k] for g in guesses]) for k in range(3))
        recalled = self.tensor([t.true(t.walk.place + 1) for t in threads])
        return NetInput(last, before, recalled, motion, place, trust, torch.randn_like(trust))

    def teach(self, real: Tensor, made: Tensor) -> None:
        """One step of the critic."""
        self.note("critic", discriminator_step(self.critic, self.critic_optimizer, self.half(), real, made))

    def tensor(self, pictures: list[np.ndarray]) -> Tensor:
        x = torch.from_numpy(np.stack(pictures)).to(self.device)
        return x.permute(0, 3, 1, 2) if x.dim() == 4 else x[:, None]

    def half(self) -> torch.autocast:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16)

    def note(self, name: str, loss: Tensor) -> None:
        self.sums.setdefault(name, []).append(float(loss.detach()))

    @torch.no_grad()
    def tested(self, part: str = "validation", count: int = 8, most: int = 12) -> dict[str, float]:
        """The same losses of the averaged network, of dreams from true frames on, not trained on. What came,
        and under it what was dreamt instead, is drawn as sheet.png."""
        rng, self.rng = self.rng, np.random.default_rng(0)
        threads = [self.thread(part) for _ in range(count)]
        steps = min(most, *(int(t.room.max()) - 1 for t in threads))
        for thread in threads if steps > 0 else ():
            thread.start(steps, 0.0)
        self.rng = rng
        if steps < 1:
            return {}
        losses, made, true = self.dream(threads, steps, self.mean)
        chosen = np.unique(np.linspace(0, steps - 1, 4).astype(int))
        rows = [[kind[k][n, 3:] for k in chosen] for n in range(min(3, count)) for kind in (true, made)]
        save_sample_sheet(self.run / "sheet.png", rows)
        return {f"{part} {name}": float(loss) for name, loss in losses.items()}

    def report(self) -> None:
        """Keep everything, add to the log, draw its curves and a sheet of dreams."""
        names = "likeness", "edges", "texture", "motion", "choice", "critic", "word"
        means = {name: float(np.mean(self.sums.get(name, [np.nan]))) for name in names}
        save_and_log(self.run, self.parts, self.clock, self.steps, self.say, **means, **self.tested())
        plot_losses(self.run / "log.csv", self.run / "curves.png")
        self.sums = {}


def compared(made: Tensor, last: Tensor, true: Tensor, past: Tensor) -> dict[str, Tensor]:
    """What a picture has to pay, by name, beside the true one; both with the picture before them."""
    here, there = spatial_gradients(made), spatial_gradients(true)
    edges = [F.l1_loss(a, b) for a, b in zip(here, there, strict=True)]
    texture = [F.l1_loss(about(a), about(b)) for a, b in zip(here, there, strict=True)]
    return {
        "likeness": F.l1_loss(made, true),
        "edges": EDGES * torch.stack(edges).sum(),
        "texture": TEXTURE * torch.stack(texture).sum(),
        "motion": MOTION * F.l1_loss(about(made - last), about(true - past)),
    }


def about(x: Tensor, size: int = 8) -> Tensor:
    """How much there is of something round about, (N, 1, h, w)."""
    return F.avg_pool2d(x.abs().mean(1, keepdim=True), size, size // 2)
