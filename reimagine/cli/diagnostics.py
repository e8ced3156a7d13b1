"""Commands about the program itself: `doctor` checks the installation, `demo` runs everything on the demo film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

app = typer.Typer()

DEMO_CREDIT = "made by this project; Apache-2.0"
"""Maker and licence of the demo film, for its page."""


@app.command("doctor")
def doctor() -> None:
    """Check that the installation works: versions, device, checksums of weights, disk space, and a short test."""
    from reimagine.cli.terminal import command_progress

    with command_progress(True, False):
        from reimagine.diagnostics import examine

        all_passed = True
        for name, finding, passed in examine():
            typer.echo(f"{'ok ' if passed else 'BAD'}  {name:<22} {finding}")
            all_passed = all_passed and passed
        if not all_passed:
            raise typer.Exit(1)


@app.command("demo")
def demo(
    into: Annotated[Path, typer.Option(help="Run folder")] = Path("runs/demo"),
    output: Annotated[
        Optional[Path], typer.Option("-o", "--output", help="Folder of the page [default: <run>/site]")
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress")] = False,
) -> None:
    """Run all stages on the demo film and write a web page of it."""
    from reimagine.cli.terminal import command_progress

    with command_progress(quiet, False) as progress:
        from reimagine import bundled, recipe
        from reimagine.api import run
        from reimagine.gallery.page import write_gallery
        from reimagine.runs.folder import Run

        steps = recipe.read(bundled.recipe_path("everything"))
        done = run(bundled.bundled_path("assets/demo.mp4"), steps, into, progress=progress)
        progress.result(done.film)
        page = write_gallery([Run.open(done.folder)], output or done.folder / "site", progress, DEMO_CREDIT)
        progress.result(page)
        progress.summary(f"film: {done.film}; run folder: {done.folder}; page: {page}")
        if browse:
            typer.launch(str(page))
