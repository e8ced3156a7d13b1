"""Pixel formats of pictures, and their planes.

Pictures are planar YUV 4:2:0, 4:2:2 or 4:4:4 of 8, 10, 12 or 16 bits. Stages see 8 bits; the bits below those are kept
or, where a plane comes from 8 bits, filled by dither.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFormat, VideoFrame

DEPTHS = (8, 10, 12, 16)
"""Bits per sample in which pictures are held."""
DITHER_SIDE = 64
"""Pixels a side of the pattern of dither, which is repeated over the picture."""
DITHER_SEED = 0
"""Seed of the pattern of dither: the same plane is always dithered alike."""


def planar_format(format: VideoFormat) -> str:
    """FFmpeg's name of the planar YUV format that holds pictures of any pixel format with the least loss."""
    from av import VideoFormat

    if format.is_rgb or format.has_palette:
        subsampling = "444"
    elif len(format.components) < 3 or VideoFormat(format.name, 64, 64).chroma_height(64) < 64:
        subsampling = "420"
    else:
        subsampling = "422" if format.chroma_width(64) < 64 else "444"
    bits = max(component.bits for component in format.components)
    depth = next((d for d in DEPTHS if d >= bits), DEPTHS[-1])
    return f"yuv{subsampling}p" + (f"{depth}le" if depth > 8 else "")


@cache
def depth_of(format: str) -> int:
    """Bits per sample of a pixel format by FFmpeg's name."""
    from av import VideoFormat

    return VideoFormat(format).components[0].bits


def plane(picture: VideoFrame, number: int) -> np.ndarray:
    """One plane of a planar picture: (h, w) uint8, or uint16 if it has more than 8 bits; a view to read and write."""
    import numpy as np

    plane = picture.planes[number]
    rows = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(-1, plane.line_size)
    if depth_of(picture.format.name) > 8:
        rows = rows.view("<u2")
    return rows[: plane.height, : plane.width]


def pad_to_even(picture: VideoFrame) -> VideoFrame:
    """A picture whose odd last row or column is repeated, because encoders of 4:2:0 need even sides."""
    width, height = picture.width + picture.width % 2, picture.height + picture.height % 2
    if (width, height) == (picture.width, picture.height):
        return picture
    import numpy as np
    from av import VideoFrame

    padded = VideoFrame(width, height, picture.format.name)
    if picture.time_base is not None:  # an image file has none
        padded.pts, padded.time_base = picture.pts, picture.time_base
    for number in range(3):
        old, new = plane(picture, number), plane(padded, number)
        new[:] = np.pad(old, [(0, a - b) for a, b in zip(new.shape, old.shape, strict=True)], "edge")
    return padded


def to_8_bits(samples: np.ndarray, depth: int) -> np.ndarray:
    """A plane (h, w) of `depth` bits as uint8: its highest 8 bits."""
    import numpy as np

    return samples if depth == 8 else (samples >> (depth - 8)).astype(np.uint8)


def with_highest_bits(samples: np.ndarray, highest: np.ndarray, depth: int) -> np.ndarray:
    """A plane (h, w) of `depth` bits with its highest 8 bits replaced by (h, w) uint8; the bits below are kept."""
    import numpy as np

    if depth == 8:
        return highest
    below = depth - 8
    return (highest.astype(np.uint16) << below) | (samples & np.uint16((1 << below) - 1))


def from_8_bits(samples: np.ndarray, size: tuple[int, int], depth: int) -> np.ndarray:
    """A plane (h, w) uint8 enlarged to (W, H), in `depth` bits with dither: (H, W) uint8 or uint16."""
    import cv2
    import numpy as np

    if depth == 8:
        return cv2.resize(samples, size, interpolation=cv2.INTER_LINEAR) if samples.shape[::-1] != size else samples
    wide = samples.astype(np.uint16) << 8
    if samples.shape[::-1] != size:
        wide = cv2.resize(wide, size, interpolation=cv2.INTER_LINEAR)
    return cv2.add(wide, dither(*size)).astype(np.uint16) >> (16 - depth)


def dither(width: int, height: int) -> np.ndarray:
    """(H, W) uint16: 0..255, evenly distributed; added to 8 bits shifted by 8, it fills the lower 8 bits."""
    import numpy as np

    tile = _dither_tile()
    repeats = (-(-height // DITHER_SIDE), -(-width // DITHER_SIDE))
    return np.tile(tile, repeats)[:height, :width]


@cache
def _dither_tile() -> np.ndarray:
    """(`DITHER_SIDE`, `DITHER_SIDE`) uint16: each value 0..255 equally often, in random order."""
    import numpy as np

    values = np.arange(DITHER_SIDE**2, dtype=np.uint16) % 256
    return np.random.default_rng(DITHER_SEED).permutation(values).reshape(DITHER_SIDE, DITHER_SIDE)
