"""Progress, errors and tables at the terminal: a bar with the remaining time on standard error, or JSON lines."""

from __future__ import annotations

import json as encoder
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from reimagine.errors import ReimagineError
from reimagine.progress import NoProgress

JSON_INTERVAL = 0.5
"""Seconds between two JSON lines about the same task, at least."""


@contextmanager
def command_progress(quiet: bool, json: bool) -> Iterator[Quiet]:
    """The progress display for a command; errors the user can correct become one line and exit 1."""
    progress = JsonLines() if json else Quiet() if quiet else Bar()
    try:
        with progress:
            yield progress
    except ReimagineError as error:
        fail(str(error))
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        reason = os.strerror(error.errno) if error.errno else str(error)
        fail(f"{name}{reason}; finished steps are kept: correct this and run the same command again")


def fail(line: str) -> NoReturn:
    """Print one line on standard error and exit with 1."""
    typer.echo(f"reimagine: {' '.join(line.split())}", err=True)
    raise typer.Exit(1)


class Quiet(NoProgress):
    """Shows warnings only (`--quiet`)."""

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def warning(self, line: str) -> None:
        typer.echo(" ".join(line.split()), err=True)

    def result(self, line: object) -> None:
        """Print what a command gives, such as the path of a film, on standard output."""
        typer.echo(line)

    def summary(self, line: str) -> None:
        """Report where everything is, after all work."""
        self.message(line)


class Bar(Quiet):
    """A progress bar with frames per second, elapsed time and remaining time."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.bar = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self.task: Any = None
        self.unit, self.total = "fps", 0
        self.done = self.begun = 0.0

    def __exit__(self, *_: object) -> None:
        self._close()

    def result(self, line: object) -> None:
        self._close()
        super().result(line)

    def summary(self, line: str) -> None:
        self._close()
        self.message(line)

    def _close(self) -> None:
        """End the bars, which stay on the screen: what is printed below them would otherwise be overwritten."""
        if self.task is None:
            return
        self._finish()
        self.bar.stop()
        for task in self.bar.task_ids:
            self.bar.remove_task(task)
        self.task = None

    def _finish(self) -> None:
        """Stop the movement of a bar without a total."""
        if self.task is not None and not self.total:
            self.bar.update(self.task, total=1, completed=1)

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        self._finish()
        self.bar.start()
        self.unit, self.total = unit, total
        self.done, self.begun = 0.0, time.monotonic()
        self.task = self.bar.add_task(title, total=total or None, amount=self._amount(), rate="")

    def advance(self, count: float) -> None:
        """Only tasks counted in frames have a rate."""
        if self.task is None:
            return
        self.done += count
        rate = self.done / max(1e-6, time.monotonic() - self.begun)
        rate_text = f"{rate:.0f} fps" if self.unit == "fps" else ""
        self.bar.update(self.task, advance=count, amount=self._amount(), rate=rate_text)

    def _amount(self) -> str:
        """What is done, such as "12/48 frames" or "30/30 s"; nothing while neither a total nor an amount is known."""
        unit = "frames" if self.unit == "fps" else self.unit
        of = f"/{self.total}" if self.total else ""
        return f"{self.done:.0f}{of} {unit}" if of or self.done else ""

    def message(self, line: str) -> None:
        self.bar.console.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)

    def warning(self, line: str) -> None:
        self.bar.console.print(line, highlight=False, markup=False, soft_wrap=True)


class JsonLines(Quiet):
    """JSON lines on standard error (`--json`): {"step", "done", "total", "eta"}, {"note"} and {"warning"}."""

    def __init__(self) -> None:
        self.title, self.total, self.done = "", 0, 0.0
        self.begun = self.printed = 0.0

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        self.title, self.total, self.done = title, total, 0.0
        self.begun = time.monotonic()
        self._print_state()

    def advance(self, count: float) -> None:
        self.done += count
        if time.monotonic() - self.printed > JSON_INTERVAL or self.done == self.total:
            self._print_state()

    def message(self, line: str) -> None:
        _print_json({"note": line})

    def warning(self, line: str) -> None:
        _print_json({"warning": line})

    def _print_state(self) -> None:
        self.printed = time.monotonic()
        elapsed = self.printed - self.begun
        eta = elapsed / self.done * (self.total - self.done) if self.done and self.total else None
        row = {"step": self.title, "done": round(self.done), "total": self.total or None}
        _print_json({**row, "eta": None if eta is None else round(eta, 1)})


def _print_json(row: Mapping[str, Any]) -> None:
    print(encoder.dumps(row), file=sys.stderr, flush=True)


def table(rows: Mapping[str, Mapping[str, float]], json: bool) -> None:
    """Print named rows of numbers on standard output, as a table or as JSON."""
    if json:
        typer.echo(encoder.dumps(rows, indent=1))
        return
    columns = list(max(rows.values(), key=len))
    typer.echo(" " * 12 + "".join(f"{c:>15}" for c in columns))
    for name, row in rows.items():
        typer.echo(f"{name:<12}" + "".join(_cell(row.get(c)) for c in columns))


def tables(titled: Mapping[str, Mapping[str, Mapping[str, float]]], json: bool) -> None:
    """Print tables one after another, each under its title; the first has none. As JSON, one object with all rows."""
    if json:
        first, *others = titled
        typer.echo(encoder.dumps({**titled[first], **{title: titled[title] for title in others}}, indent=1))
        return
    for title, rows in titled.items():
        if title:
            typer.echo(f"\n{title}")
        table(rows, False)


def _cell(value: float | None) -> str:
    if value is None:
        return " " * 15
    return f"{value:15.3f}" if abs(value) >= 0.1 or value == 0 else f"{value:15.3g}"
