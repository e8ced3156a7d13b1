"""Base class of the continuation models that learn from the film: shared options, learning and rollout."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from reimagine.options import CONTINUATION_SECONDS, FRAME_NUMBERS, SEEDS, Range
from reimagine.stages.contract import ContinuationModel

if TYPE_CHECKING:
    from reimagine.media.video.clip import Clip
    from reimagine.media.video.frames import Frame
    from reimagine.progress import Progress
    from reimagine.stages.continuation.rollout import NextFramePredictor
    from reimagine.stages.continuation.training_frames import TrainingFrames

LEARNED = "learned.json"
"""Losses on the test frames, in the folder of what was learned. It is written last, when learning has finished."""
WEIGHTS = "weights.safetensors"
"""The weights learned from the film, in the same folder."""


@dataclass(frozen=True)
class LearnedContinuation(ContinuationModel):
    """A continuation model that learns from the film, and its options."""

    seconds: Annotated[float, "Length of the continuation, in seconds", CONTINUATION_SECONDS] = 10.0
    from_frame: Annotated[int, "Continue after this frame instead of the last one (0: the last)", FRAME_NUMBERS] = 0
    frame_stride: Annotated[int, "Learn from every n-th frame (0: chosen from the film's motion)", Range(0, 100)] = 0
    slowdown: Annotated[float, "Slow-motion factor of the continuation", Range(1, 16)] = 1.0
    minutes: Annotated[float, "Learning time, in minutes", Range(0, 1440)] = 3.0
    seed: Annotated[int, "Random seed; each seed gives another continuation", SEEDS] = 1
    inference_options: ClassVar[Sequence[str]] = ("seconds", "slowdown", "seed")
    renamed_options: ClassVar[Mapping[str, str]] = {"slow": "slowdown", "every": "frame_stride"}

    def learning_seconds(self) -> float:
        return 60.0 * self.minutes

    def with_seed_offset(self, offset: int) -> Self:
        return replace(self, seed=self.seed + offset)

    def load(self, device: str) -> ContinuationRunner:
        return ContinuationRunner(self, device)

    @abstractmethod
    def network_size(self, width: int, height: int) -> tuple[int, int]:
        """Size (w, h) at which the network processes a film of this width and height, in pixels."""
        ...

    @abstractmethod
    def learn(self, frames: TrainingFrames, folder: Path, device: str, progress: Progress) -> None:
        """Train on the frames and write `WEIGHTS` and `LEARNED` to the folder; resume from its checkpoint, if any."""
        ...

    @abstractmethod
    def predictor(self, frames: TrainingFrames, clip: Clip, folder: Path, device: str) -> NextFramePredictor:
        """The predictor that starts after the clip's last frame, with the weights in the folder."""
        ...


@dataclass(frozen=True)
class ContinuationRunner:
    """A loaded `LearnedContinuation`. All state of a film is local to the call or in the folder."""

    model: LearnedContinuation
    device: str

    def __call__(self, clip: Clip, count: int, folder: Path, progress: Progress) -> Iterator[Frame]:
        """Learn from the clip, unless the folder holds what was learned; return `count` frames that follow the clip.

        Raises:
            StageError: nothing can be learned from the clip.
        """
        from reimagine.media.iteration import report_progress
        from reimagine.stages.continuation.film_frames import to_film_frames
        from reimagine.stages.continuation.rollout import generate_steps

        frames = self._learn(clip, folder, progress)
        progress.begin("continue", count)
        predictor = self.model.predictor(frames, clip, folder, self.device)
        frames_per_step = frames.stride * self.model.slowdown
        steps = math.ceil(count / frames_per_step) + 1
        images = generate_steps(predictor, folder / f"rollout-{self.model.seed}", steps)
        return report_progress(to_film_frames(images, clip, frames_per_step, count), progress.advance)

    def _learn(self, clip: Clip, folder: Path, progress: Progress) -> TrainingFrames:
        """The clip's training frames, after the model has learned from them."""
        from reimagine.stages.continuation.training_frames import collect_training_frames
        from reimagine.zoo.threads import training_threads

        last = clip.last
        size = self.model.network_size(last.width, last.height)
        frames = collect_training_frames(clip, self.model.frame_stride, size, progress)
        if not (folder / LEARNED).exists():
            folder.mkdir(parents=True, exist_ok=True)
            frames.write_pairs(folder / "pairs.csv")
            progress.message(f"weights, loss curves and sample frames of the learning: {folder}")
            with training_threads():
                self.model.learn(frames, folder, self.device, progress)
        return frames
