"""Opening of a film, and decoding of its frames by number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.container import error_reason, open_container, use_decoding_threads
from reimagine.media.files import check_readable
from reimagine.media.film import IMAGE_SUFFIXES, MIDI_SUFFIXES, Film, fingerprint, is_constant_rate
from reimagine.media.frames import Frame, pad_to_even, plane
from reimagine.media.image_files import open_images, read_image, read_image_frames
from reimagine.media.notes import read_notes

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame, VideoStream
    from av.container import InputContainer
    from av.filter import Graph

__all__ = ["OnFrame", "open_container", "open_film", "read_film", "read_image"]

DEFAULT_RATE = Fraction(25)
"""Frames per second of a source that states none, such as a sound file."""
MIN_SIDE = 16
"""Pixels: smaller pictures are refused."""
MIDI_RELEASE = 2.0
"""Seconds added after the last note of a MIDI file, in which it fades out."""
PLANAR_LUMA = ("yuv420p", "yuvj420p", "gray", "yuv422p", "yuv444p", "nv12")
"""Pixel formats whose first plane is 8-bit luma."""
ROTATION_FILTERS = {90: ["transpose=clock"], 180: ["hflip", "vflip"], 270: ["transpose=cclock"]}
"""FFmpeg's filters for each rotation, in degrees clockwise."""

OnFrame = Callable[[int, "np.ndarray"], None]
"""Receives a frame's number and its luma, (H, W) uint8."""


def open_film(path: Path, on_frame: OnFrame | None = None) -> Film:
    """Decode a source once from end to end and return its properties.

    Args:
        path: a film, a sound file, a MIDI file, an image or a folder of images.
        on_frame: called with every frame, so that an analysis of all frames needs no second decoding.

    Raises:
        MediaError: the source cannot be read, is empty, or its picture is smaller than `MIN_SIDE`.
    """
    path = Path(path)
    check_readable(path)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return _checked_size(open_images(path, on_frame))
    if path.suffix.lower() in MIDI_SUFFIXES:
        return Film(str(path), fingerprint(path), 0, DEFAULT_RATE, 0, 0, read_notes(path).seconds + MIDI_RELEASE)
    from av.stream import Disposition

    with open_container(path) as container:
        sounds = len(container.streams.audio)
        pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not pictures and not sounds:
            raise MediaError(f"{path}: has neither picture nor sound; give a film, a sound file or images")
        if not pictures:
            seconds = _sound_seconds(container)
            return Film(str(path), fingerprint(path), 0, DEFAULT_RATE, 0, 0, seconds, sounds=sounds)
        return _checked_size(_scan(path, container, pictures[0], sounds, on_frame))


def _checked_size(film: Film) -> Film:
    if min(film.width, film.height) < MIN_SIDE:
        size = f"{film.width}x{film.height}"
        raise MediaError(f"{film.source}: is {size}; give a picture of at least {MIN_SIDE} pixels a side")
    return film


def _sound_seconds(container: InputContainer) -> float:
    if container.duration:
        return container.duration / 1e6
    end = 0.0
    for frame in container.decode(audio=0):
        end = float(frame.time or 0) + frame.samples / frame.sample_rate
    return end


def _scan(path: Path, container: InputContainer, stream: VideoStream, sounds: int, on_frame: OnFrame | None) -> Film:
    """Decode all frames: their number, their times, and whether they are interlaced."""
    from av.error import FFmpegError

    use_decoding_threads(stream)
    pts: list[int] = []
    interlaced = 0
    film: Film | None = None
    damaged = ""
    try:
        for number, picture in enumerate(container.decode(stream)):
            if film is None:
                film = _properties(path, stream, picture, sounds)
            pts.append(picture.pts if picture.pts is not None else number)
            interlaced += picture.interlaced_frame
            if on_frame:
                on_frame(number, _luma(picture))
    except (FFmpegError, OSError) as error:
        if not pts:
            raise
        damaged = f"the file breaks off after frame {len(pts)} ({error_reason(error)})"
    if film is None:
        raise MediaError(f"{path}: holds no frame that can be decoded; it is damaged, or its codec is not supported")
    order = sorted(range(len(pts)), key=pts.__getitem__)
    if order != list(range(len(pts))) or len(set(pts)) < len(pts):
        film = replace(film, frames=len(pts), seconds=float(len(pts) / film.rate))
        return replace(film, notes=("frame times out of order: a constant rate is assumed",))
    return _with_times(film, stream, pts, interlaced, damaged)


def _luma(picture: VideoFrame) -> np.ndarray:
    """(H, W) uint8."""
    return plane(picture if picture.format.name in PLANAR_LUMA else picture.reformat(format="gray"), 0)


def _properties(path: Path, stream: VideoStream, picture: VideoFrame, sounds: int) -> Film:
    """What the first frame and the stream's header say of a film."""
    width, height = picture.width, picture.height
    rotation = round(-picture.rotation) % 360
    if rotation in (90, 270):
        width, height = height, width
    matrix = {1: "bt709", 5: "bt601", 6: "bt601"}.get(int(picture.colorspace), "")
    return Film(
        str(path),
        fingerprint(path),
        0,
        Fraction(stream.average_rate or stream.guessed_rate or DEFAULT_RATE),
        width,
        height,
        0.0,
        sounds=sounds,
        rotation=rotation,
        matrix=matrix or ("bt709" if height >= 720 else "bt601"),
        full=int(picture.color_range) == 2 or picture.format.name.startswith("yuvj"),
        aspect=Fraction(stream.sample_aspect_ratio or 1),
    )


def _with_times(film: Film, stream: VideoStream, pts: list[int], interlaced: int, damaged: str) -> Film:
    """The film with its number of frames, its rate or its frames' own times, and its duration."""
    assert stream.time_base is not None
    tick = Fraction(stream.time_base)
    ticks = [p - pts[0] for p in pts]
    notes = [damaged] if damaged else []
    if len(pts) > 1 and ticks[-1] and not damaged:
        measured = Fraction(len(pts) - 1) / (ticks[-1] * tick)
        nominal = Fraction(stream.guessed_rate or film.rate)
        rate = next((r for r in (film.rate, nominal) if is_constant_rate(ticks, tick, r)), None)
        film = replace(film, rate=rate or measured.limit_denominator(1001))
        if rate is None:
            notes.append("variable frame rate: every frame keeps its own time")
            film = replace(film, ticks=tuple(ticks), tick=tick)
    if interlaced > len(pts) // 2:
        notes.append("interlaced: deinterlaced")
    if film.rotation:
        notes.append(f"rotated by {film.rotation} degrees, as the file's metadata says")
    end = film.ticks[-1] * tick + 1 / film.rate if film.ticks else len(pts) / film.rate
    return replace(
        film,
        frames=len(pts),
        pts=tuple(pts),
        seconds=float(end),
        interlaced=interlaced > len(pts) // 2,
        notes=tuple(notes),
    )


def read_film(film: Film, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
    """Frames `start` to `stop` (exclusive; by default all) of a source, upright, progressive, 8-bit 4:2:0."""
    stop = film.frames if stop is None else min(stop, film.frames)
    if film.is_still:
        yield from read_image_frames(film, start, stop)
        return
    with open_container(Path(film.source)) as container:
        stream = container.streams.video[0]
        use_decoding_threads(stream)
        numbers: dict[int | None, int] = {p: n for n, p in enumerate(film.pts)}
        if start and numbers:
            container.seek(film.pts[start - film.interlaced], stream=stream)
        for count, picture in enumerate(_filtered(container.decode(stream), film, stream)):
            index = numbers.get(picture.pts, -1) if numbers else count - film.first
            if start <= index < stop:
                yield Frame(index, pad_to_even(picture), matrix=film.matrix, full=film.full)
            if index >= stop - 1:
                return


def _filtered(pictures: Iterable[VideoFrame], film: Film, stream: VideoStream) -> Iterator[VideoFrame]:
    """The pictures rotated, deinterlaced and converted to 8-bit 4:2:0, where necessary."""
    names = (["bwdif=mode=send_frame"] if film.interlaced else []) + ROTATION_FILTERS.get(film.rotation, [])
    if not names:
        for picture in pictures:
            yield _to_yuv420p(picture)
        return
    from av.filter import Graph

    graph = Graph()
    nodes = [graph.add_buffer(template=stream)]
    for name in names:
        title, _, options = name.partition("=")
        nodes.append(graph.add(title, options or None))
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    yield from (_to_yuv420p(p) for p in _run_filters(graph, pictures))


def _run_filters(graph: Graph, pictures: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """One filtered picture for each picture, with the same timestamp: a filter uses a time base of its own."""
    from av.error import BlockingIOError, EOFError

    times: deque = deque()
    for picture in chain(pictures, [None]):
        if picture is not None:
            times.append((picture.pts, picture.time_base))
        graph.vpush(picture)
        while times:
            try:
                filtered = graph.vpull()
            except (BlockingIOError, EOFError):
                break
            filtered.pts, filtered.time_base = times.popleft()
            yield filtered


def _to_yuv420p(picture: VideoFrame) -> VideoFrame:
    if picture.format.name in ("yuv420p", "yuvj420p"):
        return picture
    converted = picture.reformat(format="yuv420p")
    converted.pts, converted.time_base = picture.pts, picture.time_base
    return converted
