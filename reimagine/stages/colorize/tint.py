"""A wash of one colour, as distributors dyed prints in the 1910s; the baseline without weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class Tint:
    """Dye the print with one hue; whites and blacks keep less of it than the middle tones."""

    hue: Annotated[float, "Hue of the dye in degrees: 35 amber (day), 220 blue (night)"] = 35.0
    saturation: Annotated[float, "How strong the colour is, 0 to 2"] = 1.0
    version: ClassVar[int] = 1
    context: ClassVar[int] = 0

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; luma untouched."""
        import colorsys

        import numpy as np

        r, g, b = colorsys.hsv_to_rgb(self.hue / 360 % 1, 0.5, 1.0)
        y = 0.299 * r + 0.587 * g + 0.114 * b
        level = np.arange(256) / 255
        body = 4 * level * (1 - level) * 0.8 + 0.2
        tables = [
            np.clip(128 + 100 * self.saturation * body * part, 16, 240).astype(np.uint8)
            for part in ((b - y) * 0.564, (r - y) * 0.713)
        ]

        def colorize(frames: Iterable[Frame]) -> Iterator[Frame]:
            for frame in frames:
                small = frame.grey[::2, ::2]
                yield frame.with_chroma(tables[0][small], tables[1][small])

        return colorize
