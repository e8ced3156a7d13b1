"""What the program can say of itself is asked of it when the pages are built, so it cannot go stale.

Two whole pages are made (`commands.md`, `weights.md`), the README's pictures are taken over from `assets/`,
and in the written pages `<!-- options: STAGE -->` becomes the table of a stage's options and
`<!-- recipes -->` the recipes that come along.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import words
from mkdocs.structure.files import File, Files

HERE = Path(__file__).parents[2]
MARK = re.compile(r"^<!-- (\w+)(?:: (\w+))? -->$", re.MULTILINE)
MAKERS = {"options": words.options, "recipes": words.recipes}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made, and the pictures that lie elsewhere."""
    files.append(File.generated(config, "commands.md", content=words.commands()))
    files.append(File.generated(config, "weights.md", content=words.weights()))
    for path in sorted((HERE / "assets").glob("*.webp")):
        files.append(File.generated(config, f"pictures/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put tables where a page asks for them; a mark that nobody knows is an error."""
    return MARK.sub(lambda found: MAKERS[found[1]](*filter(None, [found[2]])), markdown)


def on_serve(server: Any, **_: Any) -> Any:
    """Watch what the pages are made of, too."""
    for name in ("reimagine", "pipelines", "CONTRIBUTING.md", "benchmarks/README.md"):
        server.progress(str(HERE / name))
    return server
