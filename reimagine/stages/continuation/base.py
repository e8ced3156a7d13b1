"""What every continuation that learns from the film can be asked, and how it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from reimagine.media.clip import Clip
    from reimagine.media.frames import Frame
    from reimagine.stages.continuation.rollout import NextFramePredictor
    from reimagine.stages.continuation.training_frames import TrainingFrames


@dataclass(frozen=True)
class LearnedContinuation:
    """The options that all of them have."""

    seconds: Annotated[float, "How long the film goes on after its last frame"] = 10.0
    from_frame: Annotated[int, "Go on from this frame, not from the last (0: the last)"] = 0
    every: Annotated[int, "Learn from every so-manieth frame (0: chosen from the film's motion)"] = 0
    slow: Annotated[float, "How many times slower than the film it goes on"] = 1.0
    minutes: Annotated[float, "How long it learns from the film"] = 3.0
    seed: Annotated[int, "Another seed, another ending"] = 1
    version: ClassVar[int] = 1
    after: ClassVar[tuple[str, ...]] = ("seconds", "slow", "seed")
    """Options that what is learnt does not depend on."""

    def check(self) -> None:
        """Refuse what is out of range."""
        from reimagine.errors import StageError

        ranges = {"seconds": (0.01, 3600), "slow": (1, 16), "every": (0, 100), "minutes": (0, 1440)}
        for name, (least, most) in ranges.items():
            if not least <= (given := getattr(self, name)) <= most:
                raise StageError(f"continue: --{name} {given:g} is out of range; give {least:g} to {most:g}")


class Learner(Protocol):
    """What a model says besides its options, `Going`'s and its own."""

    @property
    def every(self) -> int: ...
    @property
    def slow(self) -> float: ...
    @property
    def seed(self) -> int: ...

    def check(self) -> None: ...

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The (w, h) at which a film of this width and height is learnt."""
        ...

    def study(self, moments: TrainingFrames, kept: Path, device: str, progress: Any) -> None:
        """Learn; all that is learnt is left in the folder `kept`, and what is there is gone on with."""
        ...

    def dreaming(self, moments: TrainingFrames, clip: Clip, kept: Path, device: str) -> NextFramePredictor:
        """Who makes the steps, after what was learnt in `kept`."""
        ...


class ContinuationRunner:
    """Learns from a film, and goes on with it."""

    def __init__(self, model: Learner, device: str) -> None:
        model.check()
        self.model, self.device = model, device
        self.moments: Any = None

    def learn(self, clip: Clip, kept: Path, progress: Any) -> None:
        """Learn how this film goes on, unless that is done: `kept` is the folder for all that is learnt."""
        if not (kept / "learnt.json").exists():
            kept.mkdir(parents=True, exist_ok=True)
            self._remember(clip, progress).list_pairs(kept / "pairs.csv")
            progress.message(f"what is learnt, its curves and a sheet of samples: {kept}")
            self.model.study(self.moments, kept, self.device, progress)

    def __call__(self, clip: Clip, more: int, kept: Path) -> Iterator[Frame]:
        """`more` frames, numbered on from the film's last; what was dreamt before is not dreamt again."""
        from reimagine.stages.continuation.rollout import outward, steps

        moments = self._remember(clip)
        dreaming = self.model.dreaming(moments, clip, kept, self.device)
        pace = moments.every * self.model.slow
        pictures = steps(dreaming, kept / f"dream-{self.model.seed}", int(-(-more // pace)) + 1)
        return outward(pictures, clip, pace, more)

    def _remember(self, clip: Clip, progress: Any = None) -> TrainingFrames:
        from reimagine.stages.continuation.training_frames import collect_training_frames

        if self.moments is None:
            last = clip.last
            size = self.model.size(last.width, last.height)
            self.moments = collect_training_frames(clip, self.model.every, size, progress)
        return self.moments
