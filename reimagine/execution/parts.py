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

from reimagine.media.files import write_text_atomically
from reimagine.media.film import Film
from reimagine.media.frames import Frame, Shot, prefetch, report_progress
from reimagine.media.track import PictureTrack
from reimagine.media.writer import write_frames

LONGEST = 240
"""Frames of a part at most: what a power cut can cost."""

Tick = Callable[[float], None]


@dataclass(frozen=True)
class Part:
    """Plain data: all a worker needs, and it pickles.

    The model sees the frames `warm` to `until` and those of `start` to `stop` are kept: the others
    tell it what was before and what comes after. `own` is the film itself, restored if it was; from frame
    `known` on it has none.
    """

    model: Any
    picture: PictureTrack
    own: PictureTrack
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
            yield (shot, max(shot.start, start - model.context), start, stop, min(shot.stop, stop + ahead))


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
    count = write_frames(part.out, report_progress(prefetch(made, 8), tick), part.film.rate, part.codec)
    if count != part.stop - part.start:
        raise RuntimeError(f"{part.out.name}: {count} frames made of {part.stop - part.start}")
    counts = {k: v - before.get(k, 0) for k, v in getattr(work, "counts", {}).items()}
    facts = {"seconds": time.monotonic() - begun, "counts": {k: v for k, v in counts.items() if v}}
    write_text_atomically(part.sidecar, json.dumps(facts))
    return part.out


def given(part: Part) -> Iterator[Frame]:
    """The frames a model asks for: of an earlier shot that looks alike one, if it wants that
    (`scenes`); then its own, each with the film's picture beside it if it wants that (`guided`)."""
    like = part.shot.similar_frame
    if like is not None and getattr(part.model, "scenes", False):
        for frame in part.picture.read(part.film, like, like + 1):
            yield frame.renumbered(like, Shot(like, like + 1))
    frames = part.picture.read(part.film, part.warm, part.until)
    if getattr(part.model, "guided", False):
        frames = _beside(frames, part.own.read(part.film, part.warm, min(part.until, part.known)))
    for frame in frames:
        yield frame.renumbered(frame.index, part.shot)


def _beside(frames: Iterable[Frame], sources: Iterable[Frame]) -> Iterator[Frame]:
    """Past the source's end (`continue`) a frame has none."""
    for frame, source in zip_longest(frames, prefetch(sources, 8)):
        yield replace(frame, source=source)
