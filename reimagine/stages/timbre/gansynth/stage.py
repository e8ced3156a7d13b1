"""The timbre model `gansynth`: Magenta's GANSynth, for users who have its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from reimagine.options import SEEDS, SHARES, Range
from reimagine.stages.contract import SynthesisModel, Synthesizer


@dataclass(frozen=True)
class GanSynth(SynthesisModel):
    """Magenta's GANSynth (Engel et al. 2019), added with `reimagine models add gansynth-acoustic`."""

    instruments: Annotated[str, "Such as 7@0,12@30,3@100% (each number is an instrument), or random"] = "random"
    change_every: Annotated[float, "Seconds from one random instrument to the next", Range(0.05, 86400)] = 5.0
    seed: Annotated[int, "Random seed of the random instruments", SEEDS] = 1
    at_cuts: Annotated[bool, "Change the instrument only at the film's cuts"] = False
    room: Annotated[float, "Level of the room's reverberation", SHARES] = 0.1
    weights: Annotated[str, "Name of weights, or path to a .safetensors file"] = "gansynth-acoustic"
    version: ClassVar[int] = 2

    @property
    def required_weights(self) -> str:
        """The generator."""
        return self.weights

    def check(self) -> None:
        """Refuse malformed instruments and times."""
        import numpy as np

        from reimagine.stages.timbre.gansynth.synthesis import SeededLatents
        from reimagine.stages.timbre.instruments import instrument_schedules

        instrument_schedules(self.instruments, SeededLatents(1), lambda: np.zeros(1), 1.0, self.change_every)

    def load(self, device: str) -> Synthesizer:
        """Notes in, 48 kHz stereo sound out."""
        from reimagine import zoo
        from reimagine.stages.timbre.gansynth.net import Generator
        from reimagine.stages.timbre.gansynth.synthesis import GeneratedInstruments
        from reimagine.stages.timbre.player import Player

        return Player(GeneratedInstruments(zoo.load(self.weights, Generator, device), device), self)
