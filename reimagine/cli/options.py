"""The options that several commands share, and how a command is given its parameters."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from reimagine import recipe
from reimagine.engines import EngineOptions
from reimagine.errors import RecipeError
from reimagine.media.video.reading import Reading

KEYWORD = inspect.Parameter.KEYWORD_ONLY


def parameter(name: str, kind: Any, default: Any, *about: Any) -> inspect.Parameter:
    """A keyword parameter of a command, annotated for Typer."""
    return inspect.Parameter(name, KEYWORD, default=default, annotation=Annotated[(kind, *about)])


def option(help: str, *names: str, **more: Any) -> Any:
    """A Typer option; `names` override the one derived from the parameter."""
    return typer.Option(*names, help=help, **more)


FILM_HELP = (
    "A film, sound or picture file, a folder of films or pictures, numbered images (frames/%06d.dpx, 'frames/*.tif') "
    "or a run folder to go on with"
)
FILM = parameter("film", Path, inspect.Parameter.empty, typer.Argument(help=FILM_HELP))
FILMS = parameter(
    "films", list[Path], inspect.Parameter.empty, typer.Argument(help=f"{FILM_HELP}; several are allowed")
)
DEVICE = parameter("device", str, "auto", option("auto, cpu, cuda or mps"))
QUIET = parameter("quiet", bool, False, option("Show no progress", "--quiet", "-q"))
JSON = parameter("json", bool, False, option("Show progress as JSON lines on standard error", "--json"))
OPEN = parameter("open", bool, False, option("Open the page in the browser [without --page: <run>/site]", "--open"))
INTO = parameter("into", Optional[Path], None, option("Run folder [default: runs/<film's stem>]"))


TIMES = ("start", "end")
"""Options of `Reading` that are times: seconds, or hours, minutes and seconds with colons."""


def seconds(text: str | float) -> float:
    """A time as seconds: "83.5", "1:23.5" and "0:01:23.5" are the same."""
    try:
        *larger, last = [float(part) for part in str(text).split(":")]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a time; write seconds, or hours:minutes:seconds") from error
    if len(larger) > 2 or any(not 0 <= part < 60 for part in (*larger, last)[1:]):
        raise typer.BadParameter(f"{text!r} is not a time; write seconds, or hours:minutes:seconds")
    return last + sum(60**power * part for power, part in enumerate(reversed(larger), 1))


def _parameters_of(options: type[Any]) -> list[inspect.Parameter]:
    """One parameter for each field of a class of options."""
    return [
        parameter(
            field.name,
            field.type if field.type is bool else Optional[field.type],
            field.default,
            option(field.help, field.flag, **({"parser": seconds} if field.name in TIMES else {})),
        )
        for field in recipe.options(options)
    ]


READING = _parameters_of(Reading)
ENGINE = _parameters_of(EngineOptions)
COMMON = [
    INTO,
    parameter(
        "output",
        Optional[Path],
        None,
        option(
            "The finished film: .mp4, .mkv, .mov, .webm, .avi or .mxf, or numbered images such as out/%06d.tif "
            "[default: <run>/film.mp4; film.mkv or film.mov if MP4 cannot hold a stream]",
            "-o",
            "--output",
        ),
    ),
    *READING,
    parameter(
        "codec",
        Optional[str],
        None,
        option(
            "Codec of the finished film: h264, hevc, vp9, av1, ffv1, prores, or a hardware encoder of FFmpeg such as "
            "h264_nvenc [default: h264; vp9 in .webm, prores in .mxf]"
        ),
    ),
    parameter(
        "crf",
        Optional[int],
        None,
        option("Quality of h264, hevc, vp9 and av1; lower: better quality, larger file [default: 18; av1: 35]"),
    ),
    parameter(
        "preset",
        Optional[str],
        None,
        option("Preset of h264, hevc (names) or av1 (0 to 13); slower: smaller files [default: veryfast; av1: 10]"),
    ),
    parameter("preset_archive", Optional[str], None, option("ffv1, prores-hq, prores-4444, dnxhr or dnxhr-hqx")),
    parameter("pix_fmt", Optional[str], None, option("Pixel format of the finished film, such as yuv420p10le")),
    parameter(
        "intermediates",
        str,
        "magicyuv",
        option("Codec of intermediate pictures: magicyuv (lossless, fast), ffv1 (lossless, smaller) or h264 (small)"),
    ),
    DEVICE,
    *ENGINE,
    parameter(
        "dry_run",
        bool,
        False,
        option("Only check everything and show what would be done: steps, keys, time, disk space", "--dry-run"),
    ),
    parameter("again", bool, False, option("On a run folder: add a step, instead of replacing one of the same stage")),
    parameter("jobs", int, 1, option("Number of films that are processed at the same time, if there are several")),
    parameter("page", Optional[Path], None, option("Also write a web page of all finished films to this folder")),
    OPEN,
    QUIET,
    JSON,
]


def given_reading(given: Mapping[str, Any]) -> Reading:
    """The given options of how a film is read."""
    return Reading(**{field.name: given[field.name] for field in dataclasses.fields(Reading)})


def given_engine(given: Mapping[str, Any]) -> EngineOptions:
    """The given options of where parts are processed."""
    return EngineOptions(**{field.name: given[field.name] for field in dataclasses.fields(EngineOptions)})


def register(command: Callable[..., Any], parameters: Iterable[inspect.Parameter], help: str) -> None:
    """Give a function of keyword arguments the signature and help text that Typer reads."""
    command.__signature__ = inspect.Signature(list(parameters))  # type: ignore[attr-defined]
    command.__annotations__ = {}
    command.__doc__ = help


def default(field: recipe.Option) -> Any:
    """The default of an option; without one, the option must be given."""
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default


def flag(name: str) -> str:
    """The command-line form of an option's name."""
    return "--" + name.replace("_", "-")


def old_names(renamed: Mapping[str, str], known: Mapping[str, inspect.Parameter]) -> list[inspect.Parameter]:
    """Hidden parameters for the old names of options, in place of the present ones."""
    kinds = {old: known[new].annotation.__origin__ for old, new in renamed.items() if new in known}
    return [
        parameter(old, Optional[kind], None, option(f"Old name of {flag(renamed[old])}", hidden=True))
        for old, kind in kinds.items()
    ]


def with_present_names(
    given: Mapping[str, Any],
    renamed: Mapping[str, str],
    warn: Callable[[str], Any],
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Options under their present names; each old name is reported once.

    Args:
        defaults: values of options that were not given, where these are not None.

    Raises:
        RecipeError: an option is given under both names.
    """
    present = dict(given)
    for old, new in renamed.items():
        value = present.pop(old, None)
        if value is None:
            continue
        if present.get(new) not in (None, (defaults or {}).get(new)):
            raise RecipeError(f"{flag(new)} is given twice: {flag(old)} is its old name")
        warn(f"{flag(old)} is now {flag(new)}; the old name will be removed in the next release")
        present[new] = value
    return present
