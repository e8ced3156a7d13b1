"""The engine `ray`: processes of a Ray cluster. This is the only file that imports Ray.

All machines see the run folder, the film and the working folder under the same paths. This is checked before work.
"""

from __future__ import annotations

import contextlib
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from reimagine.documents import one_line
from reimagine.engines.pool import Outcome, Performer, WorkerPool
from reimagine.errors import RecipeError, RunError
from reimagine.zoo.threads import CORES, limit_worker_threads, worker_threads

OBJECT_STORE = 128 << 20
"""Bytes of Ray's object store where Ray is started here; frames do not go through it, they are in files."""
CHECK_SECONDS = 60
"""Time in which every machine must have answered."""


@contextmanager
def open_ray(workers: int | None, address: str | None, device: str, paths: Sequence[Path]) -> Iterator[WorkerPool]:
    """An engine of actors of a Ray cluster; by default half as many as it has CPUs.

    Args:
        address: of a running cluster; None: Ray is started here, unless this process is connected already.
        device: the torch device; each actor has a GPU of its own if it is CUDA.
        paths: the run folder, and the other files that all machines must see.

    Raises:
        RecipeError: the cluster cannot be reached, or is too small.
        RunError: a machine does not see the paths, or cannot run this program.
    """
    own = not ray.is_initialized()
    if own:
        _connect(workers, address)
    pool = None
    try:
        count, threads = _sizes(workers, device)
        _check_machines([path.absolute() for path in paths])
        pool = WorkerPool(partial(RayWorker, threads, device), count, (RayActorError,))
        yield pool
    finally:
        if pool:
            pool.close()
        if own:
            ray.shutdown()


def _connect(workers: int | None, address: str | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    here = {"num_cpus": workers or CORES, "object_store_memory": OBJECT_STORE, "include_dashboard": False}
    try:
        if address:
            ray.init(address, logging_level=logging.ERROR, log_to_driver=False)
        else:
            ray.init("local", logging_level=logging.ERROR, log_to_driver=False, **here)
    except (ConnectionError, RuntimeError, ValueError, OSError, RayError) as error:
        raise RecipeError(f"--engine ray: no cluster at {address or 'this machine'} ({one_line(error)})") from error


def _sizes(workers: int | None, device: str) -> tuple[int, int]:
    """The number of actors, and the threads of a network in each."""
    having = ray.cluster_resources()
    cpus, gpus = int(having.get("CPU", 0)), int(having.get("GPU", 0))
    on_gpu = device.startswith("cuda")
    if device not in ("cpu", "cuda"):
        raise RecipeError(f"--device {device}: the engine ray has cpu and cuda; with cuda, Ray chooses the GPU")
    most, what = (min(cpus, gpus), "GPUs") if on_gpu else (cpus, "CPUs")
    count = workers or (most if on_gpu else max(1, cpus // 2))
    if count > most or not most:
        raise RecipeError(f"--workers {count}: the Ray cluster has {most} {what}; give fewer, or add machines to it")
    return count, worker_threads(cpus, count)


def _check_machines(paths: Sequence[Path]) -> None:
    """Check that all machines see a new file in the run folder, the other paths, and the working folder."""
    token = paths[0] / f".token-{uuid.uuid4().hex}"
    token.touch()
    needed = [str(path) for path in (Path.cwd(), token, *paths[1:])]
    try:
        answers = {}
        for node in ray.nodes():
            if node["Alive"] and node["Resources"].get("CPU"):
                here: Any = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                task = ray.remote(num_cpus=0, scheduling_strategy=here, max_retries=0)(_missing)
                answers[node["NodeManagerAddress"]] = task.remote(needed)
        for machine, answer in answers.items():
            try:
                missing = ray.get(answer, timeout=CHECK_SECONDS)
            except RayError as error:
                missing = f"cannot run this program ({one_line(error)}); install the same version as here"
            if missing:
                raise RunError(f"{paths[0]}: the machine {machine} of the Ray cluster {missing}")
    finally:
        token.unlink(missing_ok=True)


def _missing(paths: Sequence[str]) -> str:
    """What is missing on the machine of this task, in words; "" if nothing is."""
    absent = next((path for path in paths if not Path(path).exists()), "")
    advice = "put run folder, film and working folder on a disk that all machines see under the same path"
    return f"does not see {absent}; {advice}" if absent else ""


class RayWorker:
    """An actor that does one part at a time, seen from the process that has the parts.

    Args:
        threads: threads of a network in the actor.
        device: the torch device.
    """

    def __init__(self, threads: int, device: str) -> None:
        gpus = 1 if device.startswith("cuda") else 0
        # Two threads: one does a part, the other answers how far it is.
        actor: Any = ray.remote(_Actor)
        actor = actor.options(num_cpus=1, num_gpus=gpus, max_concurrency=2, scheduling_strategy="SPREAD")
        self._actor: Any = actor.remote(threads, str(Path.cwd()))
        self._function: Callable[..., Any] | None = None
        self._known: Any = 0.0
        self._asked = self._actor.units.remote()

    def submit(self, function: Callable[..., Any], part: Any) -> Future[Outcome]:
        """Start a part."""
        given = None if function is self._function else function
        self._function = function
        return self._actor.perform.remote(given, part).future()

    def units(self) -> float:
        """Units that the actor had done when it answered last; it is asked again without waiting."""
        answered, _ = ray.wait([self._asked], timeout=0)
        if answered:
            with contextlib.suppress(RayActorError):  # the part's own future says so as well
                self._known = ray.get(self._asked)
                self._asked = self._actor.units.remote()
        return self._known

    def close(self) -> None:
        """End the actor at once."""
        ray.kill(self._actor)


class _Actor:
    """Does parts in a process of the cluster; a model is loaded once in it."""

    def __init__(self, threads: int, folder: str) -> None:
        os.chdir(folder)  # options may name files relative to it
        limit_worker_threads(threads)
        self._performer = Performer()

    def perform(self, function: Callable[..., Any] | None, part: Any) -> Outcome:
        return self._performer(function, part)

    def units(self) -> float:
        return self._performer.units
