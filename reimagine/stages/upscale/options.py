"""Options that all models of `upscale` share, and the sizes that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from reimagine.errors import StageError
from reimagine.media.video.retiming import LARGEST_SIDE
from reimagine.options import Range
from reimagine.stages.contract import PictureModel

FACTORS = (2, 4)
"""Factors by which a picture can be enlarged."""
MAX_LAST_STEP = 1.25
"""Enlargement beyond a factor that is left to plain interpolation, since the next factor takes five times as long: 480
lines become 1080 by the factor 2 and by 1.125."""


@dataclass(frozen=True)
class UpscaleOptions(PictureModel):
    """The size of the result."""

    factor: Annotated[int, "Factor of width and height: 2 or 4", Range(*FACTORS)] = 2
    height: Annotated[
        int, "Height of the result in pixels, such as 1080, instead of a factor", Range(0, LARGEST_SIDE)
    ] = 0

    def check(self) -> None:
        """Refuse a factor that is neither 2 nor 4, and an odd height, which most encoders cannot write.

        Raises:
            StageError: names the option.
        """
        if self.factor not in FACTORS:
            raise StageError(f"upscale: --factor {self.factor}: give 2 or 4, or --height")
        if self.height % 2:
            raise StageError(f"upscale: --height {self.height} is odd; give an even number of pixels")

    def output_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the result; the width is rounded to an even number.

        Raises:
            StageError: the picture is as high as `height` already.
        """
        if not self.height:
            return self.factor * width, self.factor * height
        if self.height <= height:
            raise StageError(
                f"upscale: the picture is {height} pixels high; --height {self.height} does not enlarge it"
            )
        return 2 * round(width * self.height / height / 2), self.height

    def network_factor(self, height: int) -> int:
        """The factor, 2 or 4, by which a picture of this height is enlarged before it is brought to its exact size."""
        if not self.height:
            return self.factor
        return 2 if self.height / height <= 2 * MAX_LAST_STEP else 4
