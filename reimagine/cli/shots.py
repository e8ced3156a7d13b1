"""`reimagine shots`: write the table of a film's shots, to be edited and given back with `--shots`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import typer

from reimagine.cli.options import FILM, INTO, JSON, QUIET, READING, given_reading, option, parameter, register
from reimagine.errors import MediaError

if TYPE_CHECKING:
    from reimagine.runs.folder import Run

OUTPUT = parameter(
    "output",
    Optional[Path],
    None,
    option("The table, .csv or .otio (OpenTimelineIO) [default: <run>/shots.csv]", "-o", "--output"),
)
HELP = (
    "Write a table of the film's shots. Edit it, and give it back to any command with --shots. Frames are numbers in "
    "the whole source, from 0; end_frame is the frame after the last. Only start_frame is needed."
)


def add_shots_command(app: typer.Typer) -> None:
    """The command `shots`."""
    register(_shots, [FILM, OUTPUT, INTO, *READING, QUIET, JSON], HELP)
    app.command("shots")(_shots)


def _shots(**given: Any) -> None:
    from reimagine.cli.terminal import command_progress

    with command_progress(given["quiet"], given["json"]) as progress:
        from reimagine.files import check_absent
        from reimagine.media.video.shot_table import check_suffix, write_shots
        from reimagine.runs.folder import Run

        if given["output"]:
            check_suffix(given["output"])
            check_absent(given["output"])
        run = Run.open(given["film"], given["into"], given_reading(given), progress)
        if not run.film.frames:
            raise MediaError(f"{given['film']}: has no picture, so it has no shots; give a film")
        table = given["output"] or _unedited(run, run.folder / "shots.csv")
        write_shots(table, run.film, run.shots)
        progress.result(table)


def _unedited(run: Run, table: Path) -> Path:
    """The path of a table that may be replaced: there is none, or one that the program wrote.

    Raises:
        MediaError: the table was edited.
    """
    from reimagine.media.video.shot_table import table_text
    from reimagine.runs.opening import read_opened

    opened = (path.parent for path in run.folder.glob("00-open-*/shots.json"))
    if table.exists() and table.read_bytes() not in {table_text(*read_opened(p)).encode() for p in opened}:
        raise MediaError(f"{table}: was edited and is not replaced; give -o another name, or delete it")
    return table
