"""`reimagine run`: run a recipe on a film, list the included recipes, or copy one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import typer

from reimagine import documents, recipe
from reimagine.cli.films import deliver_films
from reimagine.cli.options import COMMON, option, parameter, register
from reimagine.errors import RecipeError
from reimagine.files import write_text_atomically

if TYPE_CHECKING:
    pass

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
        deliver_films(given["films"], steps, given, progress)


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
