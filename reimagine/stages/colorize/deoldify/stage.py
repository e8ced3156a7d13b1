"""The model `colorize deoldify`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from reimagine.options import Range
from reimagine.stages.colorize.options import (
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

CELL = 16
"""Pixels per unit of the render factor, as in DeOldify."""


@dataclass(frozen=True)
class DeOldifyColor(PictureModel):
    """DeOldify's Video, Stable or Artistic, added with `reimagine models add deoldify-video`."""

    render_factor: Annotated[int, "Side of the network's square input, in units of 16 pixels", Range(4, 64)] = 21
    saturation: Saturation = 1.0
    references: References = None
    hint: Hint = ()
    every_frame: EveryFrame = False
    weights: Weights = "deoldify-video"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 16
    look_ahead: ClassVar[int] = 16
    scene_reuse: ClassVar[bool] = True
    frames_per_second: ClassVar[float] = 0.4

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

        from .inference import load_deoldify

        network = load_deoldify(self.weights, device)
        size = self.render_factor * CELL
        hints = Hints.read(self.hint)
        return Colorizer(network, size, self.saturation, self.references, self.every_frame, square=True, hints=hints)
