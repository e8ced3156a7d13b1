"""How parts are shared out: an engine is one function `(fn, parts) -> results, in order`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reimagine.errors import RecipeError, unknown_name

Engine = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


def local(fn: Callable[[Any], Any], parts: Iterable[Any]) -> Iterator[Any]:
    """In order, in this process."""
    yield from map(fn, parts)


def choose(name: str) -> Engine:
    if name != "local":
        raise RecipeError(unknown_name("engine", name, ["local"]))
    return local
