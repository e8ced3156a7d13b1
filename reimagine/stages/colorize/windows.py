"""Frames together with their neighbours, for networks that see several consecutive frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from reimagine.media.frames import Frame
from reimagine.media.motion.propagation import is_consecutive


@dataclass(frozen=True)
class FrameWindow(Frame):
    """A frame that carries the window of frames around it.

    Attributes:
        window: consecutive frames in order, an odd number, this one in the middle. Beyond a cut or an end of the
            film, the frame itself takes the place of its neighbour.
    """

    window: tuple[Frame, ...] = ()

    @property
    def centre(self) -> Frame:
        """The frame itself, without its neighbours."""
        return self.window[len(self.window) // 2]

    @staticmethod
    def around(frame: Frame, window: tuple[Frame, ...]) -> FrameWindow:
        """Return a frame with its window."""
        own = {field.name: getattr(frame, field.name) for field in fields(Frame)}
        return FrameWindow(**own, window=window)

    @staticmethod
    def still(frame: Frame, length: int) -> FrameWindow:
        """Return the window of a frame that has no neighbours: the frame, repeated `length` times."""
        return FrameWindow.around(frame, (frame,) * length)


def frame_windows(frames: Iterable[Frame], length: int) -> Iterator[FrameWindow]:
    """Yield every frame with its window of `length` frames, 1 or 3.

    With length 3 a frame is yielded when its successor is known: the look-ahead is one frame.
    """
    if length == 1:
        yield from (FrameWindow.still(frame, 1) for frame in frames)
        return
    before: Frame | None = None
    here: Frame | None = None
    for after in frames:
        if here:
            yield _between(before, here, after)
        before, here = here, after
    if here:
        yield _between(before, here, None)


def _between(before: Frame | None, here: Frame, after: Frame | None) -> FrameWindow:
    previous = before if before and is_consecutive(here, before) else here
    following = after if after and is_consecutive(after, here) else here
    return FrameWindow.around(here, (previous, here, following))
