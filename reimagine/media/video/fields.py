"""The fields of interlaced pictures: comparing them, and weaving those of two pictures into one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from reimagine.media.video.film import Film

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame

BLOCK = 16
"""Pixels: fields are compared in squares of this side, and the square that differs most counts, so that small moving
things count as much as large ones."""
COMB_THRESHOLD = 6
"""Grey levels that a line may differ from both of its neighbours without being combed: grain and fine detail do."""


class Comparison(NamedTuple):
    """How the fields of a picture differ, in grey levels, where they differ most.

    Attributes:
        within: combing of its top field with its bottom field.
        top_first: combing of its top field with the bottom field of the picture before.
        bottom_first: combing of its bottom field with the top field of the picture before.
        top: difference from the top field of the picture before.
        bottom: difference from the bottom field of the picture before.
    """

    within: float
    top_first: float
    bottom_first: float
    top: float
    bottom: float


class FieldComparison:
    """Compares the fields of consecutive pictures. Call it with the number and luma (H, W) uint8 of each, in order.

    Attributes:
        pictures: the comparison of each picture with the one before.
    """

    def __init__(self) -> None:
        self.pictures: list[Comparison] = []
        self._before: np.ndarray | None = None

    def __call__(self, number: int, luma: np.ndarray) -> None:
        """Compare the next picture with the one before."""
        import cv2

        luma = luma[: luma.shape[0] // 2 * 2].copy()
        before = luma if self._before is None else self._before
        top_first, bottom_first = luma.copy(), luma.copy()
        top_first[1::2], bottom_first[::2] = before[1::2], before[::2]
        fields = (_largest(cv2.absdiff(luma[parity::2], before[parity::2])) for parity in (0, 1))
        self.pictures.append(Comparison(*map(_combing, (luma, top_first, bottom_first)), *fields))
        self._before = luma


def _combing(luma: np.ndarray) -> float:
    """How far lines differ from both neighbours in the same direction, in the square with most of it."""
    import cv2
    import numpy as np

    above, line, below = luma[:-2], luma[1:-1], luma[2:]
    brighter = cv2.min(cv2.subtract(line, above), cv2.subtract(line, below))  # 0 where it is darker
    darker = cv2.min(cv2.subtract(above, line), cv2.subtract(below, line))
    return _largest(np.maximum(cv2.max(brighter, darker), COMB_THRESHOLD) - np.uint8(COMB_THRESHOLD))


def _largest(values: np.ndarray) -> float:
    """The largest mean of (h, w) uint8 in squares of the side `BLOCK`."""
    import cv2

    return float(cv2.boxFilter(values, cv2.CV_32F, (BLOCK, BLOCK)).max())


def woven(numbered: Iterator[tuple[int, VideoFrame]], film: Film) -> Iterator[tuple[int, VideoFrame]]:
    """Frames of the whole film, with their numbers in it, from consecutive pictures of its source with theirs."""
    pictures: dict[int, VideoFrame] = {}
    index = 0
    for number, picture in numbered:
        pictures = {n: p for n, p in pictures.items() if n == number - 1} | {number: picture}
        while index < film.frames and min(film.weave[index]) < min(pictures):
            index += 1
        while index < film.frames and max(film.weave[index]) <= number:
            top, bottom = film.weave[index]
            yield film.first + index, _weave(pictures[top], pictures[bottom])
            index += 1


def _weave(top: VideoFrame, bottom: VideoFrame) -> VideoFrame:
    """The even lines of one picture and the odd lines of another, of the same size and format."""
    if top is bottom:
        return top
    import numpy as np
    from av import VideoFrame

    frame = VideoFrame(top.width, top.height, top.format.name)
    for planes in zip(frame.planes, top.planes, bottom.planes, strict=True):
        new, even, odd = (np.frombuffer(cast("memoryview", p), np.uint8).reshape(-1, p.line_size) for p in planes)
        width = min(p.line_size for p in planes)
        new[::2, :width], new[1::2, :width] = even[::2, :width], odd[1::2, :width]
    frame.pts, frame.time_base = top.pts, top.time_base
    frame.colorspace, frame.color_range = top.colorspace, top.color_range
    return frame
