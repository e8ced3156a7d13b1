"""What every continuation that learns from the film can be asked, and how it is done."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from reimagine.media.clip import Footage
    from reimagine.media.frames import Frame
    from reimagine.stages.continuation.rollout import Dreamer
    from reimagine.stages.continuation.training_frames import Moments


@dataclass(frozen=True)
class Going:
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

    def study(self, moments: Moments, kept: Path, device: str, watch: Any) -> None:
        """Learn; all that is learnt is left in the folder `kept`, and what is there is gone on with."""
        ...

    def dreaming(self, moments: Moments, footage: Footage, kept: Path, device: str) -> Dreamer:
        """Who makes the steps, after what was learnt in `kept`."""
        ...


class Work:
    """Learns from a film, and goes on with it."""

    def __init__(self, model: Learner, device: str):
        model.check()
        self.model, self.device = model, device
        self.moments: Any = None

    def learn(self, footage: Footage, kept: Path, watch: Any) -> None:
        """Learn how this film goes on, unless that is done: `kept` is the folder for all that is learnt."""
        if not (kept / "learnt.json").exists():
            kept.mkdir(parents=True, exist_ok=True)
            self._remember(footage, watch).list_pairs(kept / "pairs.csv")
            watch.say(f"what is learnt, its curves and a sheet of samples: {kept}")
            self.model.study(self.moments, kept, self.device, watch)

    def __call__(self, footage: Footage, more: int, kept: Path) -> Iterator[Frame]:
        """`more` frames, numbered on from the film's last; what was dreamt before is not dreamt again."""
        from reimagine.stages.continuation.rollout import outward, steps

        moments = self._remember(footage)
        dreaming = self.model.dreaming(moments, footage, kept, self.device)
        pace = moments.every * self.model.slow
        pictures = steps(dreaming, kept / f"dream-{self.model.seed}", int(-(-more // pace)) + 1)
        return outward(pictures, footage, pace, more)

    def _remember(self, footage: Footage, watch: Any = None) -> Moments:
        from reimagine.stages.continuation.training_frames import remember

        if self.moments is None:
            last = footage.last
            size = self.model.size(last.width, last.height)
            self.moments = remember(footage, self.model.every, size, watch)
        return self.moments
