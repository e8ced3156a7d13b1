"""One picture of a film, as decoded; and what one does with a stream of them."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    import av
    import numpy as np

T = TypeVar("T")

LUMA_WEIGHTS = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722)}
_SWS = {"bt601": "ITU601", "bt709": "ITU709"}


class Shot(NamedTuple):
    """Half-open range of frame numbers between two cuts.

    `similar_frame` is the number of a frame in an earlier shot that this one takes up again, if there is
    one: the same view after a cut away and back.
    """

    start: int
    stop: int
    similar_frame: int | None = None


@dataclass(frozen=True)
class Frame:
    """A picture with its number in the film. Its YUV planes are kept as decoded.

    Attributes:
        index: number of the frame in the film, from 0; its time is the film's business.
        picture: 8-bit planar YUV 4:2:0, any size, odd ones included.
        shot: the shot it belongs to, if known; state never crosses a cut.
        source: the film's own picture at this place, for stages that work on a made one.
        matrix: "bt601" or "bt709"; full: luma spans 0..255 rather than 16..235.
    """

    index: int
    picture: av.VideoFrame
    shot: Shot | None = None
    source: Frame | None = None
    matrix: str = "bt601"
    full: bool = False

    @property
    def height(self) -> int:
        return self.picture.height

    @property
    def width(self) -> int:
        return self.picture.width

    @property
    def luma(self) -> np.ndarray:
        """(H, W) uint8, a view of the source's own luma."""
        return plane(self.picture, 0)

    @property
    def chroma(self) -> tuple[np.ndarray, np.ndarray]:
        """Cb and Cr, each (ceil(H/2), ceil(W/2)) uint8, views; 128 is colourless."""
        return plane(self.picture, 1), plane(self.picture, 2)

    @cached_property
    def grey(self) -> np.ndarray:
        """Luma over its whole range: (H, W) uint8, 0 black, 255 white."""
        return self.luma if self.full else _widen()[self.luma]

    def resized_grey(self, size: tuple[int, int]) -> np.ndarray:
        """`grey` shrunk to (w, h) by area: (h, w) uint8."""
        import cv2

        small = cv2.resize(self.luma, size, interpolation=cv2.INTER_AREA)
        return small if self.full else _widen()[small]

    @cached_property
    def image(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB; converted once, when first asked for."""
        space = _SWS[self.matrix]
        reach = "JPEG" if self.full else "MPEG"
        return self.picture.to_ndarray(
            format="rgb24",
            src_colorspace=space,
            dst_colorspace=space,
            src_color_range=reach,
            dst_color_range="JPEG",
        )

    def with_image(self, image: np.ndarray) -> Frame:
        """The same place in the film with another picture: (H, W, 3) uint8 RGB."""
        import av
        import numpy as np

        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        space = _SWS[self.matrix]
        yuv = rgb.reformat(
            format="yuv420p",
            src_colorspace=space,
            dst_colorspace=space,
            src_color_range="JPEG",
            dst_color_range="JPEG" if self.full else "MPEG",
        )
        return replace(self, picture=yuv)

    def with_chroma(self, cb: np.ndarray, cr: np.ndarray) -> Frame:
        """The same luma, bit for bit, under other colours: planes like `chroma`'s."""
        return self.with_planes(self.luma, cb, cr)

    def with_grey(self, grey: np.ndarray, coloured: bool = True) -> Frame:
        """The same colours, or none, under another `grey`: (H, W) uint8 over its whole range."""
        import numpy as np

        luma = grey if self.full else (grey * np.float32(219 / 255) + 16.5).astype(np.uint8)
        cb, cr = self.chroma if coloured else (np.uint8(128), np.uint8(128))
        return self.with_planes(luma, cb, cr)

    def with_planes(self, luma: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> Frame:
        """The same place in the film with other planes, like `luma` and `chroma`'s (or one value for all)."""
        import av

        picture = av.VideoFrame(self.width, self.height, "yuv420p")
        for target, source in zip(range(3), (luma, cb, cr), strict=True):
            plane(picture, target)[:] = source
        return replace(self, picture=picture)

    def renumbered(self, index: int, shot: Shot | None = None) -> Frame:
        """The same picture at another place."""
        return replace(self, index=index, shot=shot or self.shot)


def frame_from_image(index: int, image: np.ndarray) -> Frame:
    """A frame made of RGB (H, W, 3) uint8; its luma spans 0..255, as in a picture file."""
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
    """4:2:0 wants even sides: an odd last row or column is shown twice."""
    w, h = picture.width + picture.width % 2, picture.height + picture.height % 2
    if (w, h) == (picture.width, picture.height):
        return picture
    import av
    import numpy as np

    wider = av.VideoFrame(w, h, "yuv420p")
    if picture.time_base is not None:  # a still has none
        wider.pts, wider.time_base = picture.pts, picture.time_base
    for number in range(3):
        old, new = plane(picture, number), plane(wider, number)
        new[:] = np.pad(old, [(0, a - b) for a, b in zip(new.shape, old.shape, strict=True)], "edge")
    return wider


def plane(picture: av.VideoFrame, number: int) -> np.ndarray:
    import numpy as np

    plane = picture.planes[number]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    return rows[: plane.height, : plane.width]


_WIDENED: list[Any] = []


def _widen() -> np.ndarray:
    """Table from broadcast range (16..235) to 0..255."""
    if not _WIDENED:
        import numpy as np

        _WIDENED.append(np.clip((np.arange(256) - 16) * 255 / 219 + 0.5, 0, 255).astype(np.uint8))
    return _WIDENED[0]


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size`, in order."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def report_progress(items: Iterable[T], tick: Callable[[float], None] | None) -> Iterator[T]:
    """The same items; each is told of once it has been taken."""
    for item in items:
        yield item
        if tick:
            tick(1)


def prefetch(items: Iterable[T], depth: int = 4) -> Iterator[T]:
    """Make items on a thread, never more than `depth` waiting; errors arrive where they are due.

    The thread is always joined, also when the reader stops early.
    """
    box: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    stop = threading.Event()

    def put(kind: str, item: Any) -> None:
        while not stop.is_set():
            try:
                return box.put((kind, item), timeout=0.1)
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
            kind, item = box.get()
            if kind == "end":
                return
            if kind == "error":
                raise item
            yield item
    finally:
        stop.set()
        thread.join()
