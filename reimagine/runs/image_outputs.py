"""Which numbered images outside the run folder a run has written, so that others are never overwritten."""

from __future__ import annotations

import json
from pathlib import Path

from reimagine.errors import RunError
from reimagine.files import write_text_atomically
from reimagine.media.export.images import written_files

RECORD = "images.json"
"""File of a run folder: the key of the film in each output of numbered images, by its pattern."""


def check_unused(folder: Path, out: Path) -> None:
    """Check that an output of numbered images has no files yet, or is one of this run.

    Raises:
        RunError: it has files that this run did not write.
    """
    files = written_files(out)
    if files and str(out.resolve()) not in _record(folder):
        raise RunError(
            f"{out}: {files[0].name} exists and was not written by this run; give -o another folder, or delete it"
        )


def claim(folder: Path, out: Path, key: str) -> None:
    """Record that the images of an output are those of the film with this key.

    Raises:
        RunError: it has images of another film, or of this one after other steps.
    """
    record, name = _record(folder), str(out.resolve())
    if record.get(name) == key:
        return
    if files := written_files(out):
        raise RunError(
            f"{out}: {files[0].name} and others are of other steps or options; give -o another folder, or delete them: "
            f"all steps are done, only the images are missing"
        )
    write_text_atomically(folder / RECORD, json.dumps({**record, name: key}, indent=1))


def _record(folder: Path) -> dict[str, str]:
    path = folder / RECORD
    return json.loads(path.read_text()) if path.exists() else {}
