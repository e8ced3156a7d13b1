"""Functions over numbers, for the tests of engines. Workers import this module, so it imports little."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from reimagine.errors import StageError


def square(number: int, advance: Callable[[float], None]) -> int:
    """The square of a number; it counts as `number` units."""
    for _ in range(number):
        advance(1)
    return number * number


def process_number(number: int, advance: Callable[[float], None]) -> int:
    """The process in which the part is done."""
    advance(1)
    return os.getpid()


def die_once(folder: Path, number: int, advance: Callable[[float], None]) -> int:
    """The square of a number; the first time that it is 2, the process dies in the middle of it."""
    advance(1)
    marker = folder / "died"
    if number == 2 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    advance(number - 1)
    return number * number


def die(number: int, advance: Callable[[float], None]) -> int:
    """The number; the process of number 1 dies each time."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuse(number: int, advance: Callable[[float], None]) -> int:
    """The number; 2 is refused."""
    if number == 2:
        raise StageError("number 2 is refused; give another one")
    return number


def fill_disk(number: int, advance: Callable[[float], None]) -> int:
    """Fails as on a full disk."""
    raise OSError(28, "No space left on device", f"part-{number}")


def fail(number: int, advance: Callable[[float], None]) -> int:
    """Fails with an error that no user can correct."""
    raise ZeroDivisionError(f"number {number}")


def thread_counts(number: int, advance: Callable[[float], None]) -> tuple[int, int]:
    """Threads of torch and of OpenCV in the process."""
    import cv2
    import torch

    return torch.get_num_threads(), cv2.getNumThreads()


class CountingModel:
    """A model that counts how often it is loaded in a process; all are equal, as models with equal options are."""

    loads = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CountingModel)

    def __hash__(self) -> int:
        return 1

    def load(self, device: str) -> str:
        """Count the call."""
        CountingModel.loads += 1
        return device


def loads(number: int, advance: Callable[[float], None]) -> tuple[int, int]:
    """The process, and how often the model was loaded in it."""
    from reimagine.execution.parts import load_once

    load_once(CountingModel(), "cpu")
    return os.getpid(), CountingModel.loads
