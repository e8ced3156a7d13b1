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
from reimagine.progress_bar import ProgressBar

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


class Bar(ProgressBar, Quiet):
    """Progress bars on standard error."""

    def __init__(self) -> None:
        super().__init__(to_errors=True)

    def __exit__(self, *_: object) -> None:
        self.close()

    def result(self, line: object) -> None:
        self.close()
        super().result(line)

    def summary(self, line: str) -> None:
        self.close()
        self.message(line)


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
