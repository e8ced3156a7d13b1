"""One part of a picture step: a frame range, done by whoever the engine gives it to."""
from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import cv2

from reimagine.media.files import write_text
from reimagine.media.film import Film
from reimagine.media.frames import Frame, Shot, prefetch, ticking
from reimagine.media.reader import read_film
from reimagine.media.writer import read_picture, write_picture

LONGEST = 240
"""Frames of a part at most: what a power cut can cost."""

Tick = Callable[[float], None]


@dataclass(frozen=True)
class Picture:
    """Where a track's frames lie: stretches of frame numbers, each in a file ("" is the source)."""

    stretches: tuple[tuple[str, int, int], ...]

    @property
    def frames(self) -> int:
        return self.stretches[-1][2] if self.stretches else 0

    def until(self, frame: int) -> Picture:
        """The frames before this one."""
        return Picture(tuple((p, a, min(b, frame)) for p, a, b in self.stretches if a < frame))

    def read(self, film: Film, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames by number, from whichever file holds them."""
        stop = self.frames if stop is None else stop
        for path, first, end in self.stretches:
            a, b = max(first, start), min(end, stop)
            if a < b:
                yield from read_picture(Path(path), film, a, b) if path else read_film(film, a, b)


@dataclass(frozen=True)
class Part:
    """Plain data: all a worker needs, and it pickles.

    The model sees the frames `warm` to `until` and those of `start` to `stop` are kept: the others
    tell it what was before and what comes after. `own` is the film itself, restored if it was; from frame
    `known` on it has none.
    """

    model: Any
    picture: Picture
    own: Picture
    film: Film
    known: int
    shot: Shot
    warm: int
    start: int
    stop: int
    until: int
    out: Path
    device: str
    codec: str

    @property
    def sidecar(self) -> Path:
        return self.out.with_suffix(".json")


def plan(shots: Iterable[Shot], model: Any) -> Iterator[tuple[Shot, int, int, int, int]]:
    """(shot, warm, start, stop, until): long shots are cut, state never crosses a cut."""
    ahead = getattr(model, "ahead", 0)
    for shot in shots:
        for start in range(shot.start, shot.stop, LONGEST):
            stop = min(start + LONGEST, shot.stop)
            yield (shot, max(shot.start, start - model.context), start, stop,
                   min(shot.stop, stop + ahead))  # fmt: skip


@functools.cache
def loaded(model: Any, device: str) -> Any:
    """One load per process, however many parts it does."""
    return model.load(device)


def do_part(part: Part, tick: Tick | None = None) -> Path:
    """Make a part unless it is there; gives back its file."""
    if part.sidecar.exists():  # written last: the part before it is whole
        if tick:
            tick(part.stop - part.start)
        return part.out
    cv2.setNumThreads(1)  # decoding, flow, network and encoding have threads of their own
    begun = time.monotonic()
    work = loaded(part.model, part.device)
    before = dict(getattr(work, "counts", {}))
    made = (f for f in work(prefetch(given(part), 8)) if part.start <= f.index < part.stop)
    part.out.parent.mkdir(parents=True, exist_ok=True)
    count = write_picture(part.out, ticking(prefetch(made, 8), tick), part.film.rate, part.codec)
    if count != part.stop - part.start:
        raise RuntimeError(f"{part.out.name}: {count} frames made of {part.stop - part.start}")
    counts = {k: v - before.get(k, 0) for k, v in getattr(work, "counts", {}).items()}
    facts = {"seconds": time.monotonic() - begun, "counts": {k: v for k, v in counts.items() if v}}
    write_text(part.sidecar, json.dumps(facts))
    return part.out


def given(part: Part) -> Iterator[Frame]:
    """The frames a model asks for: of an earlier shot that looks alike one, if it wants that
    (`scenes`); then its own, each with the film's picture beside it if it wants that (`guided`)."""
    like = part.shot.like
    if like is not None and getattr(part.model, "scenes", False):
        for frame in part.picture.read(part.film, like, like + 1):
            yield frame.at(like, Shot(like, like + 1))
    frames = part.picture.read(part.film, part.warm, part.until)
    if getattr(part.model, "guided", False):
        frames = _beside(frames, part.own.read(part.film, part.warm, min(part.until, part.known)))
    for frame in frames:
        yield frame.at(frame.index, part.shot)


def _beside(frames: Iterable[Frame], sources: Iterable[Frame]) -> Iterator[Frame]:
    """Past the source's end (`continue`) a frame has none."""
    for frame, source in zip_longest(frames, prefetch(sources, 8)):
        yield replace(frame, source=source)
