"""Composes a melody phrase by phrase: the best of several generated candidates is chosen for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine.media import Notes
from reimagine.metrics.melody import major_scale_share
from reimagine.stages.compose.melody.grid import (
    BAR,
    CLASSES,
    FIRST_PITCH,
    HOLD,
    PHRASE,
    REST,
    STEP,
    to_grid,
    to_notes,
)
from reimagine.stages.compose.melody.net import PhraseGenerator
from reimagine.stages.contract import Counts

if TYPE_CHECKING:
    from reimagine.stages.compose.melody.stage import Melody

CANDIDATES = 24
"""Candidates per phrase, half of them generated with the past and half without."""
DEFAULT_BARS = 16
"""Bars composed if neither the option nor the film's length is set."""
MIN_PITCHES = 8
"""Pitched steps of a phrase below which its score only counts them; and different pitches beyond which more of them
no longer raise the score."""
MAX_LEAP = 7
"""Semitones (a fifth). Larger intervals lower the score."""
FREE_REPEATS = 0.1
"""Share of repeated pitches that does not lower the score."""
FREE_SIMILARITY = 0.5
"""Share of steps equal to those of the phrase before that does not lower the score."""
SCALE_CONTEXT = 4
"""Phrases before the current one, at most, whose pitches count for its scale."""


class MelodyComposer:
    """A loaded `Melody`."""

    def __init__(self, net: PhraseGenerator, options: Melody, device: str) -> None:
        self.net, self.options, self.device = net, options, device

    def __call__(self, notes: Notes, counts: Counts | None = None, /) -> Notes:
        """A melody over the input notes, or, for an answer, the input notes and a melody after them."""
        bar_seconds = BAR * STEP * 60 / notes.tempo
        bars = self.options.bars or (max(1, round(notes.length / bar_seconds)) if notes.length else DEFAULT_BARS)
        past = to_grid(notes) if len(notes) else None
        if past is not None and len(past) % BAR:
            past = np.pad(past, (0, BAR - len(past) % BAR), constant_values=REST)
        melody = self._compose(past, BAR * bars)
        if not self.options.answer or past is None:
            return Notes(tuple(to_notes(melody, notes.tempo, notes.beat)), notes.tempo, notes.beat)
        start = notes.beat + len(past) * STEP * 60 / notes.tempo
        answer = tuple(to_notes(melody, notes.tempo, start))
        return Notes((*notes, *answer), notes.tempo, notes.beat)

    def _compose(self, past: np.ndarray | None, steps: int) -> np.ndarray:
        """A grid of `steps` steps that continues `past`."""
        rng = torch.Generator().manual_seed(self.options.seed)
        melody = np.zeros(0, int)
        while len(melody) < steps:
            before = np.concatenate([past, melody]) if past is not None else (melody if len(melody) else None)
            melody = np.concatenate([melody, self._phrase(before, rng)])
        melody = melody[:steps]
        melody[0] = REST if melody[0] == HOLD else melody[0]
        return melody

    @torch.inference_mode()
    def _phrase(self, past: np.ndarray | None, rng: torch.Generator) -> np.ndarray:
        """The candidate with the best score. Half of the candidates ignore the past, against repetition."""
        z = self.options.temperature * torch.randn(CANDIDATES, self.net.latent, generator=rng)
        condition = torch.cat([self._one_hot(past), self._one_hot(None)]).repeat(CANDIDATES // 2, 1, 1)
        grids = self.net(z.to(self.device), condition).argmax(1).cpu().numpy()
        candidates = [transpose_into_key(grid, past) for grid in grids]
        return max(candidates, key=lambda grid: phrase_score(grid, past))

    def _one_hot(self, grid: np.ndarray | None) -> Tensor:
        """(1, CLASSES, PHRASE): the last phrase of a grid, padded with rests in front; zeros for no grid."""
        if grid is None:
            return torch.zeros(1, CLASSES, PHRASE, device=self.device)
        phrase = np.concatenate([np.full(PHRASE, REST), grid])[-PHRASE:]
        return F.one_hot(torch.from_numpy(phrase), CLASSES).T[None].float().to(self.device)


def transpose_into_key(grid: np.ndarray, past: np.ndarray | None) -> np.ndarray:
    """The phrase, transposed by as few semitones (at most 6) as fit it best into one scale with the past."""
    if past is None:
        return grid
    pitched = grid >= FIRST_PITCH
    shifts = (0, *(sign * n for n in range(1, 7) for sign in (-1, 1)))
    transposed = [np.where(pitched, grid + shift, grid) for shift in shifts]
    inside = [
        candidate
        for candidate in transposed
        if candidate[pitched].min(initial=FIRST_PITCH) >= FIRST_PITCH and candidate[pitched].max(initial=2) < CLASSES
    ]
    return max(inside, key=lambda candidate: round(scale_share(candidate, past), 2))


def scale_share(grid: np.ndarray, past: np.ndarray | None) -> float:
    """Share of the pitches of `grid` and the end of `past` that lie in the major scale that fits them best."""
    classes = np.concatenate([grid, past[-SCALE_CONTEXT * len(grid) :] if past is not None else grid[:0]])
    return major_scale_share(classes[classes >= FIRST_PITCH])


def phrase_score(grid: np.ndarray, past: np.ndarray | None = None) -> float:
    """Score of a phrase (n,), higher for phrases that resemble a tune.

    Different pitches and a common scale with the past raise the score; repeated pitches, leaps, rests, and a copy of
    the phrase before lower it.
    """
    pitches = grid[grid >= FIRST_PITCH]
    if len(pitches) < MIN_PITCHES:
        return len(pitches) / MIN_PITCHES - 2
    intervals = np.abs(np.diff(pitches))
    before = past[-len(grid) :] if past is not None else grid[:0]
    similarity = float((before == grid).mean()) if len(before) == len(grid) else 0.0
    variety = min(len(set(pitches.tolist())), MIN_PITCHES) / MIN_PITCHES
    repeats = max(0.0, (intervals == 0).mean() - FREE_REPEATS)
    penalty = repeats + (intervals > MAX_LEAP).mean() + (grid == REST).mean()
    return variety + 2 * scale_share(grid, past) - penalty - max(0.0, similarity - FREE_SIMILARITY)
