"""What comes with the program and is no part of the library: recipes, and the demo film."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from reimagine.errors import RecipeError, unknown_name

CHECKOUT = Path(__file__).parent.parent


def bundled(name: str) -> Path:
    """A folder or file of the checkout, or of what was installed from it: "pipelines", "assets/demo.mp4"."""
    here = CHECKOUT / name
    return here if here.exists() else Path(sysconfig.get_path("data")) / "share" / "reimagine" / name


def recipes() -> dict[str, Path]:
    """The recipes that come along, by name."""
    return {path.stem: path for path in sorted(bundled("pipelines").glob("*.toml"))}


def recipe(name: str) -> Path:
    """A recipe file: a path, or the name of one that comes along."""
    path = Path(name)
    if path.suffix or path.exists():
        return path
    if name not in recipes():
        raise RecipeError(unknown_name("recipe", name, recipes()))
    return recipes()[name]


def sentence(path: Path) -> str:
    """What a recipe says of itself: its first comment after the command."""
    lines = [line.lstrip("# ") for line in path.read_text().splitlines() if line.startswith("#")]
    return " ".join(lines[1:])
