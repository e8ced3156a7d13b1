"""Deletion of what was made in folders that a run does not use any more. Other files in them are kept.

Only folders in which reimagine made files are considered; a name alone makes no folder one of a run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from reimagine import made
from reimagine.runs.folder import Run

STEP_FOLDER = re.compile(r"(\d\d|learned)-.+-[0-9a-f]{8}")
"""Name of a folder of a step, or of what was learned for one."""


def size(path: Path) -> int:
    """Bytes of the files in a folder that reimagine made."""
    return sum(p.stat().st_size for p in made.made_files(path))


def unused_folders(run: Run, artifacts: bool = False) -> list[Path]:
    """Folders that the run does not list: steps with other options, interrupted steps, unused learned weights.

    With `artifacts`, the folders of listed steps as well: only the finished films remain.
    """
    steps = [] if artifacts else run.steps
    used = {run.opened} | {step.folder for step in steps}
    learned = tuple(f"learned-{step.stage}.{step.model}-" for step in steps)
    folders = [run.folder / name for name in sorted(made.made_folders(run.folder)) if STEP_FOLDER.fullmatch(name)]
    present = [p for p in folders if p.is_dir() and not p.is_symlink() and made.made_files(p)]
    return [p for p in present if p.name not in used and not (learned and p.name.startswith(learned))]


def delete(run: Run, folders: Sequence[Path]) -> list[Path]:
    """Delete what was made in step folders; return the folders that are left because they hold other files.

    `run.json` is written first, so that it never lists a deleted step.
    """
    deleted = {path.name for path in folders}
    run.steps = [step for step in run.steps if step.folder not in deleted]
    run.save()
    return [path for path in folders if not made.remove(path)]
