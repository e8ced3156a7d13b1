"""The model `colorize ddcolor`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from reimagine.options import Range
from reimagine.stages.colorize.options import (
    LARGEST_SIZE,
    SMALLEST_SIZE,
    EveryFrame,
    Hint,
    References,
    Saturation,
    Weights,
    find_hints,
    find_reference_stills,
)
from reimagine.stages.contract import FrameProcessor, PictureModel

if TYPE_CHECKING:
    from reimagine.media.video.clip import Clip
    from reimagine.progress import Progress

SIZES = Range(SMALLEST_SIZE, LARGEST_SIZE)
"""Sides of the input, in pixels."""


@dataclass(frozen=True)
class DDColorModel(PictureModel):
    """DDColor: vivid colours from learned queries. Its weights are added with `reimagine models add ddcolor`."""

    size: Annotated[int, "Side of the network's square input, in pixels; 512 or 256 as published", SIZES] = 512
    saturation: Saturation = 1.0
    references: References = None
    hint: Hint = ()
    every_frame: EveryFrame = False
    weights: Weights = "ddcolor"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 16
    look_ahead: ClassVar[int] = 16
    scene_reuse: ClassVar[bool] = True
    frames_per_second: ClassVar[float] = 1.0

    @property
    def required_weights(self) -> str:
        """The option `weights`."""
        return self.weights

    def check(self) -> None:
        """Refuse reference stills and hints that do not exist."""
        find_reference_stills(self.references)
        find_hints(self.hint)

    def prepare(self, clip: Clip, folder: Path, device: str, progress: Progress) -> Self:
        """Follow the strokes of the hints through their shots."""
        from reimagine.stages.colorize.hints import follow_hints

        return replace(self, hint=follow_hints(self.hint, clip, folder, progress))

    def load(self, device: str) -> FrameProcessor:
        """Load the network. At most 32 frames are buffered."""
        from reimagine.stages.colorize.colorizer import Colorizer
        from reimagine.stages.colorize.hints import Hints
        from reimagine.stages.colorize.inference import load_predictor

        from .net import DDColor

        network = load_predictor(self.weights, DDColor, device)
        hints = Hints.read(self.hint)
        common = self.saturation, self.references, self.every_frame
        return Colorizer(network, self.size, *common, square=True, hints=hints)
