"""Commands about run folders: show one, write a page of several, delete unused folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reimagine.errors import RunError

if TYPE_CHECKING:
    from reimagine.runs.folder import Run

app = typer.Typer()

RUN = Annotated[Path, typer.Argument(help="A run folder, such as runs/film")]
QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress")]


def open_run(folder: Path) -> Run:
    """The run in a folder.

    Raises:
        RunError: the folder is not a run folder.
    """
    from reimagine.runs.folder import Run

    if not (folder / "run.json").is_file():
        raise RunError(f"{folder}: no run folder (it has no run.json); give one that a command has written")
    return Run.open(folder)


@app.command("show")
def show(run: RUN) -> None:
    """Show the steps and the report of a run. Steps are listed with options, artifacts, sizes and times."""
    from reimagine.cli.terminal import command_progress

    with command_progress(True, False):
        from rich.console import Console

        from reimagine.gallery.show import summary

        for part in summary(open_run(run)):
            Console().print(part)


@app.command("gallery")
def gallery(
    runs: Annotated[list[Path], typer.Argument(help="Run folders")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the page")] = Path("site"),
    credit: Annotated[str, typer.Option(help="Maker and licence of the films [default: from their metadata]")] = "",
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser")] = False,
    quiet: QUIET = False,
) -> None:
    """Write a web page that shows runs beside their sources, with shots, sound, ending, recipe and credits."""
    from reimagine.cli.terminal import command_progress

    with command_progress(quiet, False) as progress:
        from reimagine.gallery.page import write_gallery

        page = write_gallery([open_run(run) for run in runs], output, progress, credit)
        progress.result(page)
        if browse:
            typer.launch(str(page))


@app.command("prune")
def prune(
    run: RUN,
    artifacts: Annotated[
        bool, typer.Option("--artifacts", help="Also delete the listed steps: only finished films remain")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be deleted")] = False,
) -> None:
    """Delete folders that a run does not use any more: steps with other options, interrupted steps, and weights learned
    for steps that are not listed."""
    from reimagine.cli.terminal import command_progress

    with command_progress(True, False):
        from reimagine.gallery.show import megabytes
        from reimagine.runs.lock import locked
        from reimagine.runs.prune import delete, size, unused_folders

        opened = open_run(run)
        with locked(run):
            folders = unused_folders(opened, artifacts)
            sizes = [size(path) for path in folders]
            for path, count in zip(folders, sizes, strict=True):
                typer.echo(f"{megabytes(count):>14}  {path.name}")
            for path in delete(opened, folders) if not dry_run else []:
                typer.echo(f"{path.name}: kept, because it has files that reimagine has not made", err=True)
        typer.echo(f"{megabytes(sum(sizes)):>14}  {'would be freed' if dry_run else 'freed'}")
