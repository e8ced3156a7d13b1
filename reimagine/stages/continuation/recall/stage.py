"""The model `continue recall`: a next-frame network that warps and reuses frames of the film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.stages.continuation.base import WEIGHTS, LearnedContinuation

if TYPE_CHECKING:
    from reimagine.media.video.clip import Clip
    from reimagine.progress import Progress
    from reimagine.stages.continuation.rollout import NextFramePredictor
    from reimagine.stages.continuation.training_frames import TrainingFrames


@dataclass(frozen=True)
class Recall(LearnedContinuation):
    """Warp the last image, blend in similar frames of the film, and synthesize what neither shows."""

    weights: Annotated[str, "Weights to start from, a name or a path"] = "continue-recall"
    frames_per_second: ClassVar[float] = 12.0
    version: ClassVar[int] = 2

    @property
    def required_weights(self) -> str:
        return self.weights

    def network_size(self, width: int, height: int) -> tuple[int, int]:
        from .exemplars import network_size

        return network_size(width, height)

    def learn(self, frames: TrainingFrames, folder: Path, device: str, progress: Progress) -> None:
        """Fine-tune the weights on the film; with `minutes` 0 they are used as they are."""
        from .train import learn_film

        if self.minutes:
            learn_film(self, frames, folder, device, progress)

    def predictor(self, frames: TrainingFrames, clip: Clip, folder: Path, device: str) -> NextFramePredictor:
        from .predictor import RecallPredictor

        learned = folder / WEIGHTS
        weights = str(learned) if learned.exists() else self.weights
        return RecallPredictor(frames, clip, weights, self.seed, device)
