"""What a film meets: pix2pix as published, taught this film's next frames and fed with its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from reimagine.stages.continuation.base import ContinuationRunner, LearnedContinuation

if TYPE_CHECKING:
    from reimagine.media.clip import Clip
    from reimagine.stages.continuation.rollout import NextFramePredictor
    from reimagine.stages.continuation.training_frames import TrainingFrames


@dataclass(frozen=True)
class Pix2Pix(LearnedContinuation):
    """Paint each frame anew from the one before (Isola et al. 2017): what others are measured against."""

    weight: Annotated[float, "Of L1 against the critic's word, as published"] = 100.0
    width: Annotated[int, "Channels after the first level, as published"] = 64

    def load(self, device: str) -> ContinuationRunner:
        """See `going.Work`."""
        return ContinuationRunner(self, device)

    def size(self, width: int, height: int) -> tuple[int, int]:
        from .net import SIDE

        return SIDE, SIDE

    def study(self, moments: TrainingFrames, kept: Path, device: str, progress: Any) -> None:
        from .train import study

        study(self, moments, kept, device, progress)

    def dreaming(self, moments: TrainingFrames, clip: Clip, kept: Path, device: str) -> NextFramePredictor:
        from .predictor import Dreaming

        return Dreaming(clip, kept / "weights.safetensors", self.seed, device)
