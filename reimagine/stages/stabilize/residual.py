"""Helpers of both stabilizers: a residual is computed on reduced planes and added to the full-size ones.

Flicker varies slowly across the picture. It is estimated at a small size, and only the residual is enlarged, so lines
and grain stay sharp.
"""

from __future__ import annotations

import cv2
import numpy as np

from reimagine.media.video.frames import Frame


def affects_chroma_only(frame: Frame, planes: str) -> bool:
    """Return whether only the chroma planes of a frame are stabilized.

    Args:
        frame: a frame with its source.
        planes: "chroma", "all" or "auto"; "auto" is chroma only if the frame's luma is that of its source.
    """
    if planes == "auto":
        return frame.source is None or np.array_equal(frame.luma, frame.source.luma)
    return planes == "chroma"


def downscaled_planes(frame: Frame, size: tuple[int, int], chroma_only: bool) -> np.ndarray:
    """Return a frame's planes at (w, h): (h, w, 3) float32 luma, Cb and Cr; or (h, w, 2) without luma.

    Luma is in 0..255, chroma has its zero at 0.
    """
    planes = frame.chroma if chroma_only else (frame.luma, *frame.chroma)
    small = np.dstack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in planes])
    small = small.astype(np.float32)
    small[..., -2:] -= 128
    return small


def apply_residual(frame: Frame, residual: np.ndarray) -> Frame:
    """Enlarge a residual to the size of the planes and add it.

    Args:
        frame: a frame.
        residual: (h, w, 2) for Cb and Cr, or (h, w, 3) for luma, Cb and Cr; in units of 8-bit planes.
    """
    cb, cr = (_added(p, r) for p, r in zip(frame.chroma, cv2.split(residual)[-2:], strict=True))
    luma = frame.luma if residual.shape[2] == 2 else _added(frame.luma, residual[..., 0])
    return frame.with_planes(luma, cb, cr)


def _added(plane: np.ndarray, residual: np.ndarray) -> np.ndarray:
    enlarged = cv2.resize(residual, plane.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(plane + enlarged + 0.5, 0, 255).astype(np.uint8)
