"""What notes meet: a network says how loud each harmonic is; sines and noise are added up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Note, Notes, Sound


@dataclass(frozen=True)
class HarmonicTimbre:
    """Instruments learnt from a soundfont, and all that lies between them; any pitch, any length."""

    instruments: Annotated[str, "Such as flute, flute@0,violin@30,cello@100% (seconds or per cent), or random"] = (
        "violin@0%,flute@50%,vibraphone@100%"
    )
    change_every: Annotated[float, "Seconds from one random instrument to the next"] = 5.0
    seed: Annotated[int, "Of random instruments"] = 1
    at_cuts: Annotated[bool, "Let the instrument change at the film's cuts only"] = False
    room: Annotated[float, "How much of a room is heard, 0 to 1"] = 0.1
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "timbre-harmonic"
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Notes], Sound]:
        """Notes in, 48 kHz stereo sound out."""
        import numpy as np
        import torch

        from reimagine import zoo
        from reimagine.stages.timbre.additive import Tone, hertz, sound_of
        from reimagine.stages.timbre.player import Player

        from .net import HIGHEST, LOWEST, Decoder

        net: Decoder = zoo.load(self.weights, Decoder, device)
        table = net.table.weight.detach().cpu().numpy()
        rng = np.random.default_rng(self.seed)

        def draw() -> np.ndarray:
            """A likely instrument: the latents' mean and spread, seen along their own axes."""
            _, spread, axes = np.linalg.svd(table - table.mean(0), full_matrices=False)
            return table.mean(0) + (rng.standard_normal(len(spread)) * spread / np.sqrt(len(table))) @ axes

        @torch.inference_mode()
        def tones(notes: list[Note], latents: list[np.ndarray]) -> list[Tone]:
            z = torch.from_numpy(np.stack(latents)).float().to(device)
            keys = torch.tensor([[n.pitch, n.velocity] for n in notes], device=device)
            made, facts = net(z, keys[:, 0], keys[:, 1].clamp(20, 127) / 127)
            facts = (10 ** facts.cpu().double()).numpy()
            levels = made.float().cpu().numpy()
            return [
                Tone(one, max(0.0, stretch - 1e-6) * (stretch > 3e-6), float(np.clip(fall, 10, 400)))
                for one, (stretch, fall) in zip(levels, facts, strict=True)
            ]

        def sing(notes: list[Note], latents: list[np.ndarray]) -> Iterator[np.ndarray]:
            noise = np.random.default_rng(0)
            for note, tone in zip(notes, tones(notes, latents), strict=True):
                yield sound_of(tone, hertz(note.pitch), note.end - note.start, noise)

        return Player(sing, dict(zip(net.names, table, strict=True)), draw, self, (LOWEST, HIGHEST))

    def check(self) -> None:
        """Refuse instruments nobody knows before anything is transcribed for them."""
        import numpy as np

        from reimagine.stages.timbre.instruments import schedule

        known = dict.fromkeys(self.names(), np.zeros(1))
        schedule(self.instruments, known, lambda: np.zeros(1), 1.0, self.change_every)

    def names(self) -> list[str]:
        """The instruments these weights know."""
        from reimagine import zoo

        return zoo.architecture_arguments(self.weights)["names"]
