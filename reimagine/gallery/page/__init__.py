"""The gallery: one static page for as many runs as one likes, with all that it shows beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.gallery.page.content import exhibit
from reimagine.media.files import write_text_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reimagine.progress import Progress
    from reimagine.runs.folder import Run

HERE = Path(__file__).parent


def gallery(runs: Sequence[Run], out: Path, progress: Progress, credit: str = "") -> Path:
    """Write index.html, and a folder of films, pictures and notes for each run; gives back the page's path.

    Args:
        credit: a line on whose film it is, if its file does not say so.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    out.mkdir(parents=True, exist_ok=True)
    shown = [exhibit(run, out, slug, progress, credit) for run, slug in zip(runs, _slugs(runs), strict=True)]
    parts = {name: (HERE / f"page.{name}").read_text() for name in ("css", "js")}
    room = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = out / "index.html"
    write_text_atomically(page, room.get_template("page.html").render(runs=shown, **parts))
    return page


def _slugs(runs: Sequence[Run]) -> list[str]:
    """A folder's name for each run, no two alike, safe in an address."""
    names: list[str] = []
    for run in runs:
        plain = "".join(c if c.isalnum() and c.isascii() else "-" for c in run.folder.resolve().name.lower())
        plain = plain.strip("-") or "film"
        again = sum(name == plain or name.startswith(f"{plain}~") for name in names)
        names.append(f"{plain}~{again + 1}" if again else plain)
    return names
