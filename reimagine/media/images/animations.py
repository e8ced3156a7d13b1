"""Image files that hold several pictures: animated PNG and WebP, and TIFF with several pages."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reimagine.media.images.decoding import page_sizes

ANIMATED_WEBP = 0x02
"""Flag of the chunk VP8X that says that a WebP file is animated."""
SHOWN_DELAY = 100
"""Milliseconds that players show a picture whose delay is 0."""
THUMBNAIL = 0.5
"""Width of a page, as a part of that of the first page, below which it is a thumbnail."""


class Pages(NamedTuple):
    """The pictures of a file that are frames of a film.

    Attributes:
        numbers: of the pictures in the file, from 0.
        delays: milliseconds that each of them is shown; empty if the file does not say.
        left_out: number of thumbnails among the pages.
    """

    numbers: tuple[int, ...] = (0,)
    delays: tuple[int, ...] = ()
    left_out: int = 0

    @property
    def several(self) -> bool:
        """Whether there is more than one picture."""
        return len(self.numbers) > 1


def is_animated_png(path: Path) -> bool:
    """Whether a PNG file is an animation (APNG): it has a chunk acTL of more than one frame before its first IDAT."""
    if path.suffix.lower() != ".png":
        return False
    for name, data in _png_chunks(path):
        if name == b"acTL":
            return int.from_bytes(data[:4], "big") > 1
        if name == b"IDAT":
            return False
    return False


def pages_of(path: Path) -> Pages:
    """The pictures of an image file; of an animated PNG only the first, because FFmpeg reads those.

    Raises:
        MediaError: the file cannot be opened.
    """
    suffix = path.suffix.lower()
    if suffix == ".webp":
        delays = tuple(delay or SHOWN_DELAY for delay in _webp_delays(path))
        return Pages(tuple(range(len(delays))), delays) if len(delays) > 1 else Pages()
    if suffix not in (".tif", ".tiff"):
        return Pages()
    sizes = page_sizes(path)
    numbers = tuple(n for n, (width, _) in enumerate(sizes) if width >= THUMBNAIL * sizes[0][0])
    return Pages(numbers, left_out=len(sizes) - len(numbers))


def _png_chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """(name, first eight bytes) of each chunk."""
    with path.open("rb") as file:
        file.seek(8)
        while len(header := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", header)
            data = file.read(min(length, 8))
            yield name, data
            file.seek(length - len(data) + 4, 1)


def _webp_delays(path: Path) -> list[int]:
    """Milliseconds of each picture of an animated WebP file (its chunks ANMF); empty for a still."""
    delays: list[int] = []
    with path.open("rb") as file:
        header = file.read(21)
        if header[12:16] != b"VP8X" or len(header) < 21 or not header[20] & ANIMATED_WEBP:
            return []
        file.seek(12)
        while len(header := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", header)
            data = file.read(min(length, 15))
            if name == b"ANMF":
                delays.append(int.from_bytes(data[12:15], "little"))
            file.seek(length - len(data) + length % 2, 1)
    return delays
