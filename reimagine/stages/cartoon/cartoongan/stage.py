"""Looks drawn by a trained generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from reimagine.options import SHARES, Range
from reimagine.stages.cartoon.ink import Ink
from reimagine.stages.cartoon.options import (
    WARP_COUNTS,
    Strength,
    TemporalStrength,
    warp_error_report,
)
from reimagine.stages.contract import FrameProcessor, PictureModel

INK = "ink"
"""The look that needs no weights: the model `Ink`."""


@dataclass(frozen=True)
class CartoonGAN(PictureModel):
    """An artist's look, drawn by a network that was trained on the artist's pictures (Chen et al. 2018)."""

    look: Annotated[str, "A look's name (`reimagine models show cartoon` lists them), or a run folder of `train`"] = (
        "hayao"
    )
    strength: Strength = 1.0
    line: Annotated[float, "Darkness of the lines drawn over the result", SHARES] = 0.0
    size: Annotated[int, "Short side in pixels at which the network works", Range(64, 2160)] = 480
    temporal_strength: TemporalStrength = 1.0
    colour: Annotated[bool, "Allow colour in the drawing of a black-and-white film"] = False
    weights: Annotated[str, "Name of weights, or path to a .safetensors file, instead of the look's weights"] = ""
    version: ClassVar[int] = 2
    context: ClassVar[int] = 32
    frames_per_second: ClassVar[float] = 5.5
    renamed_options: ClassVar[Mapping[str, str]] = {"steady": "temporal_strength"}
    reported_counts: ClassVar[Sequence[str]] = WARP_COUNTS

    @property
    def required_weights(self) -> str:
        """The weights of the look: a name in the zoo or a path; "" for the look "ink".

        Raises:
            StageError: there is no such look; the nearest name is offered.
        """
        if self.weights:
            return self.weights
        if self.look == INK:
            return ""
        if "/" in self.look or self.look.endswith(".safetensors"):
            return self.look
        available = _available_looks()
        if self.look in available:
            return available[self.look]
        from reimagine.errors import StageError, unknown_name
        from reimagine.zoo import published

        others = [name.removeprefix("cartoongan-") for name in published.names() if "cartoongan-" in name]
        if self.look in others:
            return f"cartoongan-{self.look}"  # loading it fails with the command that adds it
        raise StageError(unknown_name("look", self.look, sorted({INK, *available, *others})))

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Return the looks whose weights are available, "ink" first."""
        return {"look": [INK, *_available_looks()]}

    @classmethod
    def previews(cls) -> Sequence[Mapping[str, Any]]:
        """Return one setting per available look."""
        return [{"look": name} for name in (INK, *_available_looks())]

    @classmethod
    def report(cls, counts: Mapping[str, float]) -> Mapping[str, Any]:
        """Return the warping error before and after temporal blending."""
        return warp_error_report(counts)

    def load(self, device: str) -> FrameProcessor:
        """Return a processor that stylizes frames; a grey film stays grey unless `colour`."""
        weights = self.required_weights
        if not weights:
            return self._ink().load(device)
        import torch

        from reimagine import zoo
        from reimagine.stages.cartoon.stylizer import Stylizer

        from .inference import Cartoonizer
        from .net import generator

        net = zoo.load(weights, generator, device).to(memory_format=torch.channels_last)
        cartoonizer = Cartoonizer(net, device, self.size, self.line)
        return Stylizer(cartoonizer, self.strength, self.temporal_strength, self.colour)

    def _ink(self) -> Ink:
        """Return the model of the look "ink", with the options that both models have."""
        line = self.line or Ink.line
        return Ink(strength=self.strength, line=line, temporal_strength=self.temporal_strength)


def _available_looks() -> dict[str, str]:
    """Return the names in the zoo of all available looks. Own weights replace published ones of the same look."""
    from reimagine import zoo

    names = [card.name for card in zoo.cards()]
    return {
        name.removeprefix(prefix): name
        for prefix in ("cartoongan-", "cartoon-")
        for name in names
        if name.startswith(prefix)
    }
