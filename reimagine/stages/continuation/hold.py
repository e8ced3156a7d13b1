"""The last frame, held: what every continuation must beat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame
    from reimagine.media.clip import Clip


@dataclass(frozen=True)
class Hold:
    """Repeat the last frame."""

    seconds: Annotated[float, "How long the film goes on after its last frame"] = 10.0
    from_frame: Annotated[int, "Go on from this frame, not from the last (0: the last)"] = 0
    version: ClassVar[int] = 2
    after: ClassVar[tuple[str, ...]] = ("seconds",)

    def load(self, device: str) -> Callable[[Clip, int, Path], Iterator[Frame]]:
        """A film and how many frames to add in; the added ones, numbered on, out."""

        def go_on(clip: Clip, more: int, kept: Path) -> Iterator[Frame]:
            last = clip.last
            for ahead in range(1, more + 1):
                yield last.renumbered(last.index + ahead)

        return go_on
