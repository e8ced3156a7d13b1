"""Enlargement by Lanczos interpolation, without a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reimagine.stages.contract import Counts, FrameProcessor
from reimagine.stages.upscale.options import UpscaleOptions

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class Lanczos(UpscaleOptions):
    """Lanczos interpolation (8x8 pixels): no detail is added, and grain is enlarged with the picture."""

    frames_per_second: ClassVar[float] = 100.0

    def load(self, device: str) -> FrameProcessor:
        """Nothing is loaded; the device is not used."""
        import cv2
        import numpy as np

        from reimagine.stages.upscale.planes import resized, resized_chroma

        def upscale(frames: Iterable[Frame], counts: Counts | None = None) -> Iterator[Frame]:
            for frame in frames:
                size = self.output_size(frame.width, frame.height)
                luma = np.minimum(resized(frame.planes[0], size), (1 << frame.depth) - 1)
                yield frame.with_samples([luma, *resized_chroma(frame, size, cv2.INTER_LANCZOS4)])

        return upscale
