"""`reimagine show`: a summary of a run for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine import recipe, stages
from reimagine.runs.prune import size
from reimagine.runs.reports import read_report
from reimagine.runs.step import ARTIFACTS, Step, read_options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reimagine.runs.folder import Run

HIDDEN_ENTRIES = ("key", "film")
"""Entries of report.json that are not in the table: the film is named above it."""
MAX_CHARACTERS = 1000
"""Characters of a text that are shown."""


def megabytes(count: float) -> str:
    """A number of bytes as text, in MB."""
    return f"{count / 1e6:,.1f} MB"


def summary(run: Run) -> list[RenderableType]:
    """A line on the film, a table of the steps, and a table of report.json if there is one."""
    parts: list[RenderableType] = [_film_line(run), _step_table(run)]
    report = run.folder / "report.json"
    if report.exists():
        parts.append(_report_table(read_report(report)))
    return parts


def _film_line(run: Run) -> RenderableType:
    from rich.text import Text

    film = run.film
    line = f"{film.source}: {film.seconds:.1f} s"
    if film.frames:
        line += f", {film.width}x{film.height}, {film.frames} frames at {float(film.rate):.3f} fps"
        line += f", {len(run.shots)} shots"
    return Text(line)


def _step_table(run: Run) -> RenderableType:
    rows = []
    for step in run.steps:
        folder, artifact = run.folder / step.folder, ARTIFACTS[step.writes]
        name = artifact if (folder / artifact).exists() else ""
        options = changed_options(step, folder)
        rows.append((step.stage, step.model, options, name, megabytes(size(folder)), f"{step.seconds:.1f}"))
    return _table(str(run.folder), ("step", "model", "options", "artifact", "size", "seconds"), rows)


def _report_table(report: dict[str, Any]) -> RenderableType:
    shown = {key: value for key, value in report.items() if key not in HIDDEN_ENTRIES and value not in (None, {}, [])}
    rows = [(key.replace("_", " "), value_text(value)) for key, value in shown.items()]
    return _table("report.json", ("number", "value"), rows)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> RenderableType:
    """A table of texts that are shown as they are: brackets in them are no markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, title=Text(title))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def changed_options(step: Step, folder: Path) -> str:
    """The options of a step that are not at their defaults, such as "strength 0.5, look crane"."""
    cls = stages.model_class(step.stage, step.model)
    defaults = {option.name: option.default for option in recipe.options(cls)}
    changed = {name: value for name, value in read_options(folder).items() if defaults.get(name) != value}
    return ", ".join(f"{name} {value}" for name, value in changed.items())


def value_text(value: Any) -> str:
    """A value of a report, such as "0.5", "yes", "shots 3, sheets 1" or "one; two"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_text(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(value_text, value))
    return f"{value:g}" if isinstance(value, float) else f"{value}"[:MAX_CHARACTERS]
