"""`reimagine preview`: compare settings of a model before a film is processed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import typer

from reimagine import recipe, stages
from reimagine.cli.options import DEVICE, FILM, INTO, JSON, QUIET, READING, given_reading, option, parameter, register
from reimagine.stages.contract import Kind

HELP = "Compare the settings of a model on a few frames or notes."


def preview_app() -> typer.Typer:
    """The command group `preview`, with one command per stage that has previews."""
    group = typer.Typer(no_args_is_help=True, help=HELP)
    for stage, row in stages.STAGES.items():
        if row.preview:
            _add_sheet(group, stage)
        elif row.kind is Kind.TRANSCRIPTION:
            _add_score(group, stage)
        elif row.kind is Kind.SYNTHESIS:
            _add_audition(group, stage)
    return group


def _limited_device(given: Mapping[str, Any]) -> str:
    """The device that was chosen, after the thread counts are set."""
    from reimagine.zoo.device import select_device
    from reimagine.zoo.threads import limit_opencv_threads, limit_torch_threads

    limit_opencv_threads()
    limit_torch_threads()
    return select_device(given["device"])


def _add_sheet(group: typer.Typer, stage: str) -> None:
    def command(**given: Any) -> None:
        from reimagine.cli.terminal import command_progress

        with command_progress(given["quiet"], given["json"]) as progress:
            from reimagine.gallery.preview import preview

            device = _limited_device(given)
            model, film, into, frames = (given[name] for name in ("model", "film", "into", "frames"))
            progress.result(preview(stage, model, film, into, frames, device, progress, given_reading(given)))

    model = _model_parameter(stage)
    frames = parameter("frames", int, 4, option("Number of frames, spread over the film"))
    help = f"Write a sheet: a few frames of a film under several settings of {stage}."
    register(command, [FILM, model, frames, INTO, *READING, DEVICE, QUIET, JSON], help)
    group.command(stage)(command)


def _add_score(group: typer.Typer, stage: str) -> None:
    def command(**given: Any) -> None:
        from reimagine.cli.terminal import command_progress

        with command_progress(given["quiet"], given["json"]) as progress:
            from reimagine.gallery.preview import preview_score

            device = _limited_device(given)
            model, film, into = (given[name] for name in ("model", "film", "into"))
            progress.result(preview_score(stage, model, film, into, device, progress, given_reading(given)))

    help = "Draw the score of a film's music (SVG)."
    register(command, [FILM, _model_parameter(stage), INTO, *READING, DEVICE, QUIET, JSON], help)
    group.command(stage)(command)


def _model_parameter(stage: str) -> inspect.Parameter:
    return parameter("model", Optional[str], None, option(f"One of: {', '.join(stages.models_of(stage))}"))


def _add_audition(group: typer.Typer, stage: str) -> None:
    def command(**given: Any) -> None:
        from reimagine.cli.terminal import command_progress

        with command_progress(False, False) as progress:
            from reimagine.gallery.preview import preview_instruments

            options = {"weights": given["weights"]} if given["weights"] else {}
            model = recipe.build(stage, given["model"], options)
            progress.result(preview_instruments(model, given["notes"], given["into"], progress))

    argument = typer.Argument(help="A melody, .mid [default: a scale and a chord]")
    parameters = [
        parameter("notes", Optional[Path], None, argument),
        parameter("model", Optional[str], None, option("A model that has instruments")),
        parameter("weights", Optional[str], None, option("Name of weights, or a path")),
        parameter("into", Path, Path("runs") / f"preview-{stage}", option("Folder for the sound files")),
    ]
    register(command, parameters, "Write a short sound file for each instrument.")
    group.command(stage)(command)
