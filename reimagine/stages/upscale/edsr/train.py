"""Training of the upscaling network on photographs that are degraded as film is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from reimagine.errors import MediaError
from reimagine.options import Range
from reimagine.training.options import Batch, LearningRate, Minutes, Photos, Seed, Training
from reimagine.training.photos import read_photos
from reimagine.training.state import open_folder, seed_everything

from . import data
from .training import UpscaleTraining

VALIDATION_PHOTOS = 24
"""Photographs held out for validation, about; half of them if there are few."""


@dataclass(frozen=True)
class TrainUpscale(Training):
    """Train the upscaling network on a folder of photographs; blur, grain and compression are simulated."""

    photos: Photos
    features: Annotated[str, "SqueezeNet v1.1 features (.safetensors) for the perceptual loss [default: none]"] = ""
    width: Annotated[int, "Channels of the network", Range(1, 1024)] = 48
    blocks: Annotated[int, "Residual blocks of the network", Range(1, 64)] = 8
    size: Annotated[int, "Side of the training crops, in pixels (a multiple of 4)", Range(16, 2048)] = 160
    batch: Batch = 12
    minutes: Minutes = 60.0
    rate: LearningRate = 8e-4
    seed: Seed = 1

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, from its checkpoint if there is one; return the path of the weights.

        Raises:
            MediaError: the size is no multiple of 4, or fewer than two photographs are large enough.
        """
        if self.size % 4:
            raise MediaError(f"train upscale: --size {self.size} is no multiple of 4; give one that is")
        seed_everything(self.seed)
        open_folder(run)
        photos = data.to_grey(read_photos(self.photos), self.size)
        if len(photos) < 2:
            raise MediaError(
                f"{self.photos}: {len(photos)} photographs have a short side of {self.size} pixels, and two are "
                "needed; give larger ones, or a smaller --size"
            )
        step = max(2, len(photos) // VALIDATION_PHOTOS)
        training_photos = [p for i, p in enumerate(photos) if i % step]
        training = UpscaleTraining(self, run, device, training_photos, photos[::step], partial(print, flush=True))
        training.train()
        return training.export()
