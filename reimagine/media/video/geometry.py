"""Upright frames of one size: rotation, mirrors, fields, and scaling of pictures that have another size."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from math import atan2, degrees
from typing import TYPE_CHECKING

from reimagine.media.video.fields import woven
from reimagine.media.video.film import Film

if TYPE_CHECKING:
    from av import VideoFrame
    from av.filter import Graph

ROTATION_FILTERS = {90: ["transpose=clock"], 180: ["hflip", "vflip"], 270: ["transpose=cclock"]}
"""FFmpeg's filters for each rotation, in degrees clockwise."""
ROTATION_TOLERANCE = 1.0
"""Degrees that a rotation may differ from a multiple of 90; pictures of other rotations are read as they are stored."""


def orientation(picture: VideoFrame) -> tuple[int, bool]:
    """(degrees clockwise, whether mirrored left to right after that) by which a picture is turned for display.

    The display matrix (ISO 14496-12, 8.2.2) maps stored coordinates to displayed ones: x' = a x + c y, y' = b x + d y.
    """
    from av.sidedata.sidedata import Type

    data = picture.side_data.get(Type.DISPLAYMATRIX)  # pyright: ignore[reportCallIssue, reportArgumentType]
    matrix = bytes(data) if data is not None else b""  # pyright: ignore[reportArgumentType]
    if len(matrix) < 36:
        return 0, False
    a, b, _, c, d = struct.unpack("=9i", matrix[:36])[:5]
    mirrored = a * d - b * c < 0
    angle = degrees(atan2(b, -a if mirrored else a)) % 360
    nearest = round(angle / 90) * 90
    return (nearest % 360, mirrored) if abs(angle - nearest) <= ROTATION_TOLERANCE else (0, False)


def stored_size(film: Film) -> tuple[int, int]:
    """(w, h) of a film's pictures before they are rotated."""
    return (film.height, film.width) if film.rotation in (90, 270) else (film.width, film.height)


def scaled(picture: VideoFrame, size: tuple[int, int], format: str) -> VideoFrame:
    """A picture with the size (w, h) and pixel format of the film's first one, where it has others."""
    if (picture.width, picture.height) == size and picture.format.name == format:
        return picture
    return picture.reformat(*size, format=format)


def upright(numbered: Iterable[tuple[int, VideoFrame]], film: Film) -> Iterator[tuple[int, VideoFrame]]:
    """Frames of the whole film, with their numbers in it, from consecutive pictures of its source with theirs.

    Pictures are scaled to one size; fields are woven or deinterlaced; frames are rotated and mirrored: where necessary.
    """
    names = [f"bwdif=mode={'send_field' if film.field_rate else 'send_frame'}"] if film.interlaced else []
    names += [*ROTATION_FILTERS.get(film.rotation, []), *(["hflip"] if film.mirrored else [])]
    size = stored_size(film)
    same_size = ((number, scaled(p, size, p.format.name)) for number, p in numbered)
    frames = woven(same_size, film) if film.weave else same_size
    yield from _filtered(frames, names, film.rate, 2 if film.field_rate else 1) if names else frames


def _filtered(
    numbered: Iterator[tuple[int, VideoFrame]], names: list[str], rate: Fraction, count: int
) -> Iterator[tuple[int, VideoFrame]]:
    """`count` filtered pictures for each picture n, with the numbers from n * count on."""
    from av.error import BlockingIOError, EOFError

    graph: Graph | None = None
    first: VideoFrame | None = None
    numbers: deque[int] = deque()
    for item in chain(numbered, [None]):
        picture = None
        if item is not None:
            number, picture = item
            first = first or picture
            picture = scaled(picture, (first.width, first.height), first.format.name)
            picture.pts, picture.time_base = number, 1 / rate
            numbers.extend(range(number * count, (number + 1) * count))
            graph = graph or _graph(picture, names)
        if graph is None:
            return
        graph.vpush(picture)
        while numbers:
            try:
                filtered = graph.vpull()
            except (BlockingIOError, EOFError):
                break
            yield numbers.popleft(), filtered


def _graph(picture: VideoFrame, names: list[str]) -> Graph:
    """A chain of filters for pictures like this one."""
    from av import VideoFormat
    from av.filter import Graph

    graph = Graph()
    buffer = graph.add_buffer(
        width=picture.width, height=picture.height, format=VideoFormat(picture.format.name), time_base=picture.time_base
    )
    nodes = [buffer]
    for name in names:
        title, _, options = name.partition("=")
        nodes.append(graph.add(title, options or None))
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return graph
