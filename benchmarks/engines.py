"""Engines side by side: `python benchmarks/engines.py [FRAMES]`.

Seconds of a step with one and with two workers, on the demo film repeated to FRAMES frames, in one run; on two cores
each worker has one thread. And the time per part that an engine adds, measured with parts that do nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from speed import write_repeated

import reimagine
from reimagine.engines import Advance, EngineOptions, open_engine

FRAMES = 960
"""Frames of the test film: four parts of 240 if it has no cut."""
PARTS = 500
"""Parts that do nothing."""


def nothing(part: int, advance: Advance) -> int:
    """A part that does nothing; the process in which it was done."""
    return os.getpid()


def measure_steps(folder: Path, film: Path) -> None:
    """Print seconds of steps with one and with two workers, and their ratio."""
    print("| stage | 1 worker, s | 2 workers, s | ratio |\n|---|---|---|---|")
    steps: dict[str, Any] = {name: reimagine.model(name)() for name in ("cartoon", "restore")}
    for name, step in steps.items():
        seconds = []
        for workers in (1, 2):
            begun = time.monotonic()
            options = EngineOptions("processes", workers)
            reimagine.run(film, [step], folder / f"{name}-{workers}", engine=options)
            seconds.append(time.monotonic() - begun)
        print(f"| {name} | {seconds[0]:.1f} | {seconds[1]:.1f} | {seconds[0] / seconds[1]:.2f} |", flush=True)


def measure_overhead(folder: Path, engines: list[str]) -> None:
    """Print the milliseconds per part that an engine adds, and the memory of a worker."""
    print("\n| engine | ms per part | MB per idle worker |\n|---|---|---|")
    for name in engines:
        with open_engine(EngineOptions(name, 2), "cpu", [folder]) as engine:
            processes = set(engine(nothing, range(20), lambda count: None))
            begun = time.monotonic()
            list(engine(nothing, range(PARTS), lambda count: None))
            milliseconds = 1000 * (time.monotonic() - begun) / PARTS
            memory = max(int(Path(f"/proc/{p}/statm").read_text().split()[1]) * 4096 / 1e6 for p in processes)
        print(f"| {name} | {milliseconds:.2f} | {memory:.0f} |", flush=True)


def main() -> None:
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else FRAMES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_overhead(folder, ["processes", "ray"])
        measure_steps(folder, write_repeated(folder / "film.mp4", frames))


if __name__ == "__main__":
    main()
