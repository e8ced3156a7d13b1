"""Deletion of folders that a run does not use any more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from reimagine.runs.folder import Run


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(p.stat().st_size for p in files if p.is_file())


def unused_folders(run: Run, artifacts: bool = False) -> list[Path]:
    """Folders that the run does not list: steps with other options, interrupted steps, unused learned weights.

    With `artifacts`, the folders of listed steps as well: only the finished films remain.
    """
    steps = [] if artifacts else run.steps
    used = {run.opened} | {step.folder for step in steps}
    learned = tuple(f"learned-{step.stage}.{step.model}-" for step in steps)
    folders = [p for p in sorted(run.folder.iterdir()) if p.is_dir()]
    step_folders = [p for p in folders if p.name[:2].isdigit() or p.name.startswith(("learned-", "learnt-"))]
    return [p for p in step_folders if p.name not in used and not (learned and p.name.startswith(learned))]


def delete(run: Run, folders: Sequence[Path]) -> None:
    """Delete step folders. `run.json` is written first, so that it never lists a deleted step."""
    deleted = {path.name for path in folders}
    run.steps = [step for step in run.steps if step.folder not in deleted]
    run.save()
    for path in folders:
        shutil.rmtree(path)
