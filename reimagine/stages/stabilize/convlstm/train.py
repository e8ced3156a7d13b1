"""Training of the consistency network: short- and long-term losses on clips with known motion.

Lai et al. 2018, section 3.3: the output stays perceptually close to the processed frame, close to the previous output
along the flow (short term) and close to the first output (long term), where the source frames agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from reimagine import stages, zoo
from reimagine.errors import MediaError
from reimagine.media import Frame
from reimagine.options import Range
from reimagine.training.options import Batch, Films, LearningRate, Minutes, Photos, Seed, Size, Training
from reimagine.training.photos import read_photos
from reimagine.training.state import open_folder, seed_everything

from . import data
from .trainer import ConsistencyTrainer

FRAME_BY_FRAME: Mapping[str, Mapping[str, Any]] = {
    "unet": {"every_frame": True},
    "temporal": {"every_frame": True},
    "deoldify": {"every_frame": True},
}
"""Options with which a model of `colorize` colours every frame independently, so that it flickers."""
PHOTO_BORDER = 48
"""Pixels by which clips of photographs are larger than the crops, so that crops differ."""
FILM_BORDER = 64
"""Pixels by which clips of films are higher than the crops."""


@dataclass(frozen=True)
class TrainStabilize(Training):
    """Train the ConvLSTM stabilizer on films, and on photographs with synthetic motion."""

    films: Films
    photos: Photos
    features: Annotated[str, "SqueezeNet v1.1 features (.safetensors) for the perceptual loss [default: L1 only]"] = ""
    model: Annotated[str, "Model of colorize whose flicker is to be removed"] = "unet"
    width: Annotated[int, "Channels of the network's first layer (32 in the paper)", Range(1, 1024)] = 16
    size: Size = 128
    batch: Batch = 4
    clips: Annotated[int, "Clips of photographs", Range(0, 1e6)] = 500
    per_shot: Annotated[int, "Clips per shot of the films", Range(0, 1000)] = 5
    minutes: Minutes = 80.0
    rate: LearningRate = 4e-4
    seed: Seed = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, from its checkpoint if there is one; return the path of the weights.

        Raises:
            MediaError: there are fewer clips than a batch needs.
        """
        seed_everything(self.seed)
        open_folder(run)
        clips = self.collect(device)
        print(f"{len(clips)} clips", flush=True)
        trainer = ConsistencyTrainer(self, run, device, clips)
        trainer.train()
        path = run / "weights.safetensors"
        zoo.save(path, trainer.ema, {"width": self.width, "aligned": True})
        return path

    def collect(self, device: str) -> list[data.TrainingClip]:
        """Return all clips, processed by the model whose flicker is to be removed."""
        colorizer = stages.model_class("colorize", self.model)(**FRAME_BY_FRAME.get(self.model, {})).load(device)
        rng = np.random.default_rng(self.seed)
        photos = read_photos(self.photos)
        photos = [photos[i] for i in rng.permutation(len(photos))[: self.clips]]

        def process(frames: list[Frame]) -> list[Frame]:
            return list(colorizer(iter(frames)))

        of_photos = data.clips_of_photos(photos, self.size + PHOTO_BORDER, process, rng)
        of_films = data.clips_of_films(self.films, self.size + FILM_BORDER, self.per_shot, process, rng)
        clips = [c for c in chain(of_photos, of_films) if min(c.source.shape[1:3]) >= self.size]
        if len(clips) < self.batch:
            raise MediaError(
                f"train stabilize: {len(clips)} clips, at least {self.batch} are needed; give more photographs or films"
            )
        return clips
