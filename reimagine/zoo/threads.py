"""Thread counts of this process. This is the only place that sets them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def _usable_cores() -> int:
    """Cores that this process may use: as many as OMP_NUM_THREADS says, else all that the system lets it have."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    if named.isdecimal() and int(named):
        return int(named)
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 2


CORES = _usable_cores()
"""Processor cores that this process may use."""
INFERENCE_THREADS = max(1, CORES // 2)
"""Threads of a network at inference; the other cores are left to decoding, optical flow and encoding."""


def limit_opencv_threads() -> None:
    """One thread for OpenCV: decoding, optical flow and encoding run on threads of their own."""
    import cv2

    cv2.setNumThreads(1)


def set_torch_threads(count: int) -> None:
    """Set the number of threads of one torch operation."""
    import torch

    torch.set_num_threads(count)


def limit_torch_threads() -> None:
    """Set torch's threads for inference."""
    set_torch_threads(INFERENCE_THREADS)


def worker_threads(cores: int, workers: int) -> int:
    """Threads of a network in each of several processes that share some cores; as in one process, half of the cores."""
    return max(1, cores // workers // 2)


def limit_worker_threads(count: int) -> None:
    """Set the threads of a network in a process that has not loaded torch yet, and one thread for OpenCV."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    limit_opencv_threads()


@contextmanager
def training_threads() -> Iterator[None]:
    """Use all cores inside the `with` block, for training; restore the former thread counts afterwards."""
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
