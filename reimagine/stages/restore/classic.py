"""What restorers do to moving film without a network: light, gate, dirt, scratches, grain, contrast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class Classic:
    """Flicker, weave, dirt, scratches, grain and contrast, along optical flow; needs no weights."""

    deflicker: Annotated[float, "How much of the flicker goes, 0 to 1"] = 1.0
    weave: Annotated[float, "How much of the gate's weave goes, 0 to 1"] = 1.0
    dirt: Annotated[bool, "Take out what is in one frame only"] = True
    scratches: Annotated[bool, "Take out thin lines from top to bottom"] = True
    denoise: Annotated[float, "How much of the grain goes, 0 to 1"] = 0.5
    contrast: Annotated[float, "How far faded tones are spread out again, 0 to 1"] = 0.5
    version: ClassVar[int] = 1
    context: ClassVar[int] = 32
    ahead: ClassVar[int] = 32
    preview: ClassVar[tuple[dict, ...]] = ({}, {"denoise": 1.0}, {"contrast": 1.0}, {"denoise": 0.0})

    def check(self) -> None:
        """Refuse what is out of range."""
        from reimagine.errors import StageError

        for name in ("deflicker", "weave", "denoise", "contrast"):
            if not 0 <= (given := getattr(self, name)) <= 1:
                raise StageError(f"restore: --{name} {given:g} is out of range; give 0 to 1")

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds 64 frames."""
        from .classic_pipeline import Bench

        return Bench(self)
