"""Engines decide where the parts of a step are processed.

An engine is one function: (function, parts) -> iterator of results, in the order of the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from reimagine.errors import RecipeError, unknown_name

P = TypeVar("P")
R = TypeVar("R")


class Engine(Protocol):
    """Maps a function over parts."""

    def __call__(self, function: Callable[[P], R], parts: Iterable[P], /) -> Iterator[R]:
        """Yield `function(part)` for each part, in order."""
        ...


def local(function: Callable[[P], R], parts: Iterable[P], /) -> Iterator[R]:
    """Process the parts one after another in this process."""
    yield from map(function, parts)


ENGINES: dict[str, Engine] = {"local": local}


def engine_named(name: str) -> Engine:
    """An engine by name.

    Raises:
        RecipeError: there is no such engine.
    """
    if name not in ENGINES:
        raise RecipeError(unknown_name("engine", name, ENGINES))
    return ENGINES[name]
