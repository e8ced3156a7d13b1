"""The record of a run folder, also of one that an earlier release made without a record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from reimagine import made
from reimagine.media.digests import DIGESTS
from reimagine.runs.image_outputs import RECORD
from reimagine.runs.step import ARTIFACTS, FOLDER_NAME

STEP_FILES = (*ARTIFACTS.values(), "step.json", "notes.csv", "piano-roll.png", "rainbowgram.png")
"""Files of a finished step."""
OPENED_FILES = ("film.json", "shots.json", "rainbowgram.png")
"""Files of an opened film."""


def guard_run(folder: Path) -> None:
    """Guard a run folder, which exists. In one without a record, the files that its `run.json` lists are recorded.

    Raises:
        RunError: the folder has another file of the record's name, or cannot be written.
    """
    recorded = made.is_guarded(folder)
    made.guard(folder)
    if not recorded:
        made.adopt(folder, _earlier_files(folder))


def _earlier_files(folder: Path) -> Iterator[Path]:
    """The files of a run folder without a record, as far as its own files list them."""
    opened, steps = _listed(folder / "run.json")
    if not (folder / opened / "film.json").is_file():
        return
    yield from (folder / name for name in ("run.json", DIGESTS, RECORD))
    yield from (folder / opened / name for name in OPENED_FILES)
    yield from (folder / step / name for step in steps for name in STEP_FILES)
    report = _object(folder / "report.json")
    films = [path for path in folder.glob("film.*") if path.stat().st_size == report.get("bytes")]
    if "key" in report and films:
        yield from (folder / "report.json", folder / "contact-sheet.png", folder / "film-ending.png", *films)


def _listed(path: Path) -> tuple[str, list[str]]:
    """The folders of the opened film and of the steps in a `run.json`; ("", []) if it is none."""
    facts = _object(path)
    steps = facts.get("steps")
    rows = [row for row in steps if isinstance(row, dict)] if isinstance(steps, list) else []
    names = [str(name) for name in (facts.get("opened"), *(row.get("folder") for row in rows))]
    plain = [name if FOLDER_NAME.fullmatch(name) else "" for name in names]
    return plain[0] or "none", [name for name in plain[1:] if name]


def _object(path: Path) -> dict[str, object]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
