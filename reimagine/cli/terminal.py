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
TITLE_WIDTH = 12
"""Characters of the names of rows, at least."""
CELL_WIDTH = 15
"""Characters of a column, at least."""


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


def measured(command: str, rows: Mapping[str, Mapping[str, float]], json: bool) -> None:
    """Print the numbers of an evaluation as a table, with what its columns mean below it, or as JSON."""
    measured_tables(command, {"": rows}, json)


def measured_tables(command: str, titled: Mapping[str, Mapping[str, Mapping[str, float]]], json: bool) -> None:
    """Print several tables of an evaluation, and below them what their columns mean, or one JSON object."""
    from reimagine.evaluation.legend import legend

    tables(titled, json)
    if json:
        return
    typer.echo()
    for name, meaning in {k: v for rows in titled.values() for k, v in legend(command, rows).items()}.items():
        typer.echo(f"{name:<21} {meaning}")


def tables(titled: Mapping[str, Mapping[str, Mapping[str, float]]], json: bool) -> None:
    """Print tables one after another, each under its title; the first has none. As JSON, one object with all rows."""
    if json:
        first, *others = titled
        typer.echo(encoder.dumps({**titled[first], **{title: titled[title] for title in others}}, indent=1))
        return
    for title, rows in titled.items():
        if title:
            typer.echo(f"\n{title}")
        _table(rows)


def _table(rows: Mapping[str, Mapping[str, float]]) -> None:
    """Print named rows of numbers on standard output."""
    widths = {column: max(CELL_WIDTH, len(column) + 2) for column in max(rows.values(), key=len)}
    names = max(TITLE_WIDTH, *(len(name) + 1 for name in rows))
    typer.echo(" " * names + "".join(f"{column:>{width}}" for column, width in widths.items()))
    for name, row in rows.items():
        typer.echo(f"{name:<{names}}" + "".join(_cell(row.get(c)).rjust(width) for c, width in widths.items()))


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if abs(value) >= 0.1 or value == 0 else f"{value:.3g}"
