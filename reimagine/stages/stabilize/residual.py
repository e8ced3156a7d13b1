"""What both stabilizers share: a change found on a small picture, made to the whole one.

Flicker is soft: it is found small, and only the difference is enlarged and added, so that lines and
grain stay as sharp as they came.
"""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.errors import StageError
from reimagine.media.frames import Frame

PLANES = ("auto", "chroma", "all")


def chroma_only(frame: Frame, planes: str) -> bool:
    """Whether only the colours are to be touched; `auto`: the luma is still the film's own."""
    if planes not in PLANES:
        raise StageError(f"--planes {planes} is none of {', '.join(PLANES)}")
    if planes == "auto":
        return frame.source is None or np.array_equal(frame.luma, frame.source.luma)
    return planes == "chroma"


def small_planes(frame: Frame, size: tuple[int, int], colours: bool) -> np.ndarray:
    """(h, w, 2 or 3) float32: luma (unless only `colours`), Cb and Cr about 0, at (w, h)."""
    planes = frame.chroma if colours else (frame.luma, *frame.chroma)
    small = np.dstack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in planes])
    small = small.astype(np.float32)
    small[..., -2:] -= 128
    return small


def changed(frame: Frame, change: np.ndarray) -> Frame:
    """A frame with a change (h, w, 2 or 3), in units of its planes, enlarged and added."""
    cb, cr = frame.chroma
    planes = (cb, cr) if change.shape[2] == 2 else (frame.luma, cb, cr)
    made = [_added(p, c) for p, c in zip(planes, cv2.split(change), strict=True)]
    return frame.with_planes(*([frame.luma] if len(made) == 2 else []), *made)


def _added(plane: np.ndarray, change: np.ndarray) -> np.ndarray:
    whole = cv2.resize(change, plane.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(plane + whole + 0.5, 0, 255).astype(np.uint8)
