"""`reimagine degrade`: simulate the damage of old films, to test restoration or for the look."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from reimagine.progress import Progress

app = typer.Typer()


@app.command("degrade")
def degrade(
    film: Annotated[Path, typer.Argument(help="A film or a picture")],
    kind: Annotated[
        str,
        typer.Option(
            help="Kind of damage: old-print, negative, noise, jpeg, blur, scratches, dust, stains, holes, faded, "
            "flicker or weave"
        ),
    ] = "old-print",
    seed: Annotated[int, typer.Option(help="Random seed of the damage")] = 1,
    output: Annotated[
        Optional[Path],
        typer.Option(
            "-o",
            "--output",
            help="Output file [default: <name of the film>-<kind>.mp4, or .png if the input is a picture]",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress")] = False,
) -> None:
    """Turn a good film into an old print, a negative or a damaged film. The same seed gives the same film."""
    from reimagine.cli.terminal import command_progress

    with command_progress(quiet, False) as progress:
        progress.result(degrade_file(film, kind, seed, output, progress))


def degrade_file(film: Path, kind: str, seed: int, output: Path | None, progress: Progress) -> Path:
    """Degrade a film or picture and write it with the sound of the original; return the output file.

    Raises:
        MediaError: the film has no picture, or the output is the film itself.
        RunError: there is a file of the output's name.
    """
    from reimagine.degradation import degrade as degrade_frames
    from reimagine.errors import MediaError
    from reimagine.files import check_absent
    from reimagine.media.export import Encoding, export
    from reimagine.media.files import check_readable
    from reimagine.media.images.names import title
    from reimagine.media.iteration import report_progress
    from reimagine.media.video.reader import open_film, read_film

    check_readable(film)
    source = open_film(film)
    if not source.frames:
        raise MediaError(f"{film}: has no picture to degrade; give a file with a video stream")
    out = output or Path(f"{title(film)}-{kind}{'.png' if source.is_still else '.mp4'}")
    if source.is_source_file(out):
        raise MediaError(f"{out}: is the film itself; give -o another name")
    check_absent(out)
    encoding = Encoding().for_film(source, out)
    encoding.check(out)
    progress.begin("degrade", source.frames)
    frames = degrade_frames(islice(read_film(source), source.frames), kind, seed)
    for line in export(source, out, report_progress(frames, progress.advance), None, encoding):
        progress.warning(line)
    return out
