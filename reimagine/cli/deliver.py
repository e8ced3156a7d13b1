"""Running steps on the films that a command was given, and printing where the results are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reimagine.cli.options import given_reading
from reimagine.errors import RecipeError

if TYPE_CHECKING:
    from reimagine.progress import Progress

ENCODING_OPTIONS = ("codec", "crf", "preset", "preset_archive", "pix_fmt")
"""Options about the encoding of the finished film, named like the attributes of `Encoding`."""


def films_of(source: Path, as_film: bool) -> list[Path]:
    """The films that a path names: a single one, or each picture of a folder that is not given as a film."""
    if source.is_dir() and not as_film and not (source / "run.json").exists():
        from reimagine.media.image_names import IMAGE_SUFFIXES, list_images

        if not list_images(source):
            suffixes = ", ".join(IMAGE_SUFFIXES)
            raise RecipeError(f"{source}: neither a run folder nor a folder of pictures ({suffixes})")
        return list_images(source)
    return [source]


def deliver_films(source: Path, steps: Sequence[Any], given: Mapping[str, Any], progress: Progress) -> None:
    """Run the steps on each film; print the path of each finished film on standard output."""
    films = films_of(source, given["as_film"])
    if films != [source] and given["output"]:
        raise RecipeError(
            "-o names one film, but this is a folder of pictures: leave it out, or give --as-film if they are frames"
        )
    for film in films:
        into = given["into"] / film.stem if given["into"] and film != source else given["into"]
        _deliver(film, steps, into, given, progress)


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
        engine=given["engine"],
        intermediates=given["intermediates"],
        encoding=Encoding(**{name: given[name] for name in ENCODING_OPTIONS}),
        endings=given.get("endings", 1),
        progress=progress,
    )
    if given.get("export_references"):
        from reimagine.gallery.references import export_references

        export_references(done.folder, given["export_references"])
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
