"""Sizes of pictures as the headers of their files state them, checked before any memory is taken for the samples."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

from reimagine.errors import MediaError

MAX_MEGAPIXELS = 200.0
"""Megapixels of a picture, at most, unless an option allows more: it takes 1.2 GB of memory with 16 bits."""
MOST_MEGAPIXELS = 1000.0
"""The highest limit that can be given, in megapixels: OpenCV decodes up to 2**30 pixels."""
MAX_SIDE = 32768
"""Pixels of a side, at most: codecs of intermediate pictures count positions with 16 bits."""
MAX_CHANNELS = 64
"""Channels of an image, at most; OpenEXR files of many layers have 40."""
MAX_FILE_BYTES = 1 << 31
"""Size of an image file that is decoded in memory, at most."""
HEADER_BYTES = 1 << 20
"""Bytes in which a JPEG file must state its size: profiles and thumbnails come before it."""
JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG file that are followed by its size (SOF0 to SOF15)."""


def check_pixels(path: Path | str, width: int, height: int, megapixels: float = MAX_MEGAPIXELS) -> None:
    """Refuse a picture that is larger than the limit.

    Raises:
        MediaError: its size, and the option that raises the limit.
    """
    if width * height > megapixels * 1e6:
        raise MediaError(
            f"{path}: is {width}x{height}, {width * height / 1e6:,.0f} megapixels, and the limit is {megapixels:g}; "
            f"give a smaller picture, or --max-megapixels up to {MOST_MEGAPIXELS:g}"
        )
    if max(width, height) > MAX_SIDE:
        raise MediaError(f"{path}: is {width}x{height}; a side has at most {MAX_SIDE} pixels, give a smaller picture")


def check_spec(path: Path, spec: Any, megapixels: float) -> None:
    """Refuse an open picture of too many pixels or channels; the frame around it (the display window) counts too.

    Args:
        path: its file.
        spec: OpenImageIO's description of the picture.
        megapixels: the limit.

    Raises:
        MediaError: it is too large.
    """
    check_pixels(path, spec.width, spec.height, megapixels)
    check_pixels(path, spec.full_width, spec.full_height, megapixels)
    if spec.nchannels > MAX_CHANNELS:
        raise MediaError(f"{path}: has {spec.nchannels} channels; give an image of at most {MAX_CHANNELS}")


def stated_size(path: Path) -> tuple[int, int] | None:
    """(w, h) that the header of a PNG, BMP, JPEG or WebP file states; None for all other files and for damaged ones.

    Raises:
        MediaError: the file is too large to be decoded.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise MediaError(f"{path}: is larger than {MAX_FILE_BYTES >> 30} GB, which no image of this kind is")
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    if len(header) < 30:
        return None
    if header.startswith(b"\x89PNG"):
        return struct.unpack_from(">II", header, 16)
    if header.startswith(b"BM"):
        return _bmp_size(header)
    if header.startswith(b"\xff\xd8"):
        return _jpeg_size(header)
    return _webp_size(header) if header[8:12] == b"WEBP" else None


def check_png(path: Path, data: bytes) -> None:
    """Check the chunks of a PNG file, so that its decoder finds no damage: it would print lines of its own.

    Raises:
        MediaError: the file breaks off, or a checksum is wrong.
    """
    position = 8
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + 8 + length
        if zlib.crc32(memoryview(data)[position + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise MediaError(f"{path}: not an image, or damaged (the checksum at byte {end} is wrong)")
        if data[position + 4 : position + 8] == b"IEND":
            return
        position = end + 4
    raise MediaError(f"{path}: not an image, or damaged (it breaks off)")


def _bmp_size(header: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", header, 14)[0] == 12:  # the header of OS/2
        return struct.unpack_from("<HH", header, 18)
    width, height = struct.unpack_from("<ii", header, 18)
    return abs(width), abs(height)


def _jpeg_size(header: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(header):
        if header[position] != 0xFF:
            return None
        marker = header[position + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:  # without contents
            position += 1 if marker == 0xFF else 2
            continue
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", header, position + 5)
            return width, height
        position += 2 + max(2, struct.unpack_from(">H", header, position + 2)[0])
    return None


def _webp_size(header: bytes) -> tuple[int, int] | None:
    kind = header[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(header[24:27], "little"), 1 + int.from_bytes(header[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(header[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", header, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
