"""Training of the restoration network with the NoGAN schedule (Howard & Antic).

Phases: the classifier of negatives; the generator on damage that is hard to detect; the generator on all damage, with
larger crops in the last third; the discriminator alone; a short adversarial phase. The result of the adversarial phase
is exported only if the validation photographs lose almost no PSNR by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from reimagine.options import TRAINING_MINUTES
from reimagine.training.options import (
    AdversarialMinutes,
    Batch,
    DiscriminatorMinutes,
    Features,
    LastSize,
    LearningRate,
    Minutes,
    Photos,
    Seed,
    Size,
    Training,
)
from reimagine.training.photos import read_photos
from reimagine.training.state import open_folder, seed_everything

from . import data
from .training import RestorationTraining

VALIDATION_PHOTOS = 24
"""Photographs held out for validation, about; half of them if there are few."""


@dataclass(frozen=True)
class TrainRestore(Training):
    """Train the restoration network on a folder of photographs; damage is simulated during training."""

    photos: Photos
    features: Features = ""
    size: Size = 128
    last_size: LastSize = 192
    batch: Batch = 14
    detector_minutes: Annotated[float, "Minutes in which the classifier of negatives is trained", TRAINING_MINUTES] = (
        15.0
    )
    hard_minutes: Annotated[
        float, "Minutes in which only blur, JPEG and stains, hard to detect, are trained", TRAINING_MINUTES
    ] = 30.0
    minutes: Minutes = 80.0
    discriminator_minutes: DiscriminatorMinutes = 2.0
    adversarial_minutes: AdversarialMinutes = 5.0
    rate: LearningRate = 8e-4
    seed: Seed = 1
    renamed_options: ClassVar[Mapping[str, str]] = {
        "critic_minutes": "discriminator_minutes",
        "gan_minutes": "adversarial_minutes",
    }

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, from its checkpoint if there is one; return the path of the weights."""
        seed_everything(self.seed)
        open_folder(run)
        photos = data.to_grey(read_photos(self.photos))
        step = max(2, len(photos) // VALIDATION_PHOTOS)
        training_photos = [p for i, p in enumerate(photos) if i % step]
        message = partial(print, flush=True)
        training = RestorationTraining(self, run, device, training_photos, photos[::step], message)
        training.train_detector()
        training.train_hard()
        training.train_generator()
        if self.adversarial_minutes > 0:
            training.train_discriminator()
            training.train_adversarial()
        return training.export()
