"""What a film meets: it goes on, dreaming of what it has shown."""

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
class Recall(LearnedContinuation):
    """Carry on what is there, recall what the film has shown of it, make up the rest."""

    weights: Annotated[str, "What it starts from: a name in the zoo, or a path"] = "continue-recall"

    def load(self, device: str) -> ContinuationRunner:
        """See `going.Work`."""
        return ContinuationRunner(self, device)

    def size(self, width: int, height: int) -> tuple[int, int]:
        from .data import worked

        return worked(width, height)

    def study(self, moments: TrainingFrames, kept: Path, device: str, progress: Any) -> None:
        """Put right for this film what is known of films; with no `minutes`, that must do."""
        from .train import study

        if self.minutes:
            study(self, moments, kept, device, progress)

    def dreaming(self, moments: TrainingFrames, clip: Clip, kept: Path, device: str) -> NextFramePredictor:
        from .predictor import Dreaming

        own = kept / "weights.safetensors"
        weights = str(own) if own.exists() else self.weights
        return Dreaming(moments, clip, weights, self.seed, device)
