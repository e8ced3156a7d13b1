"""Photographs as training pairs: clean squares, and what time has made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from reimagine.degradation import tone
from reimagine.degradation.kinds import Degrader, apply_operations
from reimagine.degradation.operations import Dust, Holes, Operation, Scratches, Stains, ToneChange

from ..tone_restoration import developed

Rng = np.random.Generator


class Pair(NamedTuple):
    """(N, 1, S, S) float32 each, in 0..1."""

    worn: np.ndarray
    clean: np.ndarray
    lost: np.ndarray


def greys(photos: list[np.ndarray]) -> list[np.ndarray]:
    return [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in photos]


def square(photo: np.ndarray, size: int, rng: Rng) -> np.ndarray:
    """A piece of a grey picture as large as it is, or shrunk (which hides what compression did to it),
    perhaps mirrored: (size, size) float32 in 0..1."""
    h, w = photo.shape
    side = int(min(h, w, size * np.exp(max(0.0, rng.uniform(-0.7, 1.0)))))
    y, x = rng.integers(h - side + 1), rng.integers(w - side + 1)
    piece = photo[y : y + side, x : x + side]
    if side != size:
        way = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
        piece = cv2.resize(piece, (size, size), interpolation=way)
    piece = piece[:, ::-1] if rng.random() < 0.5 else piece
    return piece.astype(np.float32) / 255


def _scratches(rng: Rng) -> Operation:
    weak = rng.uniform(0.06, 0.3)
    return Scratches(rng, 0.0, int(rng.integers(1, 5)), (weak, weak + 0.35))


MISHAPS = {
    "blur": lambda rng: ToneChange(partial(cv2.GaussianBlur, ksize=(0, 0), sigmaX=rng.uniform(0.5, 2.0))),
    "grain": lambda rng: ToneChange(partial(tone.add_film_grain, rng=rng, amount=rng.uniform(0.3, 2.0))),
    "noise": lambda rng: ToneChange(partial(tone.add_gaussian_noise, rng=rng, sigma=rng.uniform(3, 45))),
    "stains": lambda rng: Stains(rng, int(rng.integers(1, 8)), rng.uniform(0.3, 0.8)),
    "scratches": _scratches,
    "dust": lambda rng: Dust(rng, rng.uniform(1, 8), 0.4),
    "holes": lambda rng: Holes(rng, rng.uniform(0.01, 0.15)),
    "jpeg": lambda rng: ToneChange(partial(tone.jpeg_compress, quality=round(np.exp(rng.uniform(2.1, 4.1))))),
}
"""What may happen to a picture, in the order in which it does."""
HARD = {"blur": 1.0, "jpeg": 1.0, "stains": 6.0}
"""What is hard to see, with how often it comes: learnt first and alone. Among damage that leaves most of a
picture well, no network would ever begin to touch it."""
ALONE = {"jpeg": 9.0, "stains": 3.0, "holes": 3.0}
"""Later it still comes alone so many times as often as the rest."""


def mishaps(rng: Rng) -> list[Operation]:
    """Nothing, one thing, several, or what an old print has."""
    fate, names = rng.random(), list(MISHAPS)
    if fate < 0.1:
        return []
    if fate < 0.75:
        return one_of({name: ALONE.get(name, 1.0) for name in names}, rng)
    if fate < 0.85:
        return aged(rng)
    return [MISHAPS[name](rng) for name in names if rng.random() < 0.3]


def aged(rng: Rng) -> list[Operation]:
    """An old print, but for its tones: a soft lens, grain, scratches and dust."""
    soft = ToneChange(partial(cv2.GaussianBlur, ksize=(0, 0), sigmaX=rng.uniform(0.5, 1.1)))
    grain = ToneChange(partial(tone.add_film_grain, rng=rng, amount=rng.uniform(0.6, 1.4)))
    return [soft, grain, _scratches(rng), Dust(rng, 1.6, 0.1)]


def one_of(often: dict[str, float], rng: Rng) -> list[Operation]:
    """One mishap, by how often each is to come."""
    shares = np.array(list(often.values()))
    return [MISHAPS[rng.choice(list(often), p=shares / shares.sum())](rng)]


def negative(grey: np.ndarray, rng: Rng) -> np.ndarray:
    """A negative, as it comes out of developing: nearly the picture again, with tones of its own."""
    base, dense, gamma = tones(rng)
    low, high = dense + rng.uniform(-0.02, 0.04), 1 - base + rng.uniform(-0.04, 0.02)  # as if measured
    return developed(tone.negative(grey, base, dense, gamma), low, high)


def tones(rng: Rng) -> tuple[float, float, float]:
    """Base, density and gamma of some negative."""
    return rng.uniform(0, 0.25), rng.uniform(0, 0.15), np.exp(rng.uniform(-0.4, 0.4))


def pairs(
    photos: list[np.ndarray], size: int, batch: int, seed: int, happens: Callable[[Rng], list[Operation]] = mishaps
) -> Iterator[Pair]:
    """Endless training pairs of grey photographs."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(photos))
        for start in range(0, len(order) - batch + 1, batch):
            clean = [square(photos[i], size, rng) for i in order[start : start + batch]]
            plates = [apply_operations(c.copy(), happens(rng), rng.uniform(0.4, 1.2)) for c in clean]
            shown = [negative(p.grey, rng) if rng.random() < 0.12 else p.grey for p in plates]
            yield Pair(*(np.stack(x)[:, None] for x in (shown, clean, [p.lost for p in plates])))


def polarities(photos: list[np.ndarray], size: int, batch: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Endless whole pictures (N, 1, size, size) in 0..1, worn; and whether each is a negative, (N,)."""
    rng = np.random.default_rng(seed)
    while True:
        answers = (rng.random(batch) < 0.5).astype(np.float32)
        shown = [_polar(photos[rng.integers(len(photos))], size, bool(answer), rng) for answer in answers]
        yield np.stack(shown)[:, None].astype(np.float32), answers


def _polar(photo: np.ndarray, size: int, inverted: bool, rng: Rng) -> np.ndarray:
    """Most of a photograph, perhaps worn, as a negative or a print."""
    h, w = photo.shape
    top, left, bottom, right = (int(rng.uniform(0, 0.2) * side) for side in (h, w, h, w))
    piece = photo[top : h - bottom, left : w - right][:, :: rng.choice([-1, 1])]
    grey = cv2.resize(piece, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    if rng.random() < 0.5:
        grey = apply_operations(grey, mishaps(rng), 0.5).grey
    base, dense, gamma = tones(rng)
    if inverted:
        return tone.negative(grey, base, dense, gamma)
    return tone.faded(grey, dense, 1 - base, gamma) if rng.random() < 0.5 else grey


HELD = ("none", "noise", "jpeg", "blur", "scratches", "dust", "stains", "holes")
"""Kinds of damage that held-out photographs are asked with."""


def held_out(photos: list[np.ndarray], size: int = 192) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(worn, clean), (N, 1, size, size) each, by kind."""
    clean = [cv2.resize(p, (size, size), interpolation=cv2.INTER_AREA) for p in photos]
    truth = np.stack(clean)[:, None].astype(np.float32) / 255
    asked = {"none": truth}
    for kind in HELD[1:]:
        asked[kind] = np.stack([Degrader(kind, n)(c).grey for n, c in enumerate(clean)])[:, None]
    return {kind: (shown, truth) for kind, shown in asked.items()}
