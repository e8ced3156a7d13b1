"""One part of a picture step: a frame range, done by whoever the engine gives it to."""
from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reimagine.media.film import Film
from reimagine.media.frames import Frame, Shot, prefetch
from reimagine.media.reader import read_film
from reimagine.media.writer import read_picture, write_picture, write_text

LONGEST = 240
"""Frames of a part at most: what a power cut can cost."""

Tick = Callable[[int], None]


@dataclass(frozen=True)
class Picture:
    """Where a track's frames lie: stretches of frame numbers, each in a file ("" is the source)."""

    stretches: tuple[tuple[str, int, int], ...]

    @property
    def frames(self) -> int:
        return self.stretches[-1][2] if self.stretches else 0

    def read(self, film: Film, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames by number, from whichever file holds them."""
        stop = self.frames if stop is None else stop
        for path, first, end in self.stretches:
            a, b = max(first, start), min(end, stop)
            if a < b:
                yield from read_picture(Path(path), film, a, b) if path else read_film(film, a, b)


@dataclass(frozen=True)
class Part:
    """Plain data: all a worker needs, and it pickles. Frames before `start` only warm the model."""

    model: Any
    picture: Picture
    film: Film
    shot: Shot
    warm: int
    start: int
    stop: int
    out: Path
    device: str
    codec: str

    @property
    def sidecar(self) -> Path:
        return self.out.with_suffix(".json")


def plan(shots: Iterable[Shot], context: int) -> Iterator[tuple[Shot, int, int, int]]:
    """(shot, first frame to read, start, stop): long shots are cut, state never crosses a cut."""
    for shot in shots:
        for start in range(shot.start, shot.stop, LONGEST):
            yield shot, max(shot.start, start - context), start, min(start + LONGEST, shot.stop)


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
    begun = time.monotonic()
    work = loaded(part.model, part.device)
    before = dict(getattr(work, "counts", {}))
    source = (f.at(f.index, part.shot) for f in part.picture.read(part.film, part.warm, part.stop))
    made = (f for f in work(prefetch(source, 8)) if f.index >= part.start)
    part.out.parent.mkdir(parents=True, exist_ok=True)
    count = write_picture(part.out, _ticking(prefetch(made, 8), tick), part.film.rate, part.codec)
    if count != part.stop - part.start:
        raise RuntimeError(f"{part.out.name}: {count} frames made of {part.stop - part.start}")
    counts = {k: v - before.get(k, 0) for k, v in getattr(work, "counts", {}).items()}
    facts = {"seconds": time.monotonic() - begun, "counts": {k: v for k, v in counts.items() if v}}
    write_text(part.sidecar, json.dumps(facts))
    return part.out


def _ticking(frames: Iterable[Frame], tick: Tick | None) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        if tick:
            tick(1)
