"""What a film meets: pix2pix as published, taught this film's next frames and fed with its own."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from reimagine.stages.continuation.base import Going, Work

if TYPE_CHECKING:
    from reimagine.media.clip import Footage
    from reimagine.stages.continuation.rollout import Dreamer
    from reimagine.stages.continuation.training_frames import Moments


@dataclass(frozen=True)
class Pix2Pix(Going):
    """Paint each frame anew from the one before (Isola et al. 2017): what others are measured against."""

    weight: Annotated[float, "Of L1 against the critic's word, as published"] = 100.0
    width: Annotated[int, "Channels after the first level, as published"] = 64

    def load(self, device: str) -> Work:
        """See `going.Work`."""
        return Work(self, device)

    def size(self, width: int, height: int) -> tuple[int, int]:
        from .net import SIDE

        return SIDE, SIDE

    def study(self, moments: Moments, kept: Path, device: str, watch: Any) -> None:
        from .train import study

        study(self, moments, kept, device, watch)

    def dreaming(self, moments: Moments, footage: Footage, kept: Path, device: str) -> Dreamer:
        from .predictor import Dreaming

        return Dreaming(footage, kept / "weights.safetensors", self.seed, device)
