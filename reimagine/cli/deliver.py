"""Running steps on the films that a command was given, and printing where the results are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reimagine.cli.options import given_engine, given_reading
from reimagine.errors import MediaError, RecipeError, RunError, StageError

if TYPE_CHECKING:
    from reimagine.progress import Progress

ENCODING_OPTIONS = ("codec", "crf", "preset", "preset_archive", "pix_fmt")
"""Options about the encoding of the finished film, named like the attributes of `Encoding`."""


FILM_SUFFIXES = (
    ".mp4",
    ".mkv",
    ".mov",
    ".webm",
    ".avi",
    ".mxf",
    ".m4v",
    ".mpg",
    ".mpeg",
    ".ts",
    ".m2ts",
    ".vob",
    ".ogv",
)
"""Files of a folder that are films."""


def films_of(source: Path, as_film: bool) -> list[Path]:
    """The films that a path names: a single one, or each picture of a folder that is not given as a film.

    Of a folder without pictures, the films, sorted by name; sub-folders are left out.
    """
    if source.is_dir() and not as_film and not (source / "run.json").exists():
        from reimagine.media.image_names import IMAGE_SUFFIXES, list_images

        films = sorted(p for p in source.iterdir() if p.suffix.lower() in FILM_SUFFIXES and p.name[0] != ".")
        if not (found := list_images(source) or films):
            suffixes = ", ".join((*IMAGE_SUFFIXES, *FILM_SUFFIXES))
            raise RecipeError(f"{source}: neither a run folder nor a folder of pictures or films ({suffixes})")
        return found
    return [source]


def deliver_films(source: Path, steps: Sequence[Any], given: Mapping[str, Any], progress: Progress) -> None:
    """Run the steps on each film; print the path of each finished film on standard output.

    Of several films, one that cannot be processed is reported, and the others are processed.

    Raises:
        RunError: the films that could not be processed, after all others.
    """
    films = films_of(source, given["as_film"])
    if films == [source]:
        _deliver(source, steps, given["into"], given, progress)
        return
    if given["output"]:
        raise RecipeError(
            "-o names one film, but this is a folder of several: leave it out, or give --as-film if they are frames"
        )
    stems = [film.stem for film in films]
    failed = []
    for number, film in enumerate(films, 1):
        progress.message(f"{number} of {len(films)}: {film.name}")
        name = film.stem if stems.count(film.stem) == 1 else film.name
        try:
            _deliver(film, steps, (given["into"] or Path("runs")) / name, given, progress)
        except (MediaError, StageError, RunError) as error:
            progress.warning(f"{film.name}: not finished: {error}")
            failed.append(film.name)
    if failed:
        raise RunError(f"{source}: {len(failed)} of {len(films)} were not finished: {', '.join(failed)}")


def _deliver(film: Path, steps: Sequence[Any], into: Path | None, given: Mapping[str, Any], progress: Progress) -> None:
    from reimagine.api import run
    from reimagine.media.export import Encoding

    done = run(
        film,
        list(steps),
        into,
        given["output"],
        reading=given_reading(given),
        device=given["device"],
        engine=given_engine(given),
        intermediates=given["intermediates"],
        encoding=Encoding(**{name: given[name] for name in ENCODING_OPTIONS}),
        endings=given.get("endings", 1),
        progress=progress,
    )
    for name, grey in (("export_references", False), ("export_hints", True)):
        if given.get(name):
            from reimagine.gallery.references import export_references

            export_references(done.folder, given[name], grey)
    _export_sounds(done.folder, given)
    typer.echo(done.film)


def _export_sounds(folder: Path, given: Mapping[str, Any]) -> None:
    """Write the sound files that were asked for, from the steps of a finished run."""
    from reimagine.execution.exports import export_stems, export_voices
    from reimagine.runs.folder import Run
    from reimagine.zoo.device import select_device

    if given.get("export_stems"):
        export_stems(Run.open(folder), given["export_stems"])
    if given.get("export_voices"):
        export_voices(Run.open(folder), given["export_voices"], select_device(given["device"]))
