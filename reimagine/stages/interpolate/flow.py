"""Motion-compensated frame interpolation along bidirectional optical flow, without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reimagine.stages.contract import Counts, InterpolationProcessor
from reimagine.stages.interpolate.options import InterpolationOptions

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class FlowInterpolation(InterpolationOptions):
    """Warp both frames along the optical flow to the time between them, and blend them where both show a pixel."""

    frames_per_second: ClassVar[float] = 9.0

    def load(self, device: str) -> InterpolationProcessor:
        """Nothing is loaded; the device is not used."""
        import numpy as np

        from reimagine.media.motion import IntermediateFlow
        from reimagine.stages.interpolate.blending import blended

        def interpolate(
            frame: Frame, following: Frame, times: Sequence[float], counts: Counts | None = None
        ) -> Iterator[Frame]:
            flow = IntermediateFlow(frame.grey, following.grey)
            for time in times:
                motion, share = flow.at(time)
                flows = np.float32(-time) * motion, np.float32(1 - time) * motion
                yield blended(frame, following, flows, share)

        return interpolate
