"""Training of a look: distillation of a published generator, or CartoonGAN on an artist's pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np

from reimagine.errors import StageError
from reimagine.files import write_text_atomically
from reimagine.options import LEARNING_RATES, SHARES, Range
from reimagine.training.films import list_films
from reimagine.training.options import Batch, Minutes, Photos, Seed, Start, Training
from reimagine.training.photos import read_photos
from reimagine.training.state import open_folder, seed_everything

from . import data
from .losses import ArtObjective, DistillationObjective, Objective
from .targets import TargetStyle
from .trainer import CartoonTrainer

DEFAULT_START = "cartoon-hayao"
"""Weights to start from: fine-tuning a look takes minutes, training from scratch takes hours."""


@dataclass(frozen=True)
class TrainCartoon(Training):
    """Train a look on an artist's pictures (--art), on a film (--frames-from), or from a published generator
    (--teacher)."""

    photos: Photos
    look: Annotated[str, "Name of the look"] = "mine"
    art: Annotated[Path | None, "The artist's pictures: a folder"] = None
    frames_from: Annotated[Path | None, "A film, or a folder of films, in the artist's look"] = None
    teacher: Annotated[str, "Weights of a published generator to distil: a name, or a path"] = ""
    films: Annotated[Path | None, "A folder of films whose frames are added to the photographs"] = None
    features: Annotated[
        str, "SqueezeNet v1.1 features (.safetensors) for the perceptual losses [default: the colorizer's encoder]"
    ] = ""
    start: Start = DEFAULT_START
    minutes: Minutes = 45.0
    initialization_share: Annotated[
        float, "Share of the training time without the discriminator (0.2 from scratch)", SHARES
    ] = 0.05
    content_weight: Annotated[float, "Weight of the content loss, omega in the paper", Range(0, 1e6)] = 10.0
    style_weight: Annotated[float, "Weight of the feature-statistics loss", Range(0, 1e6)] = 10.0
    simplify: Annotated[
        bool, "With --teacher: remove strokes, halos and wrong hues from the teacher's outputs, and tint some of them"
    ] = False
    palette_shift: Annotated[
        float, "With --simplify: largest distance from the photograph's chroma (a, b of Lab)", Range(0, 200)
    ] = 10.0
    saturation: Annotated[float, "With --simplify: factor of the photograph's chroma", Range(0, 4)] = 1.0
    emphasis: Annotated[float, "With --simplify: factor of the look's difference from the photograph", Range(0, 4)] = (
        1.0
    )
    outlines: Annotated[float, "With --simplify: darkness of the outlines that are added", SHARES] = 0.0
    batch: Batch = 4
    rate: Annotated[float, "Peak learning rate (Adam); from scratch 1e-3 is usual", LEARNING_RATES] = 5e-4
    sample_interval: Annotated[int, "Steps between two sheets of samples", Range(1, 1e6)] = 250
    seed: Seed = 1
    renamed_options: ClassVar[Mapping[str, str]] = {
        "first": "initialization_share",
        "omega": "content_weight",
        "style": "style_weight",
        "sample": "sample_interval",
    }

    def __call__(self, run: Path, device: str = "cpu") -> Path:
        """Train in the folder `run`, from its checkpoint if there is one; return the path of the weights.

        Raises:
            StageError: there is not exactly one source of the look, there is no teacher whose outputs can be
                simplified, or `run` holds the training of another look.
        """
        if sum(map(bool, (self.art, self.frames_from, self.teacher))) != 1:
            raise StageError("train cartoon: give one of --art, --frames-from and --teacher")
        if self.simplify and not self.teacher:
            raise StageError("train cartoon: --simplify needs --teacher, whose outputs are simplified")
        seed_everything(self.seed)
        open_folder(run)
        self.claim(run)
        trainer = CartoonTrainer(self, run, device)
        objective = self.objective(trainer)
        print(objective.summary, flush=True)
        trainer.train(objective)
        return trainer.export()

    def objective(self, trainer: CartoonTrainer) -> Objective:
        """Return the losses with their training data."""
        if self.teacher:
            return DistillationObjective(trainer, self.teacher, self.read_photos(), self.look, self.target_style())
        if self.art:
            pages = read_photos(self.art)
        else:
            films = list_films(self.frames_from) if self.frames_from else []
            pages = [frame for film in films for frame in data.sample_frames(film)]
        return ArtObjective(trainer, self.read_photos(), pages)

    def target_style(self) -> TargetStyle | None:
        """Return what is taken over from the teacher's outputs; None for the outputs as they are."""
        if not self.simplify:
            return None
        return TargetStyle(self.palette_shift, self.saturation, self.emphasis, self.outlines)

    def claim(self, run: Path) -> None:
        """Write the look's name into the folder, so that no other look continues its checkpoint.

        Raises:
            StageError: the folder holds the training of another look.
        """
        mark = run / "look.txt"
        if mark.exists() and mark.read_text() != self.look:
            raise StageError(
                f"{run}: holds the training of the look {mark.read_text()!r}; choose another folder with --into"
            )
        write_text_atomically(mark, self.look)

    def read_photos(self) -> list[np.ndarray]:
        """Return the photographs, and frames of the films."""
        photos = read_photos(self.photos)
        for film in list_films(self.films) if self.films else []:
            photos += data.sample_frames(film)
        return photos
