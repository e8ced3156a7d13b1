"""Stabilization without a network: planes are averaged over time along the optical flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import Range
from reimagine.stages.contract import Counts, FrameProcessor, PictureModel
from reimagine.stages.stabilize.options import Planes, check_planes

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Frame

PLANE_SCALE = 2
"""Planes are stabilized at this multiple of the flow's size; finer detail is not changed."""


@dataclass(frozen=True)
class Flow(PictureModel):
    """Average the planes of the surrounding frames along optical flow; needs no weights."""

    planes: Planes = "auto"
    half_life: Annotated[
        float, "Distance in frames at which the weight of another frame has halved", Range(0, 1e6, above=True)
    ] = 16.0
    version: ClassVar[int] = 2
    context: ClassVar[int] = 16
    look_ahead: ClassVar[int] = 16
    uses_source: ClassVar[bool] = True
    frames_per_second: ClassVar[float] = 25.0
    renamed_options: ClassVar[Mapping[str, str]] = {"memory": "half_life"}

    def check(self) -> None:
        """Check the options.

        Raises:
            StageError: `planes` is unknown.
        """
        check_planes(self.planes)

    def load(self, device: str) -> FrameProcessor:
        """Return a processor that stabilizes frames; a call holds up to 32 of them."""
        import cv2

        from reimagine.media.motion import KeyframePropagator, local_luma
        from reimagine.stages.stabilize.residual import affects_chroma_only, apply_residual, downscaled_planes

        self.check()

        def brightness(luma: np.ndarray) -> np.ndarray:
            """Local luma at the size of the planes. Planes are propagated as a share of it, so that fades remain."""
            h, w = luma.shape
            return cv2.resize(local_luma(luma), (PLANE_SCALE * w, PLANE_SCALE * h))[..., None]

        def relative_planes(frame: Frame, luma: np.ndarray, window: Sequence[Frame] = ()) -> np.ndarray:
            h, w = luma.shape
            chroma_only = affects_chroma_only(frame, self.planes)
            return downscaled_planes(frame, (PLANE_SCALE * w, PLANE_SCALE * h), chroma_only) / brightness(luma)

        propagator = KeyframePropagator(relative_planes, every_frame=True, half_life=self.half_life)

        def stabilize(frames: Iterable[Frame], counts: Counts | None = None, /) -> Iterator[Frame]:
            for frame, luma, averaged in propagator(frames):
                yield apply_residual(frame, (averaged - relative_planes(frame, luma)) * brightness(luma))

        return stabilize
