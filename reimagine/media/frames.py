"""Frames of a film in memory, and helpers for streams of them."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    import av
    import numpy as np

T = TypeVar("T")

LUMA_WEIGHTS = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722)}
"""Weights of R, G and B in the luma, by YUV matrix."""
SWSCALE_COLORSPACE = {"bt601": "ITU601", "bt709": "ITU709"}
"""FFmpeg's name of each YUV matrix."""
LIMITED_BLACK = 16
"""Luma of black in limited range (16..235)."""
LIMITED_SPAN = 219
"""Difference of luma between white and black in limited range."""


class Shot(NamedTuple):
    """Frames between two cuts.

    Attributes:
        start: number of the first frame.
        stop: number of the frame after the last.
        similar_frame: number of a frame of an earlier shot that shows the same view, if there is one.
    """

    start: int
    stop: int
    similar_frame: int | None = None


@dataclass(frozen=True)
class Frame:
    """One frame of a film, with its YUV planes as they were decoded.

    Attributes:
        index: number of the frame in the film, from 0.
        picture: 8-bit planar YUV 4:2:0 of any size; sides may be odd.
        shot: the shot that it belongs to, if known.
        source: the film's own frame of the same number, if this one is the output of a stage.
        matrix: YUV matrix, "bt601" or "bt709".
        full: whether luma spans 0..255 (full range) rather than 16..235 (limited range).
    """

    index: int
    picture: av.VideoFrame
    shot: Shot | None = None
    source: Frame | None = None
    matrix: str = "bt601"
    full: bool = False

    @property
    def height(self) -> int:
        """Pixels."""
        return self.picture.height

    @property
    def width(self) -> int:
        """Pixels."""
        return self.picture.width

    @property
    def luma(self) -> np.ndarray:
        """(H, W) uint8 in the film's range; a view, not a copy."""
        return plane(self.picture, 0)

    @property
    def chroma(self) -> tuple[np.ndarray, np.ndarray]:
        """Cb and Cr, (ceil(H/2), ceil(W/2)) uint8 each, views; 128 is colourless."""
        return plane(self.picture, 1), plane(self.picture, 2)

    @cached_property
    def grey(self) -> np.ndarray:
        """Luma in full range: (H, W) uint8, black is 0 and white is 255."""
        return self.luma if self.full else _to_full_range(self.luma)

    def resized_grey(self, size: tuple[int, int]) -> np.ndarray:
        """`grey` reduced to (w, h) by area averaging: (h, w) uint8."""
        import cv2

        small = cv2.resize(self.luma, size, interpolation=cv2.INTER_AREA)
        return small if self.full else _to_full_range(small)

    @cached_property
    def image(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB, converted on first access."""
        colorspace = SWSCALE_COLORSPACE[self.matrix]
        return self.picture.to_ndarray(
            format="rgb24",
            src_colorspace=colorspace,
            dst_colorspace=colorspace,
            src_color_range="JPEG" if self.full else "MPEG",
            dst_color_range="JPEG",
        )

    def with_image(self, image: np.ndarray) -> Frame:
        """The frame with the picture replaced by an RGB image (H, W, 3) uint8."""
        import av
        import numpy as np

        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        colorspace = SWSCALE_COLORSPACE[self.matrix]
        yuv = rgb.reformat(
            format="yuv420p",
            src_colorspace=colorspace,
            dst_colorspace=colorspace,
            src_color_range="JPEG",
            dst_color_range="JPEG" if self.full else "MPEG",
        )
        return replace(self, picture=yuv)

    def with_chroma(self, cb: np.ndarray, cr: np.ndarray) -> Frame:
        """The frame with its chroma replaced by two planes like those of `chroma`; the luma is unchanged."""
        return self.with_planes(self.luma, cb, cr)

    def with_grey(self, grey: np.ndarray, coloured: bool = True) -> Frame:
        """The frame with its luma replaced.

        Args:
            grey: (H, W) uint8 in full range, like `grey`.
            coloured: keep the chroma; otherwise the result is colourless.
        """
        import numpy as np

        luma = grey if self.full else (grey * np.float32(LIMITED_SPAN / 255) + (LIMITED_BLACK + 0.5)).astype(np.uint8)
        cb, cr = self.chroma if coloured else (np.uint8(128), np.uint8(128))
        return self.with_planes(luma, cb, cr)

    def with_planes(self, luma: np.ndarray, cb: np.ndarray | np.uint8, cr: np.ndarray | np.uint8) -> Frame:
        """The frame with all planes replaced by planes like `luma` and `chroma`, or by one value for a whole plane."""
        import av

        picture = av.VideoFrame(self.width, self.height, "yuv420p")
        for target, source in zip(range(3), (luma, cb, cr), strict=True):
            plane(picture, target)[:] = source
        return replace(self, picture=picture)

    def renumbered(self, index: int, shot: Shot | None = None) -> Frame:
        """The same picture with another number and, optionally, shot."""
        return replace(self, index=index, shot=shot or self.shot)


def frame_from_image(index: int, image: np.ndarray) -> Frame:
    """A frame from an RGB image (H, W, 3) uint8, in full range as in an image file."""
    import av

    blank = Frame(index, av.VideoFrame(image.shape[1], image.shape[0], "yuv420p"), full=True)
    return blank.with_image(image)


def is_consecutive(frame: Frame, previous: Frame) -> bool:
    """Whether a frame directly follows another one in the same shot."""
    return frame.index == previous.index + 1 and frame.shot == previous.shot


def frame_windows(frames: Iterable[Frame], size: int) -> Iterator[tuple[Frame, ...]]:
    """For each frame, `size` (odd) consecutive frames with that frame in the middle.

    Neighbours that belong to another shot, or do not exist, are replaced by the frame itself.
    """
    radius = size // 2
    window: deque[Frame | None] = deque([None] * size, maxlen=size)
    for frame in chain(frames, repeat(None, radius)):
        window.append(frame)
        middle = window[radius]
        if middle is None:
            continue
        places = (middle.index + offset for offset in range(-radius, size - radius))
        yield tuple(
            f if f is not None and f.index == place and f.shot == middle.shot else middle
            for f, place in zip(window, places, strict=True)
        )


def pad_to_even(picture: av.VideoFrame) -> av.VideoFrame:
    """A picture whose odd last row or column is repeated, because encoders of 4:2:0 need even sides."""
    width, height = picture.width + picture.width % 2, picture.height + picture.height % 2
    if (width, height) == (picture.width, picture.height):
        return picture
    import av
    import numpy as np

    padded = av.VideoFrame(width, height, "yuv420p")
    if picture.time_base is not None:  # an image file has none
        padded.pts, padded.time_base = picture.pts, picture.time_base
    for number in range(3):
        old, new = plane(picture, number), plane(padded, number)
        new[:] = np.pad(old, [(0, a - b) for a, b in zip(new.shape, old.shape, strict=True)], "edge")
    return padded


def plane(picture: av.VideoFrame, number: int) -> np.ndarray:
    """One plane of an 8-bit planar picture: (h, w) uint8, a view that can be written to."""
    import numpy as np

    plane = picture.planes[number]
    rows = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _to_full_range(luma: np.ndarray) -> np.ndarray:
    """Luma in limited range, (h, w) uint8, in full range."""
    import cv2

    return cv2.LUT(luma, _full_range_table())


@cache
def _full_range_table() -> np.ndarray:
    """(256,) uint8: grey of each luma in limited range."""
    import numpy as np

    return np.clip((np.arange(256) - LIMITED_BLACK) * 255 / LIMITED_SPAN + 0.5, 0, 255).astype(np.uint8)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, in order; the last list may be shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def report_progress(items: Iterable[T], advance: Callable[[float], None] | None) -> Iterator[T]:
    """The same items; `advance(1)` is called after each of them has been processed."""
    for item in items:
        yield item
        if advance:
            advance(1)


def prefetch(items: Iterable[T], depth: int = 4) -> Iterator[T]:
    """The same items, computed ahead on a thread; at most `depth` of them wait.

    An exception is raised after the items before it. The thread is always joined, also if the caller stops early.
    """
    waiting: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    stop = threading.Event()

    def put(kind: str, item: Any) -> None:
        while not stop.is_set():
            try:
                return waiting.put((kind, item), timeout=0.1)
            except queue.Full:
                continue

    def fill() -> None:
        try:
            for item in items:
                put("item", item)
                if stop.is_set():
                    return
            put("end", None)
        except BaseException as error:
            put("error", error)

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    try:
        while True:
            kind, item = waiting.get()
            if kind == "end":
                return
            if kind == "error":
                raise item
            yield item
    finally:
        stop.set()
        thread.join()
