"""Parts of a picture step: frame ranges that are processed independently of each other."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from av import VideoFormat

from reimagine.errors import RunError
from reimagine.files import write_text_atomically
from reimagine.media.iteration import prefetch, report_progress
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame, Shot
from reimagine.media.video.track import PictureTrack
from reimagine.media.video.writer import write_frames
from reimagine.records import read_json
from reimagine.stages.contract import Counts, PictureModel

MAX_FRAMES = 240
"""Frames of a part at most: the work that a killed process loses."""
READ_AHEAD = 8
"""Frames decoded ahead of the model, and processed ahead of the encoder."""

T = TypeVar("T", covariant=True)


class Loadable(Protocol[T]):
    """A model of any kind."""

    def load(self, device: str) -> T:
        """Load weights."""
        ...


class FrameRange(NamedTuple):
    """The frames of a part.

    Frames `first` to `end` (exclusive) are the model's input; `start` to `stop` (exclusive) are written. The others are
    context and look-ahead. `shot` is that of the frames that are written.
    """

    shot: Shot
    first: int
    start: int
    stop: int
    end: int


class Work(Protocol):
    """What all parts of a step have in common; it can be pickled, so that another process can do them."""

    @property
    def codec(self) -> str:
        """Codec of the files that are written."""
        ...

    @property
    def rate(self) -> Fraction:
        """Frames per second of the files that are written."""
        ...

    def frames(self, part: FrameRange, counts: Counts) -> Iterator[Frame]:
        """Yield the frames of a part in order, perhaps with others before and after them."""
        ...


@dataclass(frozen=True)
class PictureWork:
    """The work of a model that processes frames.

    Attributes:
        picture: the track to read.
        source: the film's own picture, for models that use it.
        source_frames: number of frames of the film's own picture; generated frames have no source.
        codec: codec of the files that are written.
        resizes: whether the processed frames have another size.
    """

    model: PictureModel
    picture: PictureTrack
    source: PictureTrack
    source_frames: int
    device: str
    codec: str
    resizes: bool = False

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.picture.film.rate

    def frames(self, part: FrameRange, counts: Counts) -> Iterator[Frame]:
        """Yield the processed frames of a part, with its context and look-ahead."""
        return load_once(self.model, self.device)(prefetch(input_frames(self, part), READ_AHEAD), counts)


@dataclass(frozen=True)
class Part:
    """One part of a step.

    Attributes:
        out: the file to write.
    """

    frames: FrameRange
    out: Path

    def __str__(self) -> str:
        """The part in messages."""
        return f"{self.out.parent.parent.name}: frames {self.frames.start} to {self.frames.stop - 1}"

    @property
    def sidecar(self) -> Path:
        """The JSON file with the part's result, written after `out`: its presence means that the part is done."""
        return self.out.with_suffix(".json")


@dataclass(frozen=True)
class PartResult:
    """Output of a part: its file, the number of frames, processing time in seconds, totals by name."""

    path: Path
    frames: int
    seconds: float
    counts: Counts = field(default_factory=Counts)


def frame_ranges(shots: Iterable[Shot], model: PictureModel) -> Iterator[FrameRange]:
    """The parts of a film: no part crosses a cut, and long shots are divided."""
    for shot in shots:
        for start in range(shot.start, shot.stop, MAX_FRAMES):
            stop = min(start + MAX_FRAMES, shot.stop)
            first, end = max(shot.start, start - model.context), min(shot.stop, stop + model.look_ahead)
            yield FrameRange(shot, first, start, stop, end)


@functools.cache
def load_once(model: Loadable[T], device: str) -> T:
    """The loaded model; it is loaded once per process."""
    return model.load(device)


def process_part(work: Work, part: Part, advance: Callable[[float], None]) -> PartResult:
    """Process a part, unless it is done already.

    Args:
        advance: called with the number of frames that are newly done.
    """
    if result := _read_result(part):
        advance(result.frames)
        return result
    begun, counts = time.monotonic(), Counts()
    written = range(part.frames.start, part.frames.stop)
    output = prefetch((f for f in work.frames(part.frames, counts) if f.index in written), READ_AHEAD)
    part.out.parent.mkdir(parents=True, exist_ok=True)
    count = write_frames(part.out, report_progress(output, advance), work.rate, work.codec)
    if count != len(written):
        raise RuntimeError(f"{part.out.name}: {count} frames were written instead of {len(written)}")
    nonzero = Counts({name: value for name, value in counts.items() if value})
    result = PartResult(part.out, count, time.monotonic() - begun, nonzero)
    write_text_atomically(part.sidecar, json.dumps({**asdict(result), "path": part.out.name}))
    return result


@dataclass(frozen=True)
class _Sidecar:
    """The contents of a sidecar."""

    frames: int
    seconds: float
    counts: dict[str, float]


def _read_result(part: Part) -> PartResult | None:
    """The result of a part that is done; None if it is not, or if its sidecar is damaged."""
    if not part.sidecar.exists() or not part.out.exists():
        return None
    try:
        facts = read_json(part.sidecar, _Sidecar, RunError, "")
    except RunError:
        return None
    is_whole = facts.frames == part.frames.stop - part.frames.start
    return PartResult(part.out, facts.frames, facts.seconds, Counts(facts.counts)) if is_whole else None


def input_frames(work: PictureWork, part: FrameRange) -> Iterator[Frame]:
    """Yield the model's input frames of a part.

    First one frame of the earlier shot that shows the same view, if the model reuses scenes; then the part's own,
    each with the film's own frame as `source`, if the model uses it.
    """
    similar = part.shot.similar_frame
    if similar is not None and work.model.scene_reuse:
        for frame in work.picture.read(similar, similar + 1):
            yield frame.renumbered(similar, Shot(similar, similar + 1))
    frames = work.picture.read(part.first, part.end)
    if work.resizes:
        frames = (cropped(frame, work.picture.film) for frame in frames)
    if work.model.uses_source:
        end = min(part.end, work.source_frames)
        frames = _with_sources(frames, work.source.read(part.first, end))
    for frame in frames:
        yield frame.renumbered(frame.index, part.shot)


def cropped(frame: Frame, film: Film) -> Frame:
    """The frame without the column and the row that were repeated to make the sides of an odd film even."""
    if (frame.width, frame.height) == (film.width, film.height):
        return frame
    chroma = VideoFormat(frame.pixel_format)
    sizes = (film.height, film.width), *[(chroma.chroma_height(film.height), chroma.chroma_width(film.width))] * 2
    return frame.with_samples([samples[:h, :w] for samples, (h, w) in zip(frame.planes, sizes, strict=True)])


def _with_sources(frames: Iterable[Frame], sources: Iterable[Frame]) -> Iterator[Frame]:
    """Frames with their sources; generated frames, which come last, have none."""
    for frame, source in zip_longest(frames, prefetch(sources, READ_AHEAD)):
        yield replace(frame, source=source)
