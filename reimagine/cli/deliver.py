"""Running steps on one film with the options that a command was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.cli.options import given_engine, given_reading

if TYPE_CHECKING:
    from reimagine.api import Result
    from reimagine.progress import Progress

ENCODING_OPTIONS = ("codec", "crf", "preset", "preset_archive", "pix_fmt")
"""Options about the encoding of the finished film, named like the attributes of `Encoding`."""


EXPORTS = ("export_references", "export_hints", "export_stems", "export_voices")
"""Options that name a folder for files from the steps of a film."""


def deliver(
    film: Path, steps: Sequence[Any], into: Path | None, given: Mapping[str, Any], progress: Progress
) -> Result:
    """Run the steps on a film, and write the exports that were asked for."""
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
        again=given["again"],
        progress=progress,
    )
    for name, grey in (("export_references", False), ("export_hints", True)):
        if given.get(name):
            from reimagine.gallery.references import export_references

            export_references(done.folder, given[name], grey)
    _export_sounds(done.folder, given)
    return done


def _export_sounds(folder: Path, given: Mapping[str, Any]) -> None:
    """Write the sound files that were asked for, from the steps of a finished run."""
    from reimagine.execution.exports import export_stems, export_voices
    from reimagine.runs.folder import Run
    from reimagine.zoo.device import select_device

    if given.get("export_stems"):
        export_stems(Run.open(folder), given["export_stems"])
    if given.get("export_voices"):
        export_voices(Run.open(folder), given["export_voices"], select_device(given["device"]))
