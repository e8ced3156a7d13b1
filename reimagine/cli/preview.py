"""`reimagine preview`: choose before you wait."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from reimagine import recipe, stages
from reimagine.cli.options import COMMON, FILM, option, parameter, register

app = typer.Typer(no_args_is_help=True, help="A sheet: a few frames under a few settings.")


def preview_command(stage: str) -> None:
    def command(**given: Any) -> None:
        from reimagine.cli.terminal import guarded

        with guarded(given["quiet"], given["json"]) as progress:
            from reimagine.gallery.preview import preview as draw

            names = ("model", "film", "into", "frames", "device")
            typer.echo(draw(stage, *(given[name] for name in names), progress))

    asked = parameter("model", Optional[str], None, option(f"One of: {', '.join(stages.models_of(stage))}"))
    count = parameter("frames", int, 4, option("How many frames, spread over the film"))
    kept = [p for p in COMMON if p.name in ("into", "device", "quiet", "json")]
    sentence = f"A few frames of a film under a few settings of {stage}."
    register(command, [FILM, asked, count, *kept], sentence)
    app.command(stage)(command)


for _stage in ("restore", "colorize", "cartoon"):
    preview_command(_stage)


@app.command("timbre")
def preview_timbre(
    notes: Annotated[Optional[Path], typer.Argument(help="A melody, .mid [default: a short scale]")] = None,
    model: Annotated[Optional[str], typer.Option(help="One that has instruments")] = None,
    weights: Annotated[Optional[str], typer.Option(help="A name in the zoo, or a path")] = None,
    into: Annotated[Path, typer.Option(help="Folder for the sounds")] = Path("runs/preview-timbre"),
) -> None:
    """An audition: a short sound file of each instrument."""
    from reimagine.cli.terminal import guarded

    with guarded(False, False) as progress:
        from reimagine.gallery.preview import audition

        given = {"weights": weights} if weights else {}
        typer.echo(audition(recipe.build("timbre", model, given), notes, into, progress))
