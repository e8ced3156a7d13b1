"""Files that lie beside the package in the source tree and in it when it is installed: recipes and the demo film."""

from __future__ import annotations

from itertools import islice, takewhile
from pathlib import Path

from reimagine.errors import RecipeError, unknown_name

PACKAGE = Path(__file__).parent
"""The package; in the source tree, its parent has the bundled folders."""


def bundled_path(name: str) -> Path:
    """Path of a bundled file or folder, such as "pipelines" or "assets/demo.mp4": installed, or in the source tree."""
    path = PACKAGE / "bundle" / name
    return path if path.exists() else PACKAGE.parent / name


def recipes() -> dict[str, Path]:
    """The included recipes by name."""
    return {path.stem: path for path in sorted(bundled_path("pipelines").glob("*.toml"))}


def recipe_path(name: str) -> Path:
    """Path of a recipe: `name` is a path, or the name of an included recipe.

    Raises:
        RecipeError: there is no such recipe; the nearest name is offered.
    """
    path = Path(name)
    if path.suffix or path.exists():
        return path
    if name not in recipes():
        raise RecipeError(unknown_name("recipe", name, recipes()))
    return recipes()[name]


def description(path: Path) -> str:
    """The description of a recipe: the comment at its top without the first line, which is the command that runs it."""
    comment = takewhile(lambda line: line.startswith("#"), path.read_text().splitlines())
    return " ".join(line.lstrip("# ") for line in islice(comment, 1, None))
