"""Thread counts of this process. This is the only place that sets them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

CORES = os.cpu_count() or 2


def limit_opencv_threads() -> None:
    """One thread for OpenCV: decoding, optical flow and encoding run on threads of their own."""
    import cv2

    cv2.setNumThreads(1)


def limit_torch_threads() -> None:
    """Half of the cores for networks; the others are left to decoding, optical flow and encoding."""
    import torch

    torch.set_num_threads(max(1, CORES // 2))


@contextmanager
def training_threads() -> Iterator[None]:
    """All cores for a network that is trained; the former thread counts afterwards."""
    import cv2
    import torch

    before = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(CORES)
    torch.set_num_threads(CORES)
    try:
        yield
    finally:
        cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])
