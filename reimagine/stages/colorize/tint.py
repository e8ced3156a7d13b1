"""A tint of one colour, as distributors dyed prints in the 1910s; the baseline without weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import Range
from reimagine.stages.colorize.options import Saturation
from reimagine.stages.contract import Counts, FrameProcessor, PictureModel

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class Tint(PictureModel):
    """Dye the print with one hue: most in the middle tones, less in blacks and whites."""

    hue: Annotated[float, "Hue of the dye in degrees: 35 amber (day), 220 blue (night)", Range(-360, 360)] = 35.0
    saturation: Saturation = 1.0
    version: ClassVar[int] = 1
    frames_per_second: ClassVar[float] = 200.0

    def load(self, device: str) -> FrameProcessor:
        """Compute the tables from luma to Cb and Cr."""
        import colorsys

        import numpy as np

        r, g, b = colorsys.hsv_to_rgb(self.hue / 360 % 1, 0.5, 1.0)
        y = 0.299 * r + 0.587 * g + 0.114 * b
        level = np.arange(256) / 255
        strength = 4 * level * (1 - level) * 0.8 + 0.2
        tables = [
            np.clip(128 + 100 * self.saturation * strength * part, 16, 240).astype(np.uint8)
            for part in ((b - y) * 0.564, (r - y) * 0.713)
        ]

        def tint(frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
            for frame in frames:
                small = frame.grey[::2, ::2]
                yield frame.with_chroma(tables[0][small], tables[1][small])

        return tint
