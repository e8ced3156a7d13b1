"""The model `colorize temporal`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from reimagine.errors import StageError
from reimagine.options import Range
from reimagine.stages.colorize.options import (
    EveryFrame,
    Hint,
    References,
    Saturation,
    Size,
    Weights,
    find_hints,
    find_reference_stills,
)
from reimagine.stages.contract import FrameProcessor, PictureModel

if TYPE_CHECKING:
    from reimagine.media.video.clip import Clip
    from reimagine.progress import Progress


@dataclass(frozen=True)
class ColorizeTemporal(PictureModel):
    """A network with three frames as input, trained on the colours of a reference film."""

    reference: Annotated[Path | None, "A film in colour, or a folder of them, whose colours are learned"] = None
    minutes: Annotated[float, "Training time on the reference, in minutes", Range(0, 1440)] = 10.0
    size: Size = 160
    saturation: Saturation = 1.0
    references: References = None
    hint: Hint = ()
    every_frame: EveryFrame = False
    weights: Weights = "colorize-nogan"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 16
    look_ahead: ClassVar[int] = 17
    scene_reuse: ClassVar[bool] = True
    frames_per_second: ClassVar[float] = 35.0
    inference_options: ClassVar[Sequence[str]] = ("size", "saturation", "references", "hint", "every_frame")

    @property
    def required_weights(self) -> str:
        """The option `weights`."""
        return self.weights

    def check(self) -> None:
        """Refuse references and hints that do not exist."""
        from reimagine.training.films import list_films

        find_reference_stills(self.references)
        find_hints(self.hint)
        if self.reference is not None:
            list_films(self.reference)
            if not self.minutes:
                raise StageError("--minutes 0 is out of range with a --reference; give more than 0")

    def learning_seconds(self) -> float:
        """The training time, if there is a reference."""
        return 60 * self.minutes if self.reference is not None else 0.0

    def prepare(self, clip: Clip, folder: Path, device: str, progress: Progress) -> Self:
        """Follow the hints, train on the reference, or continue there; return the model with the trained weights."""
        from reimagine.stages.colorize.hints import follow_hints

        hint = follow_hints(self.hint, clip, folder, progress)
        if self.reference is None:
            return replace(self, hint=hint)
        from reimagine.zoo.threads import training_threads

        from .train import train_on_reference

        with training_threads():
            weights = train_on_reference([self.reference], self.weights, folder, self.minutes, device, progress)
        return replace(self, reference=None, hint=hint, weights=str(weights))

    def load(self, device: str) -> FrameProcessor:
        """Load the network. At most 33 frames are buffered."""
        from reimagine.stages.colorize.colorizer import Colorizer
        from reimagine.stages.colorize.hints import Hints
        from reimagine.stages.colorize.inference import load_predictor

        from .net import FRAMES, TemporalUNet

        network = load_predictor(self.weights, TemporalUNet, device)
        hints = Hints.read(self.hint)
        common = self.saturation, self.references, self.every_frame
        return Colorizer(network, self.size, *common, window=FRAMES, hints=hints)
