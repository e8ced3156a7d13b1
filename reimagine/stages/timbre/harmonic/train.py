"""Training of the harmonic timbre: one latent per instrument, one decoder for all.

An auto-decoder (Bojanowski et al. 2018; DeepSDF, Park et al. 2019): there is no encoder, the latents are learned with
the network. Noise added to the latents makes interpolations between two instruments plausible instruments.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from reimagine import zoo
from reimagine.options import Range
from reimagine.stages.timbre.additive import FLOOR_DB, HARMONICS, NOISE_BANDS
from reimagine.stages.timbre.harmonic.dataset import LEVEL_STEP, Examples, collect_examples, parse_programs
from reimagine.stages.timbre.harmonic.net import Decoder
from reimagine.stages.timbre.soundfont import program_name
from reimagine.training.options import Batch, LearningRate, Minutes, Seed, Training
from reimagine.training.state import (
    cosine_schedule,
    load_checkpoint,
    open_folder,
    save_and_log,
    seed_everything,
    update_ema,
)
from reimagine.zoo.device import half_precision

DEFAULT_PROGRAMS = "0-46,48-54,56-95,104-111"
"""General MIDI without timpani, orchestra hits, sound effects and drums."""
LATENT_NOISE = 0.08
"""Standard deviation of the noise on the latents, which have a standard deviation of about 1."""
LATENT_PENALTY = 1e-3
"""Weight of the latents' mean square in the loss."""
PARAMETER_WEIGHT = 0.1
"""Weight of the L1 error of inharmonicity and release rate (in log10)."""
DYNAMIC_RANGE = 66.0
"""dB below a note's loudest partial at which the weight of a level's error reaches its minimum."""
MIN_LEVEL_WEIGHT = 0.03
"""Smallest weight of a level's error: inaudible levels still have a gradient."""
WARM_UP = 200
"""Steps in which the learning rate rises linearly from 0."""
EMA_DECAY = 0.999
"""Decay of the moving average of the weights per step; lower in the first steps."""
CHECKPOINT_SECONDS = 60.0
"""Seconds between two checkpoints, each with a row of the log."""


@dataclass(frozen=True)
class TrainTimbre(Training):
    """Train the harmonic timbre on the notes of a soundfont (needs fluidsynth)."""

    soundfont: Annotated[Path, "A General MIDI soundfont, .sf2"]
    programs: Annotated[str, "General MIDI programs, such as 0-7,40,73"] = DEFAULT_PROGRAMS
    latent: Annotated[int, "Length of an instrument's latent", Range(1, 1024)] = 24
    width: Annotated[int, "Channels at the network's finest level", Range(1, 1024)] = 64
    batch: Batch = 64
    minutes: Minutes = 60.0
    rate: LearningRate = 2e-3
    seed: Seed = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run` and return the path of the weights; an interrupted training is resumed."""
        open_folder(run)
        programs = parse_programs(self.programs)
        examples = collect_examples(self.soundfont, programs, run / "notes", partial(print, flush=True))
        return train(self, run, device, examples, [program_name(program) for program in programs])


def train(options: TrainTimbre, run: Path, device: str, examples: Examples, names: list[str]) -> Path:
    """Train on examples in the existing folder `run`, from its checkpoint if there is one; the path of the weights."""
    seed_everything(options.seed)
    trainer = TimbreTrainer(options, run, device, examples, names)
    trainer.fit()
    path = run / "weights.safetensors"
    zoo.save(path, trainer.ema, {"names": names, "latent": options.latent, "width": options.width})
    return path


class TimbreTrainer:
    """The network, its moving average, the optimizer and the clock of one training."""

    def __init__(self, options: TrainTimbre, run: Path, device: str, examples: Examples, names: list[str]) -> None:
        self.options, self.run, self.device, self.examples = options, run, device, examples
        self.net = Decoder(names, options.latent, options.width).to(device)
        self.ema = copy.deepcopy(self.net).eval()
        self.optimizer = torch.optim.Adam(self.net.parameters(), options.rate)
        self.state = {"net": self.net, "ema": self.ema, "optimizer": self.optimizer}
        saved = load_checkpoint(run / "checkpoint.pt", self.state)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)

    def fit(self) -> None:
        """Train until the clock has reached `minutes`. A checkpoint is written every CHECKPOINT_SECONDS."""
        rng = torch.Generator().manual_seed(self.options.seed + self.steps)
        saved, sums = time.monotonic(), np.zeros(3)
        while (progress := self.clock / (60 * self.options.minutes or 1)) < 1:
            started = time.monotonic()
            indices = torch.randint(len(self.examples.keys), (self.options.batch,), generator=rng)
            sums += (*self.step(indices, progress), 1)
            self.clock += time.monotonic() - started
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save(sums)
                sums, saved = np.zeros(3), time.monotonic()
        if sums[2]:
            self.save(sums)

    def step(self, indices: Tensor, progress: float) -> tuple[float, float]:
        """One update of the weights; returns the loss and the level error in dB.

        Args:
            indices: (batch,) the examples.
            progress: elapsed fraction of the training time, for the learning rate.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * min(1.0, self.steps / WARM_UP) * cosine_schedule(progress)
        loss, level_error = self.losses(indices)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.ema, self.net, min(EMA_DECAY, 1 - 1 / (1 + self.steps / 10)))
        return float(loss.detach()), float(level_error)

    def losses(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and the mean error in dB weighted by audibility (without gradient)."""
        target = self.examples.levels[indices].to(self.device).float() * LEVEL_STEP + FLOOR_DB
        parameters, keys = (
            self.examples.parameters[indices].to(self.device),
            self.examples.keys[indices].to(self.device),
        )
        z = self.net.table(keys[:, 0])
        velocity = keys[:, 2] / 127
        with half_precision(self.device):
            levels, predicted = self.net(z + LATENT_NOISE * torch.randn_like(z), keys[:, 1], velocity)
        levels = levels.float()
        peak = target[:, :HARMONICS].amax((1, 2))[:, None, None]
        weight = ((target.maximum(levels.detach()) - peak + DYNAMIC_RANGE) / DYNAMIC_RANGE).clamp(MIN_LEVEL_WEIGHT, 1)
        tones, noise = weight[:, :HARMONICS], weight[:, HARMONICS:]
        weight = torch.cat([tones, noise * HARMONICS / NOISE_BANDS / 2], 1)  # noise counts half as much as the partials
        level_error = (weight * (levels - target).abs()).sum() / weight.sum()
        parameter_error = (predicted.float() - parameters).abs().mean()
        loss = level_error / 10 + PARAMETER_WEIGHT * parameter_error + LATENT_PENALTY * z.square().mean()
        return loss, level_error.detach()

    def save(self, sums: np.ndarray) -> None:
        """Write a checkpoint and a row of the log; `sums` are loss, level error and their number of steps."""
        loss, level_error = sums[:2] / sums[2]
        save_and_log(self.run, self.state, self.clock, self.steps, loss=loss, level_error_db=level_error)
