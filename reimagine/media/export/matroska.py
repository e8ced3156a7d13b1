"""The display width of a Matroska or WebM file that FFmpeg has written (RFC 9559, RFC 8794).

It stands for the sample aspect ratio. FFmpeg writes it, but PyAV cannot set the value that FFmpeg writes. The size of a
track's entry is stored in 8 bytes, of which 5 are enough for a display width of 16 bits; nothing else moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

SEGMENT, TRACKS, TRACK, VIDEO, DISPLAY_UNIT, CHECKSUM = 0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x54B2, 0xBF
"""Identifiers of elements."""
DISPLAY_WIDTH = bytes.fromhex("54B082")
"""Identifier and size of a display width of 16 bits."""
ADDED = len(DISPLAY_WIDTH) + 2
"""Bytes of a display width."""
ENTRY_SIZE = 8
"""Bytes in which FFmpeg stores the size of a track's entry."""
HEAD = 1 << 20
"""Bytes of a file that are searched for its tracks."""


class Element(NamedTuple):
    """An element: where it starts, where its size, its data and its end are."""

    kind: int
    start: int
    size: int
    data: int
    end: int


def set_display_width(path: Path, width: int) -> bool:
    """Write the display width of the first picture into a file; its display height is that of its pictures.

    Args:
        width: pixels, less than 65,536.

    Returns:
        Whether the file has the form that FFmpeg writes; it is not changed otherwise.
    """
    with path.open("r+b") as file:
        head = bytearray(file.read(HEAD))
        segment = next((e for e in _elements(head, 0, len(head)) if e.kind == SEGMENT), None)
        inner = _elements(head, segment.data, len(head)) if segment else iter(())
        tracks = next((e for e in inner if e.kind == TRACKS), None)
        if tracks is None or tracks.end > len(head) or not _add_width(head, tracks, width):
            return False
        checksum = next(_elements(head, tracks.data, tracks.end))
        if checksum.kind == CHECKSUM:
            covered = head[checksum.end : tracks.end]
            head[checksum.data : checksum.end] = crc32(covered).to_bytes(4, "little")
        file.seek(tracks.start)
        file.write(head[tracks.start : tracks.end])
    return True


def _add_width(head: bytearray, tracks: Element, width: int) -> bool:
    """Write the display width into the entry of the first picture."""
    for entry in _elements(head, tracks.data, tracks.end):
        video = next((e for e in _elements(head, entry.data, entry.end) if e.kind == VIDEO), None)
        if entry.kind != TRACK or video is None:
            continue
        size = video.end - video.data + ADDED
        if entry.data - entry.size != ENTRY_SIZE or video.data - video.size != 1 or size > 126:
            return False
        for unit in _elements(head, video.data, video.end):
            if unit.kind == DISPLAY_UNIT:  # FFmpeg writes "unknown", which voids the width
                head[unit.data] = 0
        short = (entry.end - entry.data + ADDED) | 1 << 7 * (ENTRY_SIZE - ADDED)
        head[entry.size : entry.end] = (
            short.to_bytes(ENTRY_SIZE - ADDED, "big")
            + head[entry.data : video.size]
            + bytes([0x80 | size])
            + head[video.data : video.end]
            + DISPLAY_WIDTH
            + width.to_bytes(2, "big")
            + head[video.end : entry.end]
        )
        return True
    return False


def _elements(data: bytearray, start: int, end: int) -> Iterator[Element]:
    """Elements that follow one another."""
    while start < end:
        size_at = start + _length(data[start])
        data_at = size_at + _length(data[size_at])
        size = int.from_bytes(data[size_at:data_at], "big") & ~(1 << 7 * (data_at - size_at))
        yield Element(int.from_bytes(data[start:size_at], "big"), start, size_at, data_at, data_at + size)
        start = data_at + size


def _length(first: int) -> int:
    """Bytes of a number of variable length, from its first one."""
    return 9 - first.bit_length()
