"""The model `continue pix2pix`: next-frame prediction with the published networks, trained on the film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import Range
from reimagine.stages.continuation.base import WEIGHTS, LearnedContinuation

if TYPE_CHECKING:
    from reimagine.media.video.clip import Clip
    from reimagine.progress import Progress
    from reimagine.stages.continuation.rollout import NextFramePredictor
    from reimagine.stages.continuation.training_frames import TrainingFrames


@dataclass(frozen=True)
class Pix2Pix(LearnedContinuation):
    """Generate each frame from the one before (pix2pix, Isola et al. 2017); a baseline."""

    weight: Annotated[
        float, "Weight of the L1 loss relative to the adversarial loss; 100 as published", Range(0, 1e6)
    ] = 100.0
    width: Annotated[int, "Channels after the first level of both networks; 64 as published", Range(1, 1024)] = 64
    frames_per_second: ClassVar[float] = 9.0

    def network_size(self, width: int, height: int) -> tuple[int, int]:
        from .net import SIDE

        return SIDE, SIDE

    def learn(self, frames: TrainingFrames, folder: Path, device: str, progress: Progress) -> None:
        from .train import learn_film

        learn_film(self, frames, folder, device, progress)

    def predictor(self, frames: TrainingFrames, clip: Clip, folder: Path, device: str) -> NextFramePredictor:
        from .predictor import Pix2PixPredictor

        return Pix2PixPredictor(clip, folder / WEIGHTS, self.seed, device)
