"""Open a source, and decode its frames by number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.files import check_readable
from reimagine.media.film import (
    IMAGE_SUFFIXES,
    MIDI_SUFFIXES,
    Film,
    fingerprint,
    is_constant_rate,
    list_images,
)
from reimagine.media.frames import Frame, frame_from_image, pad_to_even
from reimagine.media.notes import read_notes

if TYPE_CHECKING:
    import av
    import numpy as np

STILL_RATE = Fraction(25)
LEAST = 16
"""Pixels a side: of less there is nothing to see."""


@contextmanager
def open_container(path: Path, mode: str = "r", **options) -> Iterator[av.container.InputContainer]:
    """PyAV's container, with FFmpeg's complaints as one line."""
    import av

    av.logging.set_level(None)  # FFmpeg's log would want the interpreter from a decoding thread
    try:
        with av.open(str(path), mode, **options) as box:
            yield box
    except av.FFmpegError as error:
        raise MediaError(f"{path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", "") or str(error)
    if "Invalid data" in text:
        return "not a film, or damaged (FFmpeg finds no valid data in it)"
    return text


def open_film(path: Path, look: Callable[[int, np.ndarray], None] | None = None) -> Film:
    """Read a source once from end to end and state the facts.

    Args:
        look: called with each frame's number and luma ((H, W) uint8), so that whoever needs to
            see every frame (the cut detector) shares this one decoding.

    Raises:
        MediaError: for what is no film, has nothing in it, or is too small to see.
    """
    path = Path(path)
    check_readable(path)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return _seen(_open_stills(path, look))
    if path.suffix.lower() in MIDI_SUFFIXES:
        seconds = read_notes(path).seconds + 2.0
        return Film(str(path), fingerprint(path), 0, STILL_RATE, 0, 0, seconds)
    import av

    with open_container(path) as box:
        sounds, pictures = (
            len(box.streams.audio),
            [s for s in box.streams.video if not s.disposition & av.stream.Disposition.attached_pic],
        )
        if not pictures and not sounds:
            raise MediaError(f"{path}: has neither picture nor sound")
        if not pictures:
            seconds = _sound_seconds(box)
            return Film(str(path), fingerprint(path), 0, STILL_RATE, 0, 0, seconds, sounds=sounds)
        return _seen(_scan(path, box, pictures[0], sounds, look))


def _seen(film: Film) -> Film:
    if min(film.width, film.height) < LEAST:
        size = f"{film.width}x{film.height}"
        raise MediaError(f"{film.source}: is {size}; give a picture of at least {LEAST} pixels a side")
    return film


def _sound_seconds(box: av.container.InputContainer) -> float:
    if box.duration:
        return box.duration / 1e6
    end = 0.0
    for frame in box.decode(audio=0):
        end = float(frame.time or 0) + frame.samples / frame.sample_rate
    return end


def _scan(path, box, stream, sounds, look) -> Film:
    """Decode everything once: numbers, times, interlacing; and let `look` see the luma."""
    stream.thread_type = "AUTO"
    pts: list[int] = []
    interlaced = 0
    facts: Film | None = None
    damaged = ""
    try:
        for number, picture in enumerate(box.decode(stream)):
            if facts is None:
                facts = _first_facts(path, stream, picture, sounds)
            pts.append(picture.pts if picture.pts is not None else number)
            interlaced += picture.interlaced_frame
            if look:
                look(number, _luma_of(picture))
    except Exception as error:
        if not hasattr(error, "strerror") or not pts:
            raise
        damaged = f"the file breaks off after frame {len(pts)} ({_reason(error)})"
    if facts is None:
        raise MediaError(f"{path}: holds no frame that can be decoded")
    order = sorted(range(len(pts)), key=pts.__getitem__)
    if order != list(range(len(pts))) or len(set(pts)) < len(pts):
        facts = replace(facts, frames=len(pts), seconds=float(len(pts) / facts.rate))
        return replace(facts, notes=("frame times out of order: a constant rate is assumed",))
    return _with_times(facts, stream, pts, interlaced, damaged)


def _luma_of(picture: av.VideoFrame) -> np.ndarray:
    from reimagine.media.frames import plane

    planar = picture.format.name in ("yuv420p", "yuvj420p", "gray", "yuv422p", "yuv444p", "nv12")
    return plane(picture if planar else picture.reformat(format="gray"), 0)


def _first_facts(path: Path, stream, picture: av.VideoFrame, sounds: int) -> Film:
    width, height = picture.width, picture.height
    turned = round(-picture.rotation) % 360
    if turned in (90, 270):
        width, height = height, width
    matrix = {1: "bt709", 5: "bt601", 6: "bt601"}.get(int(picture.colorspace), "")
    rate = Fraction(stream.average_rate or stream.guessed_rate or STILL_RATE)
    return Film(
        str(path),
        fingerprint(path),
        0,
        rate,
        width,
        height,
        0.0,
        sounds=sounds,
        rotation=turned,
        matrix=matrix or ("bt709" if height >= 720 else "bt601"),
        full=int(picture.color_range) == 2 or picture.format.name.startswith("yuvj"),
        aspect=Fraction(stream.sample_aspect_ratio or 1),
    )


def _with_times(film: Film, stream, pts: list[int], interlaced: int, damaged: str) -> Film:
    tick = Fraction(stream.time_base)
    ticks = [p - pts[0] for p in pts]
    notes = [damaged] if damaged else []
    if len(pts) > 1 and ticks[-1] and not damaged:
        measured = Fraction(len(pts) - 1) / (ticks[-1] * tick)
        nominal = Fraction(stream.guessed_rate or film.rate)
        rate = next((r for r in (film.rate, nominal) if is_constant_rate(ticks, tick, r)), None)
        variable = rate is None
        film = replace(film, rate=rate or measured.limit_denominator(1001))
        if variable:
            notes.append("variable frame rate: every frame keeps its own time")
            film = replace(film, ticks=tuple(ticks), tick=tick)
    if interlaced > len(pts) // 2:
        notes.append("interlaced: deinterlaced")
    if film.rotation:
        notes.append(f"rotated by {film.rotation} degrees as its maker asked")
    end = film.ticks[-1] * tick + 1 / film.rate if film.ticks else len(pts) / film.rate
    return replace(
        film,
        frames=len(pts),
        pts=tuple(pts),
        seconds=float(end),
        interlaced=interlaced > len(pts) // 2,
        notes=tuple(notes),
    )


def _open_stills(path: Path, look) -> Film:
    files = list_images(path) if path.is_dir() else [path]
    if not files:
        raise MediaError(f"{path}: a folder with no pictures in it ({', '.join(IMAGE_SUFFIXES)})")
    for number, file in enumerate(files):
        image = read_image(file)
        if number == 0:
            height, width = image.shape[:2]
        if look:
            look(number, image[..., 1])
    return Film(
        str(path),
        fingerprint(path),
        len(files),
        STILL_RATE,
        width,
        height,
        len(files) / 25,
        stills=tuple(map(str, files)),
        full=True,
    )


def read_image(path: Path) -> np.ndarray:
    """A picture file as (H, W, 3) uint8 RGB, turned as its EXIF says."""
    import cv2
    import numpy as np

    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise MediaError(f"{path}: not a picture, or damaged")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_film(film: Film, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
    """Frames `start` to `stop` of a source, upright and progressive, 4:2:0."""
    stop = film.frames if stop is None else min(stop, film.frames)
    if film.is_still:
        yield from _read_stills(film, start, stop)
        return
    with open_container(Path(film.source)) as box:
        stream = box.streams.video[0]
        stream.thread_type = "AUTO"
        numbers = {p: n for n, p in enumerate(film.pts)}
        if start and numbers:
            box.seek(film.pts[start - film.interlaced], stream=stream)
        for count, picture in enumerate(_filtered(box.decode(stream), film, stream)):
            index = numbers.get(picture.pts, -1) if numbers else count - film.first
            if start <= index < stop:
                yield Frame(index, pad_to_even(picture), matrix=film.matrix, full=film.full)
            if index >= stop - 1:
                return


def _read_stills(film: Film, start: int, stop: int) -> Iterator[Frame]:
    import cv2

    for index in range(start, stop):
        image = read_image(Path(film.stills[index]))
        if image.shape[:2] != (film.height, film.width):
            image = cv2.resize(image, (film.width, film.height), interpolation=cv2.INTER_AREA)
        yield Frame(index, pad_to_even(frame_from_image(index, image).picture), full=True)


def _filtered(pictures, film: Film, stream) -> Iterator[av.VideoFrame]:
    """Turn, deinterlace and convert to 8-bit 4:2:0, only where it is needed."""
    names = (["bwdif=mode=send_frame"] if film.interlaced else []) + {
        90: ["transpose=clock"],
        180: ["hflip", "vflip"],
        270: ["transpose=cclock"],
    }.get(film.rotation, [])
    if not names:
        for picture in pictures:
            yield _planar(picture)
        return
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(template=stream)
    nodes = [source]
    for name in names:
        title, _, options = name.partition("=")
        nodes.append(graph.add(title, options or None))
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    yield from (_planar(p) for p in _pump(graph, pictures))


def _pump(graph, pictures) -> Iterator[av.VideoFrame]:
    """One picture out for each one in, under its own time: filters count in ticks of their own."""
    import av

    times: deque = deque()
    for picture in chain(pictures, [None]):
        if picture is not None:
            times.append((picture.pts, picture.time_base))
        graph.push(picture)
        while times:
            try:
                made = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            made.pts, made.time_base = times.popleft()
            yield made


def _planar(picture: av.VideoFrame) -> av.VideoFrame:
    if picture.format.name in ("yuv420p", "yuvj420p"):
        return picture
    kept = picture.pts, picture.time_base
    picture = picture.reformat(format="yuv420p")
    picture.pts, picture.time_base = kept
    return picture
