"""Iterators over frames or other items: in batches, with progress, and computed ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")


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
