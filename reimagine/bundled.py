"""Files that are installed with the program but are not part of the package: recipes and the demo film."""

from __future__ import annotations

import sysconfig
from itertools import islice, takewhile
from pathlib import Path

from reimagine.errors import RecipeError, unknown_name

CHECKOUT = Path(__file__).parent.parent
"""The source tree, if the program runs from one."""


def bundled_path(name: str) -> Path:
    """Path of a bundled file or folder, such as "pipelines" or "assets/demo.mp4": in the source tree, or installed."""
    path = CHECKOUT / name
    return path if path.exists() else Path(sysconfig.get_path("data")) / "share" / "reimagine" / name


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
