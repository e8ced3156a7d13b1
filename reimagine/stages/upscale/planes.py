"""Enlargement of the planes of a frame by interpolation, at the depth of the picture."""

from __future__ import annotations

import cv2
import numpy as np
from av import VideoFormat

from reimagine.media.video.frames import Frame


def resized(samples: np.ndarray, size: tuple[int, int], enlarge: int = cv2.INTER_LANCZOS4) -> np.ndarray:
    """A plane (h, w) resized to (W, H): same dtype.

    Args:
        samples: uint8, uint16 or float32.
        size: (W, H).
        enlarge: OpenCV's interpolation where it becomes larger; where it becomes smaller, areas are averaged.
    """
    if samples.shape[::-1] == size:
        return samples
    shrinks = samples.shape[1] > size[0]
    return cv2.resize(samples, size, interpolation=cv2.INTER_AREA if shrinks else enlarge)


def resized_chroma(frame: Frame, size: tuple[int, int], enlarge: int = cv2.INTER_CUBIC) -> list[np.ndarray]:
    """Cb and Cr of a frame for a luma of (W, H), at the depth and with the subsampling of the picture."""
    format, largest = VideoFormat(frame.pixel_format), (1 << frame.depth) - 1
    chroma = format.chroma_width(size[0]), format.chroma_height(size[1])
    return [np.minimum(resized(samples, chroma, enlarge), largest) for samples in frame.planes[1:]]
