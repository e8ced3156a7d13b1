"""The contract of a training, and the options that several trainings share: type and help text, declared once.

@dataclass(frozen=True)
class TrainExample(Training):
    photos: Photos
    minutes: Minutes = 20.0
    seed: Seed = 1
    renamed_options: ClassVar[Mapping[str, str]] = {"critic_minutes": "discriminator_minutes"}
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Protocol

from reimagine.options import LEARNING_RATES, SEEDS, TRAINING_MINUTES, Range, check_ranges


class Training(Protocol):
    """Trains the weights of one model. A training is a frozen dataclass; its fields are its options."""

    renamed_options: ClassVar[Mapping[str, str]] = {}
    """Old option names that are still accepted, with their present names."""

    def __post_init__(self) -> None:
        """Check the numbers among the options.

        Raises:
            RecipeError: one is out of its range.
        """
        check_ranges(self)

    @abstractmethod
    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run` and return the path of the weights.

        The folder is created if it does not exist. If it holds a checkpoint of an interrupted training, training
        continues from that checkpoint.
        """
        ...


Photos = Annotated[Path, "Colour photographs: a folder of pictures or .tar files"]
Films = Annotated[Path, "A folder of films"]
Features = Annotated[str, "SqueezeNet v1.1 features (.safetensors): starting point and perceptual loss"]
Start = Annotated[str, "Weights to start from, a name or a path; '' trains from scratch"]
Batch = Annotated[int, "Examples per step", Range(1, 4096)]
Size = Annotated[int, "Side of the training crops, in pixels (a multiple of 16)", Range(16, 2048)]
LastSize = Annotated[
    int, "Side of the training crops in the last part of the generator phase, in pixels", Range(16, 2048)
]
Minutes = Annotated[float, "Training time in minutes; the learning-rate schedule follows this clock", TRAINING_MINUTES]
DiscriminatorMinutes = Annotated[float, "Minutes in which only the discriminator is trained", TRAINING_MINUTES]
AdversarialMinutes = Annotated[float, "Minutes of adversarial training; 0 skips it", TRAINING_MINUTES]
LearningRate = Annotated[float, "Peak learning rate", LEARNING_RATES]
Seed = Annotated[int, "Random seed", SEEDS]
