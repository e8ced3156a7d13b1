"""Films in colour as training material: frames that matter, with their neighbours, shot by shot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import MediaError
from reimagine.media.frames import Frame
from reimagine.media.reader import open_film, read_film
from reimagine.media.shots import CutDetector

from ..unet.data import ab_of, worn

NEW = 2.5
"""Mean difference of luma (0..255) from the last frame that was taken that makes another one new."""
FLAT, GREY = 0.9, 2.0
"""A card or a credit: this share of it is of one tone. A grey frame: its mean chroma is below this."""
SIDE = 184
"""Short side, in pixels, at which frames are kept."""


@dataclass(frozen=True)
class Moment:
    """A frame of a film between its neighbours.

    Attributes:
        greys: (3, H, W) uint8 luma of the frame before, its own, and of the one after.
        image: (H, W, 3) uint8 RGB.
        shot: number of its shot.
    """

    greys: np.ndarray
    image: np.ndarray
    shot: int


def moments(path: Path, until: float = 1.0, most: int = 600) -> list[Moment]:
    """The frames of a film worth learning from: in colour, no cards or credits, no near-duplicates, none
    with a neighbour beyond a cut; at most so many, spread over it.

    Args:
        until: only this share of the film, from its beginning.

    Raises:
        MediaError: if there is nothing in colour to learn from.
    """
    detector = CutDetector()
    film = open_film(path, detector)
    stop = max(3, round(film.frames * until))
    found: list[Moment] = []
    for number, shot in enumerate(detector.shots(film.frames)):
        if shot.start < stop:
            found += _of_shot(read_film(film, shot.start, min(shot.stop, stop)), number)
    if not found:
        raise MediaError(f"{path}: nothing to learn colours from; it is grey, or shows cards only")
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, most).astype(int))]


def _of_shot(frames: Iterator[Frame], number: int) -> Iterator[Moment]:
    last: np.ndarray | None = None
    held: list[Frame] = []
    for frame in frames:
        held = [*held[-2:], frame]
        if len(held) < 3:
            continue
        small = cv2.resize(held[1].grey, (32, 24), interpolation=cv2.INTER_AREA).astype(np.float32)
        if (last is not None and np.abs(small - last).mean() < NEW) or not worth(held[1]):
            continue
        last = small
        size = _size(held[1])
        yield Moment(
            np.stack([f.resized_grey(size) for f in held]),
            cv2.resize(held[1].image, size, interpolation=cv2.INTER_AREA),
            number,
        )


def worth(frame: Frame) -> bool:
    """Whether a frame shows something, and in colour."""
    counts = np.bincount(frame.resized_grey((64, 48)).ravel() // 16, minlength=16)
    cb, cr = (np.abs(c.astype(np.float32) - 128).mean() for c in frame.chroma)
    return bool(counts.max() < FLAT * counts.sum() and np.hypot(cb, cr) > GREY)


def _size(frame: Frame) -> tuple[int, int]:
    scale = min(1.0, SIDE / min(frame.width, frame.height))
    return max(16, round(frame.width * scale)), max(16, round(frame.height * scale))


def split(found: list[Moment]) -> tuple[list[Moment], list[Moment]]:
    """To learn from and to validate with: every sixth shot is held out; of a film of few shots, its end."""
    shots = sorted({m.shot for m in found})
    if len(shots) >= 6:
        out = set(shots[3::6])
        return [m for m in found if m.shot not in out], [m for m in found if m.shot in out]
    cut = max(1, min(round(len(found) * 0.88), len(found) - 1))
    return found[:cut], found[cut:] or found


def batches(found: list[Moment], size: int, batch: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Endless (greys (N, 3, S, S) in 0..1, ab (N, 2, S/4, S/4)) float32: squares of most of a frame, half of
    them as old film shows them, the same wear on all three frames but for the grain."""
    rng = np.random.default_rng(seed)
    while True:
        chosen = [found[i] for i in rng.integers(0, len(found), batch)]
        pairs = [_square(m, size, rng) for m in chosen]
        yield tuple(np.stack(x) for x in zip(*pairs, strict=True))


def _square(moment: Moment, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    h, w = moment.image.shape[:2]
    side = int(min(h, w) * rng.uniform(0.7, 1.0))
    y, x = rng.integers(h - side + 1), rng.integers(w - side + 1)
    way = 1 if rng.random() < 0.5 else -1

    def piece(image: np.ndarray) -> np.ndarray:
        square = cv2.resize(image[y : y + side, x : x + side], (size, size), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(square[:, ::way])

    greys = [piece(g).astype(np.float32) / 255 for g in moment.greys]
    if rng.random() < 0.5:
        wear = int(rng.integers(1 << 30))
        greys = [worn(g, np.random.default_rng(wear)) for g in greys]
    return np.stack(greys), ab_of(piece(moment.image)).transpose(2, 0, 1)


def whole(moment: Moment, size: int) -> tuple[np.ndarray, np.ndarray]:
    """All of a frame, for asking: (greys (3, h, w) in 0..1, ab (2, h/4, w/4)), short side about `size`."""
    h, w = moment.image.shape[:2]
    sides = [max(32, round(s * size / min(h, w) / 16) * 16) for s in (w, h)]
    planes = (*moment.greys, moment.image)
    *greys, image = (cv2.resize(x, sides, interpolation=cv2.INTER_AREA) for x in planes)
    return np.stack(greys).astype(np.float32) / 255, ab_of(image).transpose(2, 0, 1)
