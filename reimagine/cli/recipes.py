"""`reimagine run`: run a recipe on a film, list the included recipes, or copy one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import typer

from reimagine import documents, recipe, stages
from reimagine.cli.films import deliver_films, queue_of
from reimagine.cli.options import COMMON, given_reading, option, parameter, register
from reimagine.errors import RecipeError
from reimagine.files import write_text_atomically

if TYPE_CHECKING:
    from reimagine.progress import Progress

RECIPE = parameter(
    "recipe", Optional[str], None, typer.Argument(help="A recipe: a .toml file, or a name that --list shows")
)
FILMS = parameter(
    "films",
    Optional[list[Path]],
    None,
    typer.Argument(help="Films, folders of films or pictures, or run folders to continue"),
)
OWN = [
    parameter("list", bool, False, option("List the included recipes", "--list")),
    parameter("copy", Optional[Path], None, option("Copy the recipe to this file, to be edited; nothing is run")),
    parameter(
        "dry_run", bool, False, option("Only show what would be done: steps, keys, time, disk space", "--dry-run")
    ),
]


def add_recipe_command(app: typer.Typer) -> None:
    """The command `run`."""
    register(_run, [RECIPE, FILMS, *OWN, *COMMON], "Run a recipe on films.")
    app.command("run")(_run)


def _run(**given: Any) -> None:
    from reimagine import bundled
    from reimagine.cli.terminal import command_progress

    with command_progress(given["quiet"], given["json"]) as progress:
        if given["list"] or not given["recipe"]:
            for name, path in bundled.recipes().items():
                typer.echo(f"{name:<18} {bundled.description(path)}")
            return
        path = bundled.recipe_path(given["recipe"])
        if given["copy"]:
            _copy(path, given["copy"])
            return
        steps = recipe.read(path, check=True)
        if not given["films"]:
            raise RecipeError(f"{path}: no film is given; write: reimagine run {given['recipe']} film.mp4")
        if not given["dry_run"]:
            deliver_films(given["films"], steps, given, progress)
            return
        for queued in queue_of(given["films"], given):
            dry_run(queued.film, steps, {**given, "into": queued.into}, progress)


def _copy(path: Path, to: Path) -> None:
    """Copy a recipe; no file is overwritten."""
    if to.exists():
        raise RecipeError(f"{to} exists already; give --copy another name")
    write_text_atomically(to, _text(path).replace(f"run {path.stem} ", f"run {to} ", 1))
    typer.echo(to)


def _text(path: Path) -> str:
    try:
        return documents.read_text(path)
    except (FileNotFoundError, ValueError) as error:
        raise RecipeError(f"{path}: cannot be copied ({documents.one_line(error)})") from error


def dry_run(film: Path, steps: Sequence[Any], given: Mapping[str, Any], progress: Progress) -> None:
    """Print each step with its key and its estimated time and disk space."""
    from reimagine.execution.dry_run import plan_steps
    from reimagine.runs.folder import Run

    opened = Run.open(film, given["into"], given_reading(given), progress)
    if not given["again"]:
        opened.drop_latest({stages.identify(model)[0] for model in steps})
    planned = list(plan_steps(opened, steps, given["intermediates"]))
    for step in planned:
        cost = "done" if step.done else f"about {step.seconds:,.0f} s, {step.bytes / 1e6:,.0f} MB"
        typer.echo(f"{step.stage:<11} {step.model:<12} {step.key}  {cost}")
    seconds, size = sum(step.seconds for step in planned), sum(step.bytes for step in planned)
    typer.echo(f"{'all':<34} about {seconds / 60:,.1f} minutes on two cores, {size / 1e6:,.0f} MB")
