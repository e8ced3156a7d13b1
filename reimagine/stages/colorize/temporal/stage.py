"""What a film meets: a colorizer that has learnt another film's colours, and sees three frames at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame
    from reimagine.media.clip import Clip


@dataclass(frozen=True)
class ColorizeTemporal:
    """Three frames at a time, in the colours of a film of your own: name it, or weights trained on it."""

    reference: Annotated[Path | None, "A film in colour, or a folder of them, to learn from"] = None
    minutes: Annotated[float, "How long it learns from the reference"] = 10.0
    size: Annotated[int, "Short side, in pixels, at which the network works (64 to 1024)"] = 160
    saturation: Annotated[float, "How strong the colour is, 0 to 2"] = 1.0
    references: Annotated[Path | None, "Folder of ref_nnnnnn.png stills to colour each shot after"] = None
    every_frame: Annotated[bool, "Ask the network at every frame, not only at keyframes"] = False
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "colorize-nogan"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 16
    ahead: ClassVar[int] = 17
    scenes: ClassVar[bool] = True
    after: ClassVar[tuple[str, ...]] = ("size", "saturation", "references", "every_frame")
    """Options that what is learnt does not depend on."""

    def check(self) -> None:
        """Refuse a reference that is not there, before anything is done."""
        from reimagine.errors import StageError
        from reimagine.training.films import list_films

        if self.reference is None:
            return
        list_films(self.reference)
        if not 0 < self.minutes <= 1440:
            raise StageError(f"colorize: --minutes {self.minutes:g} is out of range; give up to 1440")

    def prepared(self, clip: Clip, kept: Path, device: str, progress: Any) -> ColorizeTemporal:
        """The model that has learnt its reference; what it learns is left in the folder `kept`, and what is
        there is gone on with."""
        if self.reference is None:
            return self
        from .train import study

        weights = study([self.reference], self.weights, kept, self.minutes, device, progress)
        return replace(self, reference=None, weights=str(weights))

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds 33 frames."""
        from reimagine.stages.colorize.colorizer import Colorizer
        from reimagine.stages.colorize.inference import asker

        from .net import FRAMES, TemporalUNet

        ask = asker(self.weights, TemporalUNet, device)
        return Colorizer(ask, self.size, self.saturation, self.references, self.every_frame, window=FRAMES)
