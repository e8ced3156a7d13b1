"""Ink lines and flat colour without a network; the baseline for every trained look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from reimagine.options import SHARES, Range
from reimagine.stages.cartoon.options import (
    WARP_COUNTS,
    Strength,
    TemporalStrength,
    warp_error_report,
)
from reimagine.stages.contract import FrameProcessor, PictureModel

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Ink(PictureModel):
    """Edge-preserving smoothing, quantized tones and XDoG lines (Winnemoeller et al. 2012)."""

    strength: Strength = 1.0
    line: Annotated[float, "Darkness of the lines", SHARES] = 0.8
    levels: Annotated[int, "Number of tones, more gives softer shading", Range(1, 256)] = 9
    temporal_strength: TemporalStrength = 1.0
    version: ClassVar[int] = 2
    context: ClassVar[int] = 32
    frames_per_second: ClassVar[float] = 25.0
    renamed_options: ClassVar[Mapping[str, str]] = {"steady": "temporal_strength"}
    reported_counts: ClassVar[Sequence[str]] = WARP_COUNTS

    @classmethod
    def report(cls, counts: Mapping[str, float]) -> Mapping[str, Any]:
        """Return the warping error before and after temporal blending."""
        return warp_error_report(counts)

    def load(self, device: str) -> FrameProcessor:
        """Return a processor that stylizes frames; a grey film stays grey."""
        import cv2

        from reimagine.stages.cartoon.filters import draw_lines, quantize_tones, smooth_textures
        from reimagine.stages.cartoon.stylizer import Stylizer

        def stylize_image(image: np.ndarray) -> np.ndarray:
            smooth = smooth_textures(image)
            grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY)
            return draw_lines(quantize_tones(smooth, self.levels), grey, self.line)

        return Stylizer(stylize_image, self.strength, self.temporal_strength)
