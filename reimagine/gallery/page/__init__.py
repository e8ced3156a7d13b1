"""The gallery: a static web page of one or more runs, with all its media files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reimagine import made
from reimagine.files import write_text_atomically
from reimagine.gallery.page.content import page_content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reimagine.progress import Progress
    from reimagine.runs.folder import Run

TEMPLATES = Path(__file__).parent
"""Folder of page.html, page.css and page.js."""


def write_gallery(runs: Sequence[Run], out: Path, progress: Progress, credit: str = "") -> Path:
    """Write index.html and, for each run, a folder of films, pictures and notes; return the path of index.html.

    Args:
        runs: runs with all steps done.
        out: folder of the page; it is created if needed.
        credit: maker and licence of the films; "" takes them from each film's metadata.

    Raises:
        RunError: the folder has files of these names that are not of an earlier page.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    out.mkdir(parents=True, exist_ok=True)
    made.guard(out)
    made.check(out / "index.html")
    contents = [page_content(run, out, slug, progress, credit) for run, slug in zip(runs, _slugs(runs), strict=True)]
    inlined = {name: (TEMPLATES / f"page.{name}").read_text() for name in ("css", "js")}
    loader = FileSystemLoader(TEMPLATES)
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = out / "index.html"
    write_text_atomically(page, templates.get_template("page.html").render(runs=contents, **inlined))
    return page


def _slugs(runs: Sequence[Run]) -> list[str]:
    """A folder name for each run, all different: ASCII letters, digits and hyphens, which need no URL escapes."""
    names: list[str] = []
    for run in runs:
        plain = "".join(c if c.isalnum() and c.isascii() else "-" for c in run.folder.resolve().name.lower())
        plain = plain.strip("-") or "film"
        earlier = sum(name == plain or name.startswith(f"{plain}~") for name in names)
        names.append(f"{plain}~{earlier + 1}" if earlier else plain)
    return names
