"""What a film meets: grey frames in, the same luma under the network's colours out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class ColorizeUNet:
    """A compact network trained with the NoGAN schedule; luma stays the film's own, bit for bit."""

    size: Annotated[int, "Short side, in pixels, at which the network works (64 to 1024)"] = 160
    saturation: Annotated[float, "How strong the colour is, 0 to 2"] = 1.0
    references: Annotated[Path | None, "Folder of ref_nnnnnn.png stills to colour each shot after"] = None
    every_frame: Annotated[bool, "Ask the network at every frame, not only at keyframes"] = False
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "colorize-nogan"
    version: ClassVar[int] = 2
    context: ClassVar[int] = 16
    ahead: ClassVar[int] = 16
    scenes: ClassVar[bool] = True
    preview: ClassVar[tuple[dict, ...]] = ({"size": 128}, {}, {"size": 256}, {"saturation": 1.5})

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds 32 frames."""
        from reimagine.stages.colorize.colorizer import Colorizer
        from reimagine.stages.colorize.inference import asker

        from .net import ColorUNet

        ask = asker(self.weights, ColorUNet, device)
        return Colorizer(ask, self.size, self.saturation, self.references, self.every_frame)
