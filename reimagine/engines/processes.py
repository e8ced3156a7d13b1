"""The engine `processes`: several processes of this machine, made by `concurrent.futures` with the method "spawn"."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from reimagine.engines.pool import Outcome, Performer, WorkerPool
from reimagine.zoo.threads import CORES, limit_worker_threads, worker_threads

_performers: list[Performer] = []
"""In a worker: the one object that does the parts."""


@contextmanager
def open_processes(workers: int | None) -> Iterator[WorkerPool]:
    """An engine of several processes; by default half as many as there are cores, at least 2."""
    count = workers or max(2, CORES // 2)
    pool = WorkerPool(partial(ProcessWorker, worker_threads(CORES, count)), count, (BrokenProcessPool,))
    try:
        yield pool
    finally:
        pool.close()


class ProcessWorker:
    """A process that does one part at a time.

    It ends when this object is closed, and when this process dies: both close the writing end of a pipe.

    Args:
        threads: threads of a network in the process.
    """

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._end, self._open = context.Pipe(duplex=False)
        self._units: Any = context.Value("d", 0.0, lock=False)
        self._pool = ProcessPoolExecutor(1, context, _begin, (self._end, self._units, threads))
        self._function: Callable[..., Any] | None = None

    def submit(self, function: Callable[..., Any], part: Any) -> Future[Outcome]:
        """Start a part."""
        given = None if function is self._function else function
        self._function = function
        return self._pool.submit(_perform, given, part)

    def units(self) -> float:
        """Units that the process has done since it was started."""
        return self._units.value

    def close(self) -> None:
        """End the process at once."""
        self._open.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._end.close()


def _begin(end: Connection, units: Any, threads: int) -> None:
    """Prepare a process before its first part."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the first of them ends the others
    threading.Thread(target=_exit_at_end_of, args=(end,), daemon=True).start()
    limit_worker_threads(threads)

    def advance(count: float) -> None:
        units.value += count

    _performers.append(Performer(advance))


def _exit_at_end_of(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()
    os._exit(1)


def _perform(function: Callable[..., Any] | None, part: Any) -> Outcome:
    return _performers[0](function, part)
