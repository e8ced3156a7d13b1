"""The timbre model `harmonic`: a network predicts partials and noise, additive synthesis turns them into sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from reimagine.options import SEEDS, SHARES, Range
from reimagine.stages.contract import SynthesisModel, Synthesizer


@dataclass(frozen=True)
class HarmonicTimbre(SynthesisModel):
    """Instruments learned from a soundfont, and interpolations between them. Follows pitch bends."""

    instruments: Annotated[
        str, "Such as flute, flute@0,violin@30,cello@100% (seconds or per cent), bass=cello,melody=violin, or random"
    ] = "violin@0%,flute@50%,vibraphone@100%"
    change_every: Annotated[float, "Seconds from one random instrument to the next", Range(0.05, 86400)] = 5.0
    seed: Annotated[int, "Random seed of the random instruments", SEEDS] = 1
    at_cuts: Annotated[bool, "Change the instrument only at the film's cuts"] = False
    room: Annotated[float, "Level of the room's reverberation", SHARES] = 0.1
    weights: Annotated[str, "Name of weights, or path to a .safetensors file"] = "timbre-harmonic"
    version: ClassVar[int] = 2
    realtime_factor: ClassVar[float] = 40.0

    @property
    def required_weights(self) -> str:
        """The decoder."""
        return self.weights

    def choices(self) -> Mapping[str, Sequence[str]]:
        """The instruments of these weights."""
        from reimagine import zoo

        return {"instruments": zoo.architecture_arguments(self.weights)["names"]}

    def check(self) -> None:
        """Refuse unknown instruments and malformed times."""
        import numpy as np

        from reimagine.stages.timbre.instruments import instrument_schedules

        placeholder = np.zeros(1)
        latents = dict.fromkeys(self.choices()["instruments"], placeholder)
        instrument_schedules(self.instruments, latents, lambda: placeholder, 1.0, self.change_every)

    def load(self, device: str) -> Synthesizer:
        """Notes in, 48 kHz stereo sound out."""
        from reimagine import zoo
        from reimagine.stages.timbre.harmonic.net import Decoder
        from reimagine.stages.timbre.harmonic.synthesis import DecodedInstruments
        from reimagine.stages.timbre.player import Player

        return Player(DecodedInstruments(zoo.load(self.weights, Decoder, device), device), self)
