"""What a person sees while it works: a bar with an ETA on standard error, or JSON lines."""

from __future__ import annotations

import json as encoder
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from reimagine.errors import ReimagineError
from reimagine.progress import NoProgress


@contextmanager
def guarded(quiet: bool, json: bool) -> Iterator[Any]:
    """A progress for the work inside; errors a person can mend become one line and exit 1."""
    progress = Lines() if json else Nothing() if quiet else Bar()
    try:
        with progress:
            yield progress
    except ReimagineError as error:
        fail(str(error))
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        fail(
            f"{name}{os.strerror(error.errno) if error.errno else error}; what is finished is kept: "
            "mend it and run the same command again"
        )
    except KeyboardInterrupt:
        typer.echo("\nstopped; run the same command again to go on", err=True)
        raise typer.Exit(128 + signal.SIGINT) from None


def fail(line: str) -> None:
    typer.echo(f"reimagine: {' '.join(line.split())}", err=True)
    raise typer.Exit(1)


class Nothing(NoProgress):
    """--quiet."""

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_: Any) -> None:
        pass


class Bar(Nothing):
    """A bar of frames with time elapsed and left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.bar = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self.task: Any = None
        self.done = 0
        self.begun = 0.0

    def __exit__(self, *_: Any) -> None:
        if self.task is not None:
            self.bar.stop()

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        self.bar.start()
        self.unit = unit
        self.task = self.bar.add_task(title, total=total or None, rate="")
        self.done, self.begun = 0, time.monotonic()

    def advance(self, count: float) -> None:
        """`count` more done; of what is not counted in frames but in seconds, there is no rate to tell."""
        if self.task is None:
            return
        self.done += count
        rate = self.done / max(1e-6, time.monotonic() - self.begun)
        self.bar.update(self.task, advance=count, rate=f"{rate:.0f} fps" * (self.unit == "fps"))

    def message(self, line: str) -> None:
        self.bar.console.print(line, style="dim", highlight=False, markup=False)


class Lines(Nothing):
    """--json: {"step", "done", "total", "eta"} at most twice a second, and {"note"}."""

    def __init__(self) -> None:
        self.title, self.total, self.done = "", 0, 0.0
        self.begun = self.told = 0.0

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        self.title, self.total, self.done = title, total, 0.0
        self.begun, self.told = time.monotonic(), 0.0
        self.tell()

    def advance(self, count: float) -> None:
        self.done += count
        if time.monotonic() - self.told > 0.5 or self.done == self.total:
            self.tell()

    def tell(self) -> None:
        self.told = time.monotonic()
        took = self.told - self.begun
        left = took / self.done * (self.total - self.done) if self.done and self.total else None
        row = {
            "step": self.title,
            "done": round(self.done),
            "total": self.total or None,
            "eta": None if left is None else round(left, 1),
        }
        print(encoder.dumps(row), file=sys.stderr, flush=True)

    def message(self, line: str) -> None:
        print(encoder.dumps({"note": line}), file=sys.stderr, flush=True)


def table(rows: dict[str, dict[str, float]], json: bool) -> None:
    """Named rows of numbers, as a table or as JSON, on standard output."""
    if json:
        typer.echo(encoder.dumps(rows, indent=1))
        return
    columns = list(max(rows.values(), key=len))
    typer.echo(" " * 12 + "".join(f"{c:>15}" for c in columns))
    for name, row in rows.items():
        typer.echo(f"{name:<12}" + "".join(_cell(row.get(c)) for c in columns))


def _cell(value: float | None) -> str:
    if value is None:
        return " " * 15
    return f"{value:15.3f}" if abs(value) >= 0.1 or value == 0 else f"{value:15.3g}"
