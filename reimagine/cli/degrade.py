"""`reimagine degrade`: wear a film or a picture on purpose, to try restorers on and for a look."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated, Optional

import typer

app = typer.Typer()


@app.command("degrade")
def degrade(
    film: Annotated[Path, typer.Argument(help="A film or a picture")],
    kind: Annotated[
        str,
        typer.Option(
            help="old-print, negative, noise, jpeg, blur, scratches, dust, stains, holes, faded, flicker or weave"
        ),
    ] = "old-print",
    seed: Annotated[int, typer.Option(help="Another seed, other scratches")] = 1,
    output: Annotated[
        Optional[Path],
        typer.Option("-o", "--output", help="The worn film [default: <film's stem>-<kind>.mp4, .png of a picture]"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress")] = False,
) -> None:
    """Make an old print, a negative or a damaged film of a good one; the same for the same seed."""
    from reimagine.cli.terminal import guarded

    with guarded(quiet, False) as progress:
        from reimagine.degradation import degrade as wear
        from reimagine.errors import MediaError
        from reimagine.media.export import Encoding, export
        from reimagine.media.files import check_readable
        from reimagine.media.frames import report_progress
        from reimagine.media.reader import open_film, read_film

        check_readable(film)
        facts = open_film(film)
        if not facts.frames:
            raise MediaError(f"{film}: has no picture to wear")
        out = output or Path(f"{film.stem}-{kind}{'.png' if facts.is_still else '.mp4'}")
        if facts.is_source_file(out):
            raise MediaError(f"{out}: is the film itself; give -o another name")
        how = Encoding()
        how.check(out)
        progress.begin("degrade", facts.frames)
        worn = wear(islice(read_film(facts), facts.frames), kind, seed)
        for line in export(facts, out, report_progress(worn, progress.advance), None, how):
            progress.message(line)
    typer.echo(out)
