"""Repeat the last frame: the baseline for every other continuation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import CONTINUATION_SECONDS, FRAME_NUMBERS
from reimagine.stages.contract import ContinuationModel, ContinuationProcessor

if TYPE_CHECKING:
    from reimagine.media import Frame
    from reimagine.media.video.clip import Clip
    from reimagine.progress import Progress


@dataclass(frozen=True)
class Hold(ContinuationModel):
    """Repeat the last frame."""

    seconds: Annotated[float, "Length of the continuation, in seconds", CONTINUATION_SECONDS] = 10.0
    from_frame: Annotated[int, "Continue after this frame instead of the last one (0: the last)", FRAME_NUMBERS] = 0
    version: ClassVar[int] = 2
    frames_per_second: ClassVar[float] = 200.0

    def load(self, device: str) -> ContinuationProcessor:
        return repeat_last_frame


def repeat_last_frame(clip: Clip, count: int, folder: Path, progress: Progress) -> Iterator[Frame]:
    """Yield `count` copies of the clip's last frame, numbered on from it. Nothing is written to the folder."""
    progress.begin("continue", count)
    last = clip.last
    for offset in range(1, count + 1):
        yield last.renumbered(last.index + offset)
        progress.advance(1)
