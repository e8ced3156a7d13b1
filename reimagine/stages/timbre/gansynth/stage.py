"""What notes meet: GANSynth for those who have its weights; notes as long as they are, any pitch, no NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Note, Notes, Sound

ATTACK, RELEASE, LOOP = 0.01, 0.3, (1.0, 2.5, 0.4)
"""Seconds of fade-in and fade-out; a note too long for the network repeats what lies between these
seconds, faded over in so many."""


@dataclass(frozen=True)
class GanSynth:
    """Magenta's GANSynth (Engel et al. 2019), added with `reimagine models add gansynth-acoustic`."""

    instruments: Annotated[str, "Such as 7@0,12@30,3@100% (every number is one), or random"] = "random"
    change_every: Annotated[float, "Seconds from one random instrument to the next"] = 5.0
    seed: Annotated[int, "Of random instruments"] = 1
    at_cuts: Annotated[bool, "Let the instrument change at the film's cuts only"] = False
    room: Annotated[float, "How much of a room is heard, 0 to 1"] = 0.1
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "gansynth-acoustic"
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Notes], Sound]:
        """Notes in, 48 kHz stereo sound out; each instrument and pitch is asked for once."""
        import numpy as np
        import soxr
        import torch

        from reimagine import zoo
        from reimagine.stages.timbre import melgram
        from reimagine.stages.timbre.player import RATE, Player

        from .net import LOWEST, Generator

        net: Generator = zoo.load(self.weights, Generator, device)
        rng = np.random.default_rng(self.seed)
        known: dict[tuple[int, bytes], np.ndarray] = {}

        @torch.inference_mode()
        def ask(wanted: list[tuple[int, np.ndarray]]) -> None:
            for start in range(0, len(wanted), 8):
                pitches, latents = zip(*wanted[start : start + 8], strict=True)
                z = torch.from_numpy(np.stack(latents)).float().to(device)
                made = net(z, torch.tensor(pitches, device=device) - LOWEST).float().cpu().numpy()
                for pitch, latent, wave in zip(pitches, latents, melgram.waves(made), strict=True):
                    fine = soxr.resample(wave, melgram.RATE, RATE)
                    known[pitch, latent.tobytes()] = fine / max(float(np.abs(fine).max()), 1e-6)

        def sing(notes: list[Note], latents: list[np.ndarray]) -> Iterator[np.ndarray]:
            places = [(n.pitch, z.tobytes()) for n, z in zip(notes, latents, strict=True)]
            for old in known.keys() - set(places):
                del known[old]
            fresh = {p: (p[0], z) for p, z in zip(places, latents, strict=True) if p not in known}
            ask(list(fresh.values()))
            for note, place in zip(notes, places, strict=True):
                yield shaped(known[place], note.end - note.start, RATE) * np.float32(note.velocity / 127)

        span = LOWEST, LOWEST + net.pitches - 1
        return Player(sing, Numbers(net.latent), lambda: rng.standard_normal(net.latent), self, span)


class Numbers(Mapping):
    """Every number is the seed of an instrument."""

    def __init__(self, latent: int) -> None:
        self.latent = latent

    def __getitem__(self, name: str) -> np.ndarray:
        import numpy as np

        if not name.isdigit():
            raise KeyError(name)
        return np.random.default_rng(int(name)).standard_normal(self.latent)

    def __iter__(self) -> Iterator[str]:
        return iter(str(n) for n in range(10))

    def __len__(self) -> int:
        return 10


def shaped(wave: np.ndarray, seconds: float, rate: int) -> np.ndarray:
    """A note of that length from one of four seconds: fades at both ends, its middle repeated if need be."""
    import numpy as np

    length = int((seconds + RELEASE) * rate)
    first, last, over = (int(s * rate) for s in LOOP)
    fade = np.linspace(0, 1, over, dtype=np.float32)
    if len(wave) < length:
        more = wave[first - over : last]
        wave = wave[:last]
        while len(wave) < length:
            join = wave[-over:] * (1 - fade) + more[:over] * fade
            wave = np.concatenate([wave[:-over], join, more[over:]])
    wave = wave[:length].copy()
    attack, release = int(ATTACK * rate), min(length, int(RELEASE * rate))
    wave[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)[: len(wave)]
    wave[length - release :] *= np.linspace(1, 0, release, dtype=np.float32)
    return wave
