"""Enlargement with a network that was trained on photographs degraded as film is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from reimagine.options import SHARES
from reimagine.stages.upscale.options import UpscaleOptions

if TYPE_CHECKING:
    from .inference import Upscaler


@dataclass(frozen=True)
class UpscaleEDSR(UpscaleOptions):
    """Enlarge the luma with a small residual network that sharpens edges and removes grain; chroma is interpolated."""

    strength: Annotated[float, "Share of the network's correction of a bicubic enlargement to apply", SHARES] = 1.0
    weights: Annotated[str, "Name in the zoo, or path to .safetensors"] = "upscale-edsr"
    frames_per_second: ClassVar[float] = 18.0

    @property
    def required_weights(self) -> str:
        """The weights of the network."""
        return self.weights

    @classmethod
    def previews(cls) -> Sequence[Mapping[str, Any]]:
        """The default, and half the correction."""
        return ({}, {"strength": 0.5})

    def load(self, device: str) -> Upscaler:
        """Load the weights. A call buffers no frame."""
        from .inference import Upscaler

        return Upscaler(self, device)
