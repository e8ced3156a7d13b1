"""The model `colorize unet`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

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
class ColorizeUNet(PictureModel):
    """A compact network trained with the NoGAN schedule. The luma of the film is not changed."""

    size: Size = 160
    saturation: Saturation = 1.0
    references: References = None
    hint: Hint = ()
    every_frame: EveryFrame = False
    weights: Weights = "colorize-lite0"
    version: ClassVar[int] = 2
    context: ClassVar[int] = 16
    look_ahead: ClassVar[int] = 16
    scene_reuse: ClassVar[bool] = True
    frames_per_second: ClassVar[float] = 45.0

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

    @classmethod
    def previews(cls) -> Sequence[Mapping[str, Any]]:
        """A smaller size, the defaults, a larger size, more saturation."""
        return ({"size": 128}, {}, {"size": 256}, {"saturation": 1.5})

    def load(self, device: str) -> FrameProcessor:
        """Load the network. At most 32 frames are buffered."""
        from reimagine.stages.colorize.colorizer import Colorizer
        from reimagine.stages.colorize.hints import Hints
        from reimagine.stages.colorize.inference import load_predictor

        from .net import ColorUNet

        network = load_predictor(self.weights, ColorUNet, device)
        hints = Hints.read(self.hint)
        return Colorizer(network, self.size, self.saturation, self.references, self.every_frame, hints=hints)
