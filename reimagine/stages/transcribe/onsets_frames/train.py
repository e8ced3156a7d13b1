"""Training of the transcription network on random music that soundfonts play."""

from __future__ import annotations

import copy
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
from reimagine.metrics.notes import note_scores
from reimagine.options import Range
from reimagine.stages.transcribe.onsets_frames import dataset
from reimagine.stages.transcribe.onsets_frames.decoding import Activations, Thresholds, decode
from reimagine.stages.transcribe.onsets_frames.net import HOP, RATE, OnsetsFramesNet, Predictions
from reimagine.stages.transcribe.onsets_frames.thresholds import best_thresholds
from reimagine.training.options import Batch, LearningRate, Minutes, Seed, Start, Training
from reimagine.training.state import (
    cosine_schedule,
    load_checkpoint,
    open_folder,
    save_and_log,
    seed_everything,
    update_ema,
)
from reimagine.zoo.device import half_precision

FRAMES = 320
"""Frames of an excerpt (6.4 s)."""
VELOCITY_WEIGHT = 2.0
"""Weight of the velocities' squared error; that of the other losses is 1."""
WARM_UP = 100
"""Steps in which the learning rate rises linearly from 0."""
EMA_DECAY = 0.998
"""Decay of the moving average of the weights per step; lower in the first steps."""
CHECKPOINT_SECONDS = 180.0
"""Seconds between two checkpoints, each with a validation and a row of the log."""
VALIDATION_EXCERPTS = 16
"""Excerpts of the validation, half of them worn."""
COLUMNS = ("onset", "offset", "frame", "velocity")
"""Losses in the log: binary cross-entropies, and a squared error."""


@dataclass(frozen=True)
class TrainTranscribe(Training):
    """Train the transcription network on random music that soundfonts play."""

    soundfonts: Annotated[Path, "A soundfont (.sf2, .sf3), or a folder of them"]
    pieces: Annotated[int, "Pieces of music of 40 s to render", Range(2, 100_000)] = 600
    width: Annotated[int, "Channels of the network", Range(4, 512)] = 32
    batch: Batch = 8
    minutes: Minutes = 90.0
    rate: LearningRate = 2e-3
    start: Start = ""
    seed: Seed = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run` and return the path of the weights; an interrupted training is resumed."""
        seed_everything(self.seed)
        open_folder(run)
        fonts = dataset.find_soundfonts(self.soundfonts)
        pieces = dataset.collect_pieces(fonts, self.pieces, self.seed, run / "notes")
        print(f"{len(pieces)} pieces, {sum(len(piece.notes) for piece in pieces)} notes", flush=True)
        training, validation = dataset.split(pieces)
        trainer = TranscribeTrainer(self, run, device, training, validation)
        trainer.fit()
        path = run / "weights.safetensors"
        zoo.save(path, trainer.ema, trainer.ema.arch)
        best, scores = best_thresholds(trainer.ema, validation, device)
        values = "  ".join(f"{name} {value:.3f}" for name, value in scores.items())
        print(f"best on the held-out pieces: --onset {best.onset:g} --frame {best.frame:g}  {values}", flush=True)
        return path


class TranscribeTrainer:
    """The network, its optimizer and the clock of one training."""

    def __init__(
        self,
        options: TrainTranscribe,
        run: Path,
        device: str,
        training: list[dataset.Piece],
        validation: list[dataset.Piece],
    ) -> None:
        self.options, self.run, self.device, self.pieces = options, run, device, training
        self.validation = list(validation_examples(validation))
        start = zoo.load(options.start, OnsetsFramesNet, device) if options.start else None
        self.net = (start or OnsetsFramesNet(options.width)).to(device, memory_format=torch.channels_last).train()  # pyright: ignore[reportCallIssue]
        self.ema = copy.deepcopy(self.net).eval()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), options.rate, (0.9, 0.99), weight_decay=1e-3)
        self.state = {"net": self.net, "ema": self.ema, "optimizer": self.optimizer}
        saved = load_checkpoint(run / "checkpoint.pt", self.state)
        self.clock: float = saved.get("clock", 0.0)
        self.steps: int = saved.get("steps", 0)

    def fit(self) -> None:
        """Train until the clock has reached `minutes`. A checkpoint is written every CHECKPOINT_SECONDS."""
        stream = dataset.examples(self.pieces, FRAMES, self.options.seed + self.steps)
        saved, sums = time.monotonic(), np.zeros(len(COLUMNS) + 1)
        while (progress := self.clock / (60 * self.options.minutes or 1)) < 1:
            started = time.monotonic()
            batch = [next(stream) for _ in range(self.options.batch)]
            sums += (*self.step(batch, progress), 1)
            self.clock += time.monotonic() - started
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save(sums)
                sums, saved = np.zeros(len(COLUMNS) + 1), time.monotonic()
        if sums[-1]:
            self.save(sums)

    def step(self, batch: list[dataset.Example], progress: float) -> tuple[float, ...]:
        """One update of the network; returns the losses of COLUMNS.

        Args:
            progress: elapsed fraction of the training time.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * min(1.0, self.steps / WARM_UP) * cosine_schedule(progress)
        losses = self.losses(self.net, batch)
        self.optimizer.zero_grad()
        (losses[0] + losses[1] + losses[2] + VELOCITY_WEIGHT * losses[3]).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.steps += 1
        update_ema(self.ema, self.net, min(EMA_DECAY, 1 - 1 / (1 + self.steps / 10)))
        return tuple(float(loss.detach()) for loss in losses)

    def losses(self, net: OnsetsFramesNet, batch: list[dataset.Example]) -> list[Tensor]:
        """The losses of COLUMNS, each summed over the keys and averaged over the frames."""
        stacked = (torch.from_numpy(np.stack(arrays)).to(self.device) for arrays in zip(*batch, strict=True))
        samples, onsets, offsets, frames, velocities = stacked
        predictions = self.predict(net, samples)
        pairs = zip(predictions, (onsets, offsets, frames), strict=False)
        losses = [F.binary_cross_entropy_with_logits(p, target, reduction="none").sum(-1).mean() for p, target in pairs]
        error = onsets * (torch.sigmoid(predictions.velocities) - velocities).square()
        return [*losses, error.sum(-1).mean()]

    def predict(self, net: OnsetsFramesNet, samples: Tensor) -> Predictions:
        """Predictions of the frames of an excerpt, in bfloat16 except for the spectrum and the logits."""
        with half_precision(self.device):
            predictions = net(samples)
        return Predictions(*(p[:, : samples.shape[1] // HOP] for p in predictions))

    def save(self, sums: np.ndarray) -> None:
        """Write a checkpoint and a row of the log; `sums` are those of COLUMNS, then the number of steps."""
        means = dict(zip(COLUMNS, sums[:-1] / sums[-1], strict=True))
        save_and_log(self.run, self.state, self.clock, self.steps, **{**means, **self.validate()})

    @torch.inference_mode()
    def validate(self) -> dict[str, float]:
        """Losses of the averaged network on the validation excerpts, and note F1 of the clean and the worn ones."""
        losses = np.mean([[float(v) for v in self.losses(self.ema, [e])] for e in self.validation], 0)
        numbers = {f"validation {name}": float(loss) for name, loss in zip(COLUMNS, losses, strict=True)}
        scores = [self.f1(example) for example in self.validation]
        return numbers | {"f1 clean": float(np.mean(scores[::2])), "f1 worn": float(np.mean(scores[1::2]))}

    def f1(self, example: dataset.Example) -> float:
        """F1 of the notes that are decoded from the prediction of an excerpt."""
        predicted = self.predict(self.ema, torch.from_numpy(example.samples)[None].to(self.device))
        notes = decode(Activations(*(torch.sigmoid(p[0]).cpu().numpy() for p in predicted)), Thresholds())
        truth = decode(Activations(example.onsets, example.offsets, example.frames, example.velocities), Thresholds())
        return note_scores(notes, truth)["f1"]


def validation_examples(pieces: list[dataset.Piece]) -> Iterator[dataset.Example]:
    """Excerpts of the validation pieces, each clean and worn."""
    rng = np.random.default_rng(0)
    for number in range(VALIDATION_EXCERPTS // 2):
        piece = pieces[number % len(pieces)]
        first = int(rng.uniform(2, dataset.PIECE_SECONDS - 2 - FRAMES * HOP / RATE) * RATE)
        for worn in (False, True):
            yield dataset.excerpt(piece, first, FRAMES, rng, worn)
