"""Workers that do parts: each does one at a time, and one that dies is replaced and its part done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from reimagine.engines import Advance
from reimagine.errors import ReimagineError, StageError

MAX_DEATHS = 3
"""Workers that die of the same part before the step ends with an error."""
POLL_SECONDS = 0.2
"""Time between two looks at the progress of the workers."""


class Outcome(NamedTuple):
    """What a worker returns for a part: its result, or an error that a user can correct; and the units done."""

    result: Any
    error: Exception | None
    units: float


class Worker(Protocol):
    """A process that does one part at a time, seen from the process that has the parts."""

    def submit(self, function: Callable[..., Any], part: Any) -> Future[Outcome]:
        """Start a part. The function is sent only if it is another one than before."""
        ...

    def units(self) -> float:
        """Units that the process has done since it was started, at some time not long ago."""
        ...

    def close(self) -> None:
        """End the process at once; a part that it is doing is lost."""
        ...


class Performer:
    """Does the parts within a worker.

    Args:
        advance: called with the number of units that are newly done.

    Attributes:
        units: all units that were done.
    """

    def __init__(self, advance: Advance | None = None) -> None:
        self.units = 0.0
        self._report = advance
        self._function: Callable[[Any, Advance], Any] | None = None

    def __call__(self, function: Callable[[Any, Advance], Any] | None, part: Any) -> Outcome:
        """Do a part with a function; None: with the same one as before."""
        self._function = function or self._function
        assert self._function, "the first part of a worker comes with the function"
        before = self.units
        try:
            return Outcome(self._function(part, self._advance), None, self.units - before)
        except (ReimagineError, OSError) as error:
            return Outcome(None, error, self.units - before)

    def _advance(self, count: float) -> None:
        self.units += count
        if self._report:
            self._report(count)


@dataclass
class _Place:
    """One of the workers, and what it is doing.

    Attributes:
        finished: units of the parts that the worker has finished.
        number: number of its present part; None while it has none.
        reported: units of the present part that were reported.
    """

    worker: Worker
    finished: float = 0.0
    number: int | None = None
    reported: float = 0.0

    def report(self, units: float, advance: Advance) -> None:
        """Report that so many units of the present part are done, if these are more than before."""
        if units > self.reported:
            advance(units - self.reported)
            self.reported = units


@dataclass
class WorkerPool:
    """An engine with a fixed number of workers. They are started when there is work, and kept for the next step.

    Attributes:
        start: starts a worker.
        count: number of workers.
        died: exceptions of a future whose worker has died.
    """

    start: Callable[[], Worker]
    count: int
    died: tuple[type[Exception], ...]
    _places: list[_Place] = field(default_factory=list)

    def __call__(self, function: Callable[..., Any], parts: Sequence[Any], advance: Advance, /) -> Iterator[Any]:
        """Yield `function(part, advance)` for each part, in order.

        Raises:
            StageError: a part has ended several workers.
        """
        waiting, deaths = deque(range(len(parts))), [0] * len(parts)
        results: dict[int, Any] = {}
        running: dict[Future[Outcome], _Place] = {}
        try:
            for number in range(len(parts)):
                while number not in results:
                    self._assign(function, parts, waiting, running)
                    finished, _ = wait(running, POLL_SECONDS, FIRST_COMPLETED)
                    for place in running.values():
                        place.report(place.worker.units() - place.finished, advance)
                    for future in finished:
                        self._finish(future, running.pop(future), parts, (waiting, deaths, results), advance)
                yield results.pop(number)
        finally:
            for place in running.values():  # after an error or an interruption
                self._remove(place)

    def close(self) -> None:
        """End all workers."""
        for place in list(self._places):
            self._remove(place)

    def _assign(
        self,
        function: Callable[..., Any],
        parts: Sequence[Any],
        waiting: deque[int],
        running: dict[Future[Outcome], _Place],
    ) -> None:
        """Give parts to the workers that have none."""
        while waiting and len(running) < self.count:
            place = next((place for place in self._places if place.number is None), None)
            if place is None:
                place = _Place(self.start())
                self._places.append(place)
            place.number, place.reported = waiting.popleft(), 0.0
            try:
                future = place.worker.submit(function, parts[place.number])
            except self.died as error:  # it died while it had no part
                future = Future()
                future.set_exception(error)
            running[future] = place

    def _finish(
        self,
        future: Future[Outcome],
        place: _Place,
        parts: Sequence[Any],
        state: tuple[deque[int], list[int], dict[int, Any]],
        advance: Advance,
    ) -> None:
        """Take the result of a part; or replace the worker, if it has died."""
        waiting, deaths, results = state
        number = place.number
        assert number is not None
        try:
            outcome = future.result()
        except self.died as error:
            self._remove(place)
            advance(-place.reported)
            deaths[number] += 1
            if deaths[number] >= MAX_DEATHS:
                raise StageError(
                    f"{parts[number]}: {MAX_DEATHS} workers ended without an error while they processed it; if memory "
                    "is short, give fewer --workers; finished parts are kept"
                ) from error
            waiting.appendleft(number)
            return
        place.number = None
        if outcome.error:
            raise outcome.error
        place.report(outcome.units, advance)
        place.finished += outcome.units
        results[number] = outcome.result

    def _remove(self, place: _Place) -> None:
        self._places.remove(place)
        place.worker.close()
