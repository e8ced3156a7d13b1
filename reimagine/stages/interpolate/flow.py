"""Motion-compensated frame interpolation along bidirectional optical flow, without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reimagine.stages.contract import Counts, InterpolationProcessor
from reimagine.stages.interpolate.options import InterpolationOptions

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Frame
    from reimagine.media.motion.intermediate_flow import IntermediateMotion


@dataclass(frozen=True)
class FlowInterpolation(InterpolationOptions):
    """Warp both frames along the optical flow to the time between them, and blend them where both show a pixel."""

    frames_per_second: ClassVar[float] = 9.0

    def load(self, device: str) -> InterpolationProcessor:
        """Nothing is loaded; the device is not used."""
        from reimagine.media.motion.intermediate_flow import IntermediateFlow

        def interpolate(
            frame: Frame, following: Frame, times: Sequence[float], counts: Counts | None = None
        ) -> Iterator[Frame]:
            flow = IntermediateFlow(frame.grey, following.grey)
            planes = list(zip(frame.planes, following.planes, strict=True))
            for time in times:
                motion = flow.at(time)
                yield frame.with_samples([_blended(first, second, time, motion) for first, second in planes])

        return interpolate


def _blended(first: np.ndarray, second: np.ndarray, time: float, motion: IntermediateMotion) -> np.ndarray:
    """A plane between two planes (h, w) uint8 or uint16: the same shape and dtype."""
    import cv2
    import numpy as np

    from reimagine.media.motion import resize_flow, warp_backward

    size = first.shape[::-1]
    flow, share = resize_flow(motion.motion, size), cv2.resize(motion.share, size)
    a = warp_backward(first, np.float32(-time) * flow, cv2.INTER_CUBIC).astype(np.float32)
    b = warp_backward(second, np.float32(1 - time) * flow, cv2.INTER_CUBIC)
    largest = max(int(first.max(initial=0)), int(second.max(initial=0)))  # cubic interpolation overshoots
    return np.clip(share * a + (1 - share) * b + 0.5, 0, largest).astype(first.dtype)
