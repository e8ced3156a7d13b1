"""Commands about runs: what is in one, a page of several, and getting rid of what is no longer wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reimagine.errors import RunError

app = typer.Typer()

RUN = Annotated[Path, typer.Argument(help="A run folder, such as runs/film")]
QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="No progress")]


def opened(folder: Path) -> Any:
    """A run that is there."""
    from reimagine.runs.folder import Run

    if not (folder / "run.json").is_file():
        raise RunError(f"{folder}: no run folder (it has no run.json); give one that a command has made")
    return Run.open(folder)


@app.command("show")
def show(run: RUN) -> None:
    """A run at a glance: steps, options, artifacts, seconds, sizes, numbers."""
    from reimagine.cli.terminal import guarded

    with guarded(True, False):
        from rich.console import Console

        from reimagine.gallery.show import shown

        for part in shown(opened(run)):
            Console().print(part)


@app.command("gallery")
def gallery(
    runs: Annotated[list[Path], typer.Argument(help="Run folders")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the page")] = Path("site"),
    credit: Annotated[str, typer.Option(help="Whose film it is and under which licence")] = "",
    quiet: QUIET = False,
) -> None:
    """A page to show: before and after under one divider, shot by shot, with music, ending and recipe."""
    from reimagine.cli.terminal import guarded

    with guarded(quiet, False) as progress:
        from reimagine.gallery.page import gallery as write

        typer.echo(write([opened(run) for run in runs], output, progress, credit))


@app.command("prune")
def prune(
    run: RUN,
    artifacts: Annotated[
        bool, typer.Option("--artifacts", help="Also the steps that are listed: only finished films stay")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go")] = False,
) -> None:
    """Remove what a run no longer needs: steps of options that were given up, parts, lessons."""
    from reimagine.cli.terminal import guarded

    with guarded(True, False):
        from reimagine.gallery.show import megabytes
        from reimagine.runs.prune import clear, size, spare

        here = opened(run)
        folders = spare(here, artifacts)
        sizes = [size(path) for path in folders]
        for path, count in zip(folders, sizes, strict=True):
            typer.echo(f"{megabytes(count):>14}  {path.name}")
        if not dry_run:
            clear(here, folders)
        typer.echo(f"{megabytes(sum(sizes)):>14}  {'would be freed' if dry_run else 'freed'}")
