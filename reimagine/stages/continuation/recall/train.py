"""Training of the next-frame network: on many films in general, and fine-tuning on the film that is continued."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import torch

from reimagine import zoo
from reimagine.files import write_text_atomically
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector
from reimagine.options import SHARES, Range
from reimagine.progress import Progress
from reimagine.stages.continuation.base import LEARNED, WEIGHTS
from reimagine.stages.continuation.random_state import private_generators
from reimagine.stages.continuation.training_frames import TrainingFrames, choose_stride, resize_by_area
from reimagine.training.films import list_films
from reimagine.training.options import Films, LearningRate, Minutes, Seed, Start, Training
from reimagine.training.state import open_folder

from .exemplars import ExemplarBank
from .net import NextFrameNet
from .rollout_state import flip_horizontally
from .trainer import NextFrameTrainer, TrainingSettings

if TYPE_CHECKING:
    from .stage import Recall

FRAME_SIZE = (192, 128)
"""Size (w, h) in pixels to which the frames of all films are resized in `TrainContinue`."""
MIN_SHOT_FRAMES = 40
"""Training frames that a shot must have in `TrainContinue`, for rollouts, validation and test."""
FINE_TUNING_RATE = 3e-4
"""Peak learning rate of fine-tuning: lower than from scratch, so that the general training is preserved."""
FILM_SAVE_INTERVAL = 30.0
"""Seconds between checkpoints of fine-tuning, which takes only minutes."""


@dataclass(frozen=True)
class TrainContinue(Training):
    """Train the weights that `continue` fine-tunes, on films in general."""

    films: Films
    start: Start = ""
    minutes: Minutes = 60.0
    discriminator_start: Annotated[
        float, "Fraction of the training time before the adversarial loss is used", SHARES
    ] = 0.25
    batch: Annotated[int, "Rollouts per step", Range(1, 4096)] = 4
    unrolled: Annotated[int, "Steps of each rollout that one training step backpropagates through", Range(1, 64)] = 3
    rate: LearningRate = 5e-4
    seed: Seed = 1
    renamed_options: ClassVar[Mapping[str, str]] = {"first": "discriminator_start"}

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        open_folder(run)
        shots = [shot for film in list_films(self.films) for shot in read_shots(film)]
        banks = [ExemplarBank(shot) for shot in (*shots, *map(flip_horizontally, shots))]
        print(f"{len(banks)} shots, {sum(map(len, banks))} frames", flush=True)
        options = self.minutes, self.batch, self.unrolled, self.rate, self.discriminator_start, self.seed
        with private_generators(device):
            torch.manual_seed(self.seed)
            net = zoo.load(self.start, NextFrameNet, "cpu") if self.start else NextFrameNet()
            trainer = NextFrameTrainer(net, banks, run, device, TrainingSettings(*options))
            trainer.run()
        return export(trainer.ema, run / WEIGHTS, {"title": "how films continue"})


def read_shots(film: Path) -> Iterator[TrainingFrames]:
    """The training frames of each shot of a film that is long enough, at `FRAME_SIZE`."""
    detector = CutDetector()
    facts = open_film(film, detector)
    for shot in detector.shots(facts.frames):
        images = [resize_by_area(f.image, FRAME_SIZE) for f in read_film(facts, shot.start, shot.stop)]
        frames = images[:: choose_stride(images)]
        if len(frames) >= MIN_SHOT_FRAMES:
            yield TrainingFrames(np.array(frames), np.arange(len(frames)), np.full(len(frames), len(frames)))


def learn_film(options: Recall, frames: TrainingFrames, folder: Path, device: str, progress: Progress) -> None:
    """Fine-tune on one film, from the checkpoint in the folder if there is one; write the weights and test losses."""
    settings = TrainingSettings(options.minutes, rate=FINE_TUNING_RATE, save_interval=FILM_SAVE_INTERVAL)
    with private_generators(device):
        net = zoo.load(options.weights, NextFrameNet, "cpu")
        trainer = NextFrameTrainer(net, [ExemplarBank(frames)], folder, device, settings, progress.message)
        progress.begin("learn", round(60 * options.minutes), "s")
        progress.advance(trainer.clock)
        trainer.run(progress.advance)
        export(trainer.ema, folder / WEIGHTS, {"title": "how this film continues"})
        losses = trainer.measure("test")
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    write_text_atomically(folder / LEARNED, json.dumps(losses, indent=1))


def export(net: NextFrameNet, path: Path, facts: dict[str, str]) -> Path:
    """Write the weights and their card; return the path of the weights."""
    zoo.save(path, net, {"widths": net.widths})
    zoo.write_card(path, {"stage": "continue", "model": "recall", **facts})
    return path
