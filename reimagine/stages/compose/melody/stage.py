"""What notes meet: four bars after four bars, each phrase invented from the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Notes

TRIES = 24
"""Ideas for each phrase."""


@dataclass(frozen=True)
class Melody:
    """Go on with a melody, answer it, or start one: phrases invented by a small GAN."""

    bars: Annotated[int | None, "Bars of four beats to compose [default: 16, or as long as the film]"] = None
    answer: Annotated[bool, "Keep the given melody and go on after it, instead of playing over it"] = False
    seed: Annotated[int, "Of everything it invents"] = 1
    bold: Annotated[float, "How far ideas stray from the usual, 0 to 2"] = 1.0
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "compose-melody"
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Notes], Notes]:
        """Notes in (none is allowed), notes out.

        Raises:
            StageError: `bars` is below 1.
        """
        import numpy as np
        import torch
        import torch.nn.functional as F

        from reimagine import zoo
        from reimagine.errors import StageError
        from reimagine.media import Notes

        from .data import grid_of, notes_of
        from .net import CLASSES, HOLD, PHRASE, REST, STEP, Composer

        if self.bars is not None and self.bars < 1:
            raise StageError(f"compose: --bars {self.bars}; give 1 or more")
        net: Composer = zoo.load(self.weights, Composer, device)

        def hot(grid: np.ndarray | None) -> torch.Tensor:
            if grid is None:
                return torch.zeros(1, CLASSES, PHRASE, device=device)
            whole = np.concatenate([np.full(PHRASE, REST), grid])[-PHRASE:]
            return F.one_hot(torch.from_numpy(whole), CLASSES).T[None].float().to(device)

        @torch.inference_mode()
        def phrase(past: np.ndarray | None, chance: torch.Generator) -> np.ndarray:
            """The most song-like of TRIES ideas; every other one forgets the past, or a tune would only
            repeat itself."""
            z = self.bold * torch.randn(TRIES, net.latent, generator=chance)
            known = torch.cat([hot(past), hot(None)]).repeat(TRIES // 2, 1, 1)
            made = net(z.to(device), known).argmax(1).cpu().numpy()
            ideas = [in_key(idea, past) for idea in made]
            return max(ideas, key=lambda idea: song_like(idea, past))

        def compose(notes: Notes) -> Notes:
            chance = torch.Generator().manual_seed(self.seed)
            bar = 16 * STEP * 60 / notes.tempo
            bars = self.bars or (max(1, round(notes.length / bar)) if notes.length else 16)
            given = grid_of(notes) if len(notes) else None
            if given is not None and len(given) % 16:
                given = np.pad(given, (0, 16 - len(given) % 16), constant_values=REST)
            made = np.zeros(0, int)
            while len(made) < 16 * bars:
                before = np.concatenate([given, made]) if given is not None else (made if len(made) else None)
                made = np.concatenate([made, phrase(before, chance)])
            made = made[: 16 * bars]
            made[0] = REST if made[0] == HOLD else made[0]
            if not self.answer or given is None:
                return Notes(tuple(notes_of(made, notes.tempo, notes.beat)), notes.tempo, notes.beat)
            start = notes.beat + len(given) * STEP * 60 / notes.tempo
            more = tuple(notes_of(made, notes.tempo, start))
            return Notes((*notes, *more), notes.tempo, notes.beat)

        return compose


def in_key(grid: np.ndarray, past: np.ndarray | None) -> np.ndarray:
    """An idea, moved by as few semitones as bring it best into one scale with what went before."""
    import numpy as np

    from .net import CLASSES

    if past is None:
        return grid
    sung = grid >= 2
    moved = [np.where(sung, grid + by, grid) for by in (0, *(s * n for n in range(1, 7) for s in (-1, 1)))]
    inside = [m for m in moved if m[sung].min(initial=2) >= 2 and m[sung].max(initial=2) < CLASSES]
    return max(inside, key=lambda m: round(one_scale(m, past), 2))


def one_scale(grid: np.ndarray, past: np.ndarray | None) -> float:
    """Share of the notes, those before included, that lie in the major scale which fits them best."""
    import numpy as np

    tones = np.concatenate([grid, past[-4 * len(grid) :] if past is not None else grid[:0]])
    classes = np.bincount(tones[tones >= 2] % 12, minlength=12)
    major = np.array([0, 2, 4, 5, 7, 9, 11])
    return max(float(classes[(key + major) % 12].sum()) for key in range(12)) / max(1, classes.sum())


def song_like(grid: np.ndarray, past: np.ndarray | None = None) -> float:
    """How much a phrase, classes (n,), has of what tunes have: several notes, small steps, one scale with
    what went before; less if it rests for long, or says that again."""
    import numpy as np

    tones = grid[grid >= 2]
    if len(tones) < 8:
        return len(tones) / 8 - 2
    steps = np.abs(np.diff(tones))
    before = past[-len(grid) :] if past is not None else grid[:0]
    again = float((before == grid).mean()) if len(before) == len(grid) else 0.0
    several = min(len(set(tones.tolist())), 8) / 8
    odd = max(0.0, (steps == 0).mean() - 0.1) + (steps > 7).mean() + (grid == 0).mean()
    return several + 2 * one_scale(grid, past) - odd - max(0.0, again - 0.5)
