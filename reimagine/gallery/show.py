"""`reimagine show`: a run at a glance, at the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine import recipe, stages
from reimagine.runs.prune import size

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reimagine.runs.folder import Run


TRACKS = (".nut", ".wav", ".mid")


def megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"


def shown(run: Run) -> list[RenderableType]:
    """The film's facts, a table of the steps, and the report's numbers."""
    from rich.table import Table

    film = run.film
    facts = f"{film.source}: {film.seconds:.1f} s"
    if film.frames:
        facts += f", {film.width}x{film.height}, {film.frames} frames at {float(film.rate):.3f} a second"
        facts += f", {len(run.shots)} shots"
    steps = Table("step", "model", "options", "artifact", "size", "seconds", title=str(run.folder))
    for step in run.steps:
        folder = run.folder / step.folder
        artifact = next((p.name for p in sorted(folder.iterdir()) if p.suffix in TRACKS), "")
        row = step.stage, step.model, told(folder), artifact, megabytes(size(folder)), f"{step.seconds:.1f}"
        steps.add_row(*row)
    parts: list[RenderableType] = [facts, steps]
    report = run.folder / "report.json"
    if report.exists():
        numbers = Table("number", "value", title="report.json")
        for key, value in json.loads(report.read_text()).items():
            if key not in ("key", "film") and value not in (None, {}, []):
                numbers.add_row(key.replace("_", " "), _words(value))
        parts.append(numbers)
    return parts


def told(folder: Path) -> str:
    """The options of a step that are not the defaults."""
    facts = json.loads((folder / "step.json").read_text())
    defaults = {o.name: o.default for o in recipe.options(stages.model_class(facts["stage"], facts["model"]))}
    given = facts.get("options", {}).items()
    return ", ".join(f"{name} {value}" for name, value in given if defaults.get(name) != value)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v:g}" if isinstance(v, int | float) else f"{k} {v}" for k, v in value.items())
    return "; ".join(map(str, value)) if isinstance(value, list) else f"{value}"
