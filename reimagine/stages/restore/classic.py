"""Restoration of moving film without a network: flicker, gate weave, dirt, scratches, grain, contrast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from reimagine.options import SHARES
from reimagine.stages.contract import PictureModel

from .statistics import COUNT_NAMES, summarize

if TYPE_CHECKING:
    from .classic_pipeline import ClassicPipeline


@dataclass(frozen=True)
class Classic(PictureModel):
    """Remove flicker, gate weave, dirt, scratches and grain, and restore contrast, with optical flow; no weights."""

    deflicker: Annotated[float, "Share of the brightness flicker to remove", SHARES] = 1.0
    weave: Annotated[float, "Share of the gate weave to remove", SHARES] = 1.0
    dirt: Annotated[bool, "Remove dirt: marks that are in one frame only"] = True
    scratches: Annotated[bool, "Remove thin vertical scratches"] = True
    denoise: Annotated[float, "Share of the grain to remove", SHARES] = 0.5
    contrast: Annotated[float, "Strength of the contrast stretch of faded tones", SHARES] = 0.5
    version: ClassVar[int] = 2
    context: ClassVar[int] = 32
    look_ahead: ClassVar[int] = 32
    frames_per_second: ClassVar[float] = 20.0
    reported_counts: ClassVar[Sequence[str]] = COUNT_NAMES

    @classmethod
    def previews(cls) -> Sequence[Mapping[str, Any]]:
        """The default, all grain removed, the full contrast stretch, all grain left."""
        return ({}, {"denoise": 1.0}, {"contrast": 1.0}, {"denoise": 0.0})

    @classmethod
    def report(cls, counts: Mapping[str, float]) -> Mapping[str, Any]:
        """Summarize the measured damage under "found"."""
        return {"found": summarize(counts)}

    def load(self, device: str) -> ClassicPipeline:
        """Return the processor of this model. A call buffers about 64 frames."""
        from .classic_pipeline import ClassicPipeline

        return ClassicPipeline(self)
