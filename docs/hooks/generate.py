"""MkDocs hooks: reference pages and tables are generated from the program, so they are always up to date.

Two pages are generated (`commands.md`, `weights.md`), and the README's pictures are copied from `assets/`. In the
written pages, `<!-- options: STAGE -->` is replaced by the tables of a stage's options, `<!-- recipes -->` by the
included recipes, `<!-- columns: COMMAND -->` by the columns of an evaluation's table, and `<!-- costs -->` by the time
and disk space of a feature film.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import costs
import reference
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
"""Root of the repository."""
MARK = re.compile(r"^<!-- (\w+)(?:: (\w+))? -->$", re.MULTILINE)
"""A line that is replaced by generated text: its kind, and optionally a name."""
GENERATORS = {
    "options": reference.options,
    "recipes": reference.recipes,
    "columns": reference.columns,
    "costs": costs.table,
}
"""What replaces a mark, by its name."""
WATCHED = ("reimagine", "pipelines", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")
"""Paths whose changes rebuild the pages while `mkdocs serve` runs."""


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages, and the pictures that are outside the folder of the documentation."""
    files.append(File.generated(config, "commands.md", content=reference.commands()))
    files.append(File.generated(config, "weights.md", content=reference.weights()))
    for path in sorted((ROOT / "assets").glob("*.webp")):
        files.append(File.generated(config, f"pictures/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the marks of a page; an unknown mark raises KeyError."""
    return MARK.sub(lambda mark: GENERATORS[mark[1]](*filter(None, [mark[2]])), markdown)


def on_serve(server: Any, **_: Any) -> Any:
    """Watch the paths from which pages are generated."""
    for name in WATCHED:
        server.watch(str(ROOT / name))
    return server
