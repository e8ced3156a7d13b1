"""Commands about the program itself: does it work here, and what can it do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

app = typer.Typer()


@app.command("doctor")
def doctor() -> None:
    """Whether everything is here and works: versions, device, weights and their sums, disk, a short test."""
    from reimagine.cli.terminal import guarded

    with guarded(True, False):
        from reimagine.diagnostics import examine

        well = True
        for name, words, good in examine():
            typer.echo(f"{'ok ' if good else 'BAD'}  {name:<22} {words}")
            well = well and good
        if not well:
            raise typer.Exit(1)


@app.command("demo")
def demo(
    into: Annotated[Path, typer.Option(help="Run folder")] = Path("runs/demo"),
    output: Annotated[
        Optional[Path], typer.Option("-o", "--output", help="Folder of the page [default: <run>/site]")
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress")] = False,
) -> None:
    """Everything, on the bundled film: coloured, drawn, gone on with, played anew; and a page to show it."""
    from reimagine.cli.terminal import guarded

    with guarded(quiet, False) as progress:
        from reimagine import recipe
        from reimagine.api import run
        from reimagine.bundled import bundled
        from reimagine.bundled import recipe as recipe_of
        from reimagine.gallery.page import gallery
        from reimagine.runs.folder import Run

        done = run(bundled("assets/demo.mp4"), recipe.read(recipe_of("everything")), into, progress=progress)
        typer.echo(done.film)
        page = gallery(
            [Run.open(done.folder)], output or done.folder / "site", progress, "made by this project; Apache-2.0"
        )
    if browse:
        typer.launch(str(page))
    typer.echo(page)
