"""Which instrument plays when: named ones at moments, or random ones, and everything between."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reimagine.errors import StageError, unknown_name

Latent = np.ndarray


def slerp(a: Latent, b: Latent, part: float) -> Latent:
    """Along the arc from a to b; along the line where there is no arc (White 2016, section 2.1)."""
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-4:
        return (1 - part) * a + part * b
    return (np.sin((1 - part) * angle) * a + np.sin(part * angle) * b) / np.sin(angle)


@dataclass(frozen=True)
class Schedule:
    """Latents at moments (seconds, rising); between two of them the sound turns from one into the other.

    Attributes:
        cuts: if any, the sound only changes there.
    """

    moments: tuple[float, ...]
    latents: tuple[Latent, ...]
    cuts: tuple[float, ...] = ()

    def at(self, second: float) -> Latent:
        if self.cuts:
            place = bisect_right(self.cuts, second + 0.02)
            second = self.cuts[place - 1] if place else 0.0
        later = bisect_right(self.moments, second)
        if later == 0 or later == len(self.moments):
            return self.latents[max(0, later - 1)]
        before, after = self.moments[later - 1], self.moments[later]
        part = round((second - before) / (after - before) * 16) / 16
        return slerp(self.latents[later - 1], self.latents[later], part)


def schedule(
    text: str,
    known: Mapping[str, Latent],
    draw: Callable[[], Latent],
    seconds: float,
    every: float = 5.0,
    cuts: Sequence[float] = (),
) -> Schedule:
    """Of "random" (a new one `every` so many seconds, out of `draw`), or "flute@0,violin@30,organ@100%".

    Raises:
        StageError: an instrument nobody knows (the nearest name is offered), a moment that is none.
    """
    if text.strip() == "random":
        if every <= 0:
            raise StageError(f"timbre: --change-every {every}; give seconds above 0")
        count = max(2, int(np.ceil(seconds / every)) + 1)
        moments, latents = zip(*((n * every, draw()) for n in range(count)), strict=True)
        return Schedule(moments, latents, tuple(cuts))
    placed = sorted((_placed(piece, known, seconds) for piece in text.split(",")), key=lambda p: p[0])
    return Schedule(tuple(m for m, _ in placed), tuple(z for _, z in placed), tuple(cuts))


def _placed(piece: str, known: Mapping[str, Latent], seconds: float) -> tuple[float, Latent]:
    match = re.fullmatch(r"\s*([^@]+?)\s*(?:@\s*(\d+(?:\.\d+)?)\s*(%|s)?\s*)?", piece)
    if not match:
        raise StageError(
            f"timbre: {piece.strip()!r} is no instrument at a moment; write flute@30 (seconds) or flute@50%"
        )
    moment = float(match[2] or 0)
    return moment * seconds / 100 if match[3] == "%" else moment, known[named(match[1], known)]


def named(word: str, known: Mapping[str, Latent]) -> str:
    """The instrument of that name, or the first that has the word in its name: "organ"."""
    word = re.sub(r"[ _]+", "-", word.strip().lower())
    if word in known:
        return word
    inside = [n for n in known if word in n.split("-")]
    if not inside:
        raise StageError(unknown_name("instrument", word, known) + "; `reimagine models show timbre` lists them")
    return inside[0]
