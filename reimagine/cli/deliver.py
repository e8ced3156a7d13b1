"""Running steps on one film with the options that a command was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine import stages
from reimagine.cli.options import given_engine, given_reading

if TYPE_CHECKING:
    from reimagine.api import Result
    from reimagine.cli.terminal import Quiet
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


def plan(film: Path, steps: Sequence[Any], into: Path | None, given: Mapping[str, Any], progress: Quiet) -> None:
    """Check everything that is checked before the first frame, and print each step with its time and disk space."""
    from reimagine.execution.dry_run import plan_steps
    from reimagine.execution.requirements import check_requirements
    from reimagine.media.export import Encoding
    from reimagine.media.export.encoding import check_output_of
    from reimagine.runs.folder import Run

    encoding = Encoding(**{name: given[name] for name in ENCODING_OPTIONS})
    encoding.check(given["output"])
    opened = Run.open(film, into, given_reading(given), progress)
    if not given["again"]:
        opened.drop_latest({stages.identify(model)[0] for model in steps})
    check_output_of(opened.film, given["output"], encoding)
    encoding.for_film(opened.film, given["output"])
    check_requirements(opened, steps, given["intermediates"])
    planned = list(plan_steps(opened, steps, given["intermediates"]))
    for step in planned:
        cost = "done" if step.done else f"about {step.seconds:,.0f} s, {step.bytes / 1e6:,.0f} MB"
        progress.result(f"{step.stage:<11} {step.model:<12} {step.key}  {cost}")
    seconds, size = sum(step.seconds for step in planned), sum(step.bytes for step in planned)
    progress.result(f"{'all':<34} about {seconds / 60:,.1f} minutes on two cores, {size / 1e6:,.0f} MB")
