"""How the instruments were made: each gets a latent, one network learns what all of them sound like.

An auto-decoder (Bojanowski et al. 2018; DeepSDF, Park et al. 2019): no encoder; the latents are learnt
with the network. A little noise on them makes what lies between two instruments an instrument too.
"""

from __future__ import annotations

import copy
import math
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from reimagine import zoo
from reimagine.errors import MediaError
from reimagine.stages.timbre.additive import BANDS, FLOOR, HARMONICS
from reimagine.stages.timbre.soundfont import named
from reimagine.training.state import (
    cosine_schedule,
    load_checkpoint,
    save_and_log,
    seed_everything,
    update_ema,
)

from . import data
from .net import Decoder

ALL = "0-46,48-54,56-95,104-111"
"""General MIDI but for timpani, hits, effects and drums."""
NOISE, PULL, DEPTH = 0.08, 1e-3, 66.0
"""Of the latents; towards zero; dB below a note's loudest partial that still count."""


@dataclass(frozen=True)
class TrainTimbre:
    """Train the harmonic timbre on the notes of a soundfont (needs fluidsynth)."""

    soundfont: Annotated[Path, "A General MIDI soundfont, .sf2"]
    programs: Annotated[str, "General MIDI programs, such as 0-7,40,73"] = ALL
    latent: Annotated[int, "Length of an instrument's latent"] = 24
    width: Annotated[int, "Channels at the network's finest level"] = 64
    batch: Annotated[int, "Notes a step"] = 64
    minutes: Annotated[float, "How long; the learning rate follows this clock"] = 60.0
    rate: Annotated[float, "Peak learning rate (Adam)"] = 2e-3
    seed: Annotated[int, "Seed of everything random"] = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, going on where it stood; gives back the weights' path."""
        seed_everything(self.seed)
        run.mkdir(parents=True, exist_ok=True)
        programs = listed(self.programs)
        notes = collect(self.soundfont, programs, run / "notes")
        names = [named(p) for p in programs]
        fit = Fit(self, run, device, notes, names)
        fit.descend()
        path = run / "weights.safetensors"
        zoo.save(path, fit.mean, {"names": names, "latent": self.latent, "width": self.width})
        return path


def listed(programs: str) -> list[int]:
    """ "0-2,5" -> [0, 1, 2, 5]."""
    found: list[int] = []
    for piece in programs.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", piece.strip())
        if not match or int(match[2] or match[1]) > 127:
            raise MediaError(f"programs {programs!r}: not like 0-7,40,73 (General MIDI has 0 to 127)")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return found


@dataclass(frozen=True)
class Examples:
    """Notes of all instruments.

    Attributes:
        levels: (N, HARMONICS + BANDS, moments) uint8, in 0.4 dB above FLOOR.
        facts: (N, 2) float32: log10 of the stretch, log10 of the fall after release.
        keys: (N, 3) int64: instrument, pitch, velocity.
    """

    levels: Tensor
    facts: Tensor
    keys: Tensor


def collect(font: Path, programs: list[int], folder: Path) -> Examples:
    """Render and take apart, a file an instrument; what is there already is not done again."""
    folder.mkdir(exist_ok=True)
    parts: list[list[np.ndarray]] = []
    for number, program in enumerate(programs):
        path = folder / f"{program:03d}.npz"
        if not path.exists():
            print(f"{named(program)}", flush=True)
            levels, facts, keys = _instrument(font, program)
            temporary = path.with_name("." + path.name)
            np.savez(temporary.open("wb"), levels=levels, facts=facts, keys=keys)
            temporary.replace(path)
        with np.load(path) as kept:
            keys = np.insert(kept["keys"], 0, number, 1)
            parts.append([kept["levels"], kept["facts"], keys])
    return Examples(*(torch.from_numpy(np.concatenate(p)) for p in zip(*parts, strict=True)))


def _instrument(font: Path, program: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All its notes, as loud as any other instrument's in the middle of the keyboard."""
    levels, facts, keys = [], [], []
    for pitch, velocity, wave in data.notes_of(font, program):
        made, stretch, fall = data.taken_apart(wave, pitch)
        levels.append(made.T)
        facts.append((math.log10(stretch + 1e-6), math.log10(fall)))
        keys.append((pitch, velocity))
    loud = np.stack(levels)
    which = np.array([48 <= p <= 72 and v == data.VELOCITIES[1] for p, v in keys])
    power = (10 ** (loud[which][:, :HARMONICS] / 10)).sum(1).max(1)
    loud = np.where(loud > FLOOR, loud - 20 - 10 * np.log10(np.median(power) + 1e-12), FLOOR)
    stored = np.clip((loud - FLOOR) / 0.4, 0, 255).round().astype(np.uint8)
    return beyond_its_range(stored, np.array(facts, np.float32), np.array(keys))


def beyond_its_range(levels: np.ndarray, facts: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, ...]:
    """Where the soundfont is silent (a tuba's treble), the nearest note that sounds is put in its place."""
    loud = levels[:, :HARMONICS].max((1, 2)).astype(int)
    sounds = loud > loud.max() - 110  # 44 dB
    apart = np.abs(keys[:, None, 0] - keys[None, :, 0]) + 1000 * (keys[:, None, 1] != keys[None, :, 1])
    nearest = np.where(sounds, np.arange(len(keys)), (apart + 10**6 * ~sounds).argmin(1))
    return levels[nearest], facts[nearest], keys


class Fit:
    """One training on its way."""

    def __init__(self, options: TrainTimbre, run: Path, device: str, notes: Examples, names: list[str]) -> None:
        self.o, self.run, self.device, self.notes = options, run, device, notes
        self.net = Decoder(names, options.latent, options.width).to(device)
        self.mean = copy.deepcopy(self.net).eval()
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate)
        self.parts = {"net": self.net, "mean": self.mean, "optimizer": self.optimizer}
        saved = load_checkpoint(run / "checkpoint.pt", self.parts)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)

    def descend(self) -> None:
        rng = torch.Generator().manual_seed(self.o.seed + self.steps)
        kept, sums = time.monotonic(), np.zeros(3)
        while (part := self.clock / (60 * self.o.minutes or 1)) < 1:
            begun = time.monotonic()
            chosen = torch.randint(len(self.notes.keys), (self.o.batch,), generator=rng)
            for group in self.optimizer.param_groups:
                warm = min(1.0, self.steps / 200)
                group["lr"] = self.o.rate * warm * cosine_schedule(part)
            loss, off = self.losses(chosen)
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.optimizer.step()
            self.steps += 1
            update_ema(self.mean, self.net, min(0.999, 1 - 1 / (1 + self.steps / 10)))
            sums += (float(loss.detach()), float(off), 1)
            self.clock += time.monotonic() - begun
            if time.monotonic() - kept > 60:
                self.report(sums)
                sums, kept = np.zeros(3), time.monotonic()
        if sums[2]:
            self.report(sums)

    def losses(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """What is learnt from, and the mean error in dB of what can be heard."""
        levels = self.notes.levels[chosen].to(self.device).float() * 0.4 + FLOOR
        facts, keys = self.notes.facts[chosen].to(self.device), self.notes.keys[chosen].to(self.device)
        z = self.net.table(keys[:, 0])
        velocity = keys[:, 2] / 127
        with torch.autocast(self.device.split(":")[0], torch.bfloat16):
            made, told = self.net(z + NOISE * torch.randn_like(z), keys[:, 1], velocity)
        made = made.float()
        top = levels[:, :HARMONICS].amax((1, 2))[:, None, None]
        weight = ((levels.maximum(made.detach()) - top + DEPTH) / DEPTH).clamp(0.03, 1)
        weight = torch.cat([weight[:, :HARMONICS], weight[:, HARMONICS:] * HARMONICS / BANDS / 2], 1)
        off = (weight * (made - levels).abs()).sum() / weight.sum()
        return off / 10 + 0.1 * (told.float() - facts).abs().mean() + PULL * z.square().mean(), off.detach()

    def report(self, sums: np.ndarray) -> None:
        loss, off = sums[:2] / sums[2]
        save_and_log(self.run, self.parts, self.clock, self.steps, loss=loss, decibels=off)
