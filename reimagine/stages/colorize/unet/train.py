"""Options of the colorizer's training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from reimagine.options import TRAINING_MINUTES, Range
from reimagine.training.options import (
    AdversarialMinutes,
    Batch,
    DiscriminatorMinutes,
    Features,
    LastSize,
    LearningRate,
    Photos,
    Seed,
    Size,
    Start,
    Training,
)
from reimagine.training.photos import read_photos
from reimagine.training.state import open_folder, seed_everything

from . import data
from .net import ENCODERS
from .trainer import ColorizeTrainer

VALIDATION_SIDE = 192
"""Side of the validation photographs, in pixels."""


WIDTHS = Range(8, 1024)
"""Values of the option `width`."""
WORKERS = Range(0, 64)
"""Values of the option `workers`."""


@dataclass(frozen=True)
class TrainColorize(Training):
    """Train the colorizer on a folder of colour photographs."""

    photos: Photos
    features: Features = ""
    trunk: Annotated[str, "EfficientNet-Lite0 trunk (.safetensors): starting point of the encoder"] = ""
    start: Start = ""
    encoder: Annotated[str, "Encoder: " + " or ".join(ENCODERS)] = "efficientnet-lite0"
    width: Annotated[int, "Channels at 1/16 of the size, a multiple of 8", WIDTHS] = 256
    size: Size = 128
    last_size: LastSize = 160
    batch: Batch = 24
    workers: Annotated[int, "Processes that prepare training crops; 0 uses a thread", WORKERS] = 0
    minutes: Annotated[
        float, "Minutes of the generator phase; the learning-rate schedule follows this clock", TRAINING_MINUTES
    ] = 90.0
    discriminator_minutes: DiscriminatorMinutes = 3.0
    adversarial_minutes: AdversarialMinutes = 6.0
    rate: LearningRate = 1e-3
    seed: Seed = 1
    renamed_options: ClassVar[Mapping[str, str]] = {
        "critic_minutes": "discriminator_minutes",
        "gan_minutes": "adversarial_minutes",
    }

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, or continue there; return the path of the weights."""
        seed_everything(self.seed)
        open_folder(run)
        training, validation = data.split(read_photos(self.photos))
        trainer = ColorizeTrainer(self, run, device, training, data.validation_pairs(validation, VALIDATION_SIDE))
        trainer.generator_phase()
        if self.adversarial_minutes > 0:
            trainer.discriminator_phase()
            trainer.adversarial_phase()
        return trainer.export()
