"""What the options of several commands are called and mean, and how a command gets them."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from reimagine import recipe

KEYWORD = inspect.Parameter.KEYWORD_ONLY


def parameter(name: str, kind: Any, default: Any, *about: Any) -> inspect.Parameter:
    return inspect.Parameter(name, KEYWORD, default=default, annotation=Annotated[(kind, *about)])


def option(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, **more)


FILM = parameter(
    "film",
    Path,
    inspect.Parameter.empty,
    typer.Argument(help="A film, sound or picture file, a folder of pictures, or a run folder to go on with."),
)
DEVICE = parameter("device", str, "auto", option("auto, cpu, cuda or mps"))
OUTPUT = option("The finished film [default: <run>/film.mp4]", "-o", "--output")
COMMON = [
    parameter("into", Optional[Path], None, option("Run folder [default: runs/<film's stem>]")),
    parameter("output", Optional[Path], None, OUTPUT),
    parameter("start", Optional[float], None, option("Begin here, in seconds")),
    parameter("end", Optional[float], None, option("End here, in seconds")),
    parameter("codec", str, "h264", option("Of the finished film: h264, hevc, vp9, av1, ffv1, prores")),
    parameter("crf", int, 18, option("Its quality; smaller is better and bigger")),
    parameter("preset", str, "veryfast", option("Its encoder's preset; slower is smaller")),
    parameter(
        "intermediates",
        str,
        "magicyuv",
        option("On the way: magicyuv (lossless, fast), ffv1 (lossless, smaller) or h264 (small)"),
    ),
    DEVICE,
    parameter("engine", str, "local", option("How parts are shared out: local")),
    parameter("quiet", bool, False, option("No progress", "--quiet", "-q")),
    parameter("json", bool, False, option("Progress as JSON lines on standard error", "--json")),
]


def register(command: Any, parameters: list[inspect.Parameter], sentence: str) -> None:
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {}
    command.__doc__ = sentence


def default(field: recipe.Option) -> Any:
    """A field without a default is an option that must be given."""
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
