"""Steady colour without a network: every frame's colours, agreed on along the optical flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Frame


FINER = 2
"""Colours are agreed on at this many times the flow's own size; what is finer stays as it came."""


@dataclass(frozen=True)
class Flow:
    """Colours agreed on by the frames around, along optical flow; needs no weights."""

    planes: Annotated[str, "What may change: chroma, all, or auto (chroma if luma is the film's)"] = "auto"
    memory: Annotated[float, "After how many frames a colour weighs half"] = 16.0
    version: ClassVar[int] = 2
    context: ClassVar[int] = 16
    ahead: ClassVar[int] = 16
    guided: ClassVar[bool] = True

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds 32 frames."""
        import cv2

        from reimagine.media.motion.propagation import KeyframePropagator, local_luma
        from reimagine.stages.stabilize.residual import changed, chroma_only, small_planes

        def light(luma: np.ndarray) -> np.ndarray:
            h, w = luma.shape
            return cv2.resize(local_luma(luma), (FINER * w, FINER * h))[..., None]

        def ask(frame: Frame, luma: np.ndarray, window: Sequence[Frame] = ()) -> np.ndarray:
            h, w = luma.shape
            return small_planes(frame, (FINER * w, FINER * h), chroma_only(frame, self.planes)) / light(luma)

        def stabilize(frames: Iterable[Frame]) -> Iterator[Frame]:
            for frame, luma, agreed in KeyframePropagator(ask, every_frame=True, half_life=self.memory)(frames):
                yield changed(frame, (agreed - ask(frame, luma)) * light(luma))

        return stabilize
