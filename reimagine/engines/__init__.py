"""Engines decide where the parts of a step are processed.

An engine is one function: (function, parts, advance) -> iterator of results, in the order of the parts.

    local        one part after another, in this process
    processes    several processes of this machine
    ray          processes of a Ray cluster
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from reimagine.errors import RecipeError, unknown_name
from reimagine.options import Range, check_ranges

P = TypeVar("P")
R = TypeVar("R")

Advance = Callable[[float], None]
"""Receives progress: the number of units that are newly done; negative if they must be done again."""
ENGINES = ("local", "processes", "ray")
"""The names of the engines."""


class Engine(Protocol):
    """Maps a function over parts."""

    def __call__(self, function: Callable[[P, Advance], R], parts: Sequence[P], advance: Advance, /) -> Iterator[R]:
        """Yield `function(part, advance)` for each part, in order."""
        ...


def local(function: Callable[[P, Advance], R], parts: Sequence[P], advance: Advance, /) -> Iterator[R]:
    """Process the parts one after another in this process."""
    for part in parts:
        yield function(part, advance)


@dataclass(frozen=True)
class EngineOptions:
    """Where the parts of a step are processed."""

    engine: Annotated[
        str,
        "Where parts of the picture are processed: local (this process), processes (several of this machine) or ray "
        "(a Ray cluster)",
    ] = "local"
    workers: Annotated[
        int | None,
        "Number of parts that are processed at the same time by the engines processes and ray [default: half of the "
        "cores, at least 2]",
        Range(1, 10_000),
    ] = None
    ray_address: Annotated[
        str | None,
        "Address of a running Ray cluster, such as auto or 10.0.0.1:6379 [default: Ray is started on this machine]",
    ] = None

    def check(self) -> None:
        """Refuse options that cannot work, before any work.

        Raises:
            RecipeError: what is wrong, and what to do.
        """
        if self.engine not in ENGINES:
            raise RecipeError(unknown_name("--engine", self.engine, ENGINES))
        check_ranges(self)
        if self.workers and self.engine == "local":
            raise RecipeError(f"--workers {self.workers}: the local engine has one; give --engine processes")
        if self.ray_address and self.engine != "ray":
            raise RecipeError(f"--ray-address {self.ray_address}: needs --engine ray")
        if self.engine == "ray" and find_spec("ray") is None:
            raise RecipeError("--engine ray: Ray is not installed; run: pip install 'reimagine[ray]'")


@contextmanager
def open_engine(options: EngineOptions, device: str, paths: Sequence[Path]) -> Iterator[Engine]:
    """An engine, whose workers live until the `with` block is left.

    Args:
        options: checked options.
        device: the torch device of the models.
        paths: files and folders that all workers must see; the first is the run folder.

    Raises:
        RunError: a machine of a cluster does not see the paths.
        RecipeError: the cluster cannot be reached, or lacks what the options ask for.
    """
    if options.engine == "processes":
        from reimagine.engines.processes import open_processes

        with open_processes(options.workers) as engine:
            yield engine
    elif options.engine == "ray":
        from reimagine.engines.ray import open_ray

        with open_ray(options.workers, options.ray_address, device, paths) as engine:
            yield engine
    else:
        yield local
