"""The last frame, held: what every continuation must beat."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class Hold:
    """Repeat the last frame."""

    seconds: Annotated[float, "How long the film goes on after its last frame"] = 2.0
    version: ClassVar[int] = 1
    context: ClassVar[int] = 0

    def load(self, device: str) -> Callable[[Iterable[Frame], int], Iterator[Frame]]:
        """The film's last frames and how many to add in; the added ones, numbered on, out."""

        def go_on(frames: Iterable[Frame], more: int) -> Iterator[Frame]:
            *_, last = frames
            for ahead in range(1, more + 1):
                yield last.at(last.index + ahead)

        return go_on
