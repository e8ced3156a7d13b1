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

    size: Annotated[int, "Short side, in pixels, at which the network works (64 to 1024)"] = 192
    saturation: Annotated[float, "How strong the colour is, 0 to 2"] = 1.0
    references: Annotated[Path | None, "Folder of ref_nnnnnn.png stills, one a shot, to colour after"] = None
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "colorize-nogan"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 0

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds one batch of frames."""
        from .painter import Painter

        return Painter(self, device)
