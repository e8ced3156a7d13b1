"""What of a run folder may go, and letting it go."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reimagine.runs.folder import Run


def size(path: Path) -> int:
    """Bytes of a file, or of all that a folder holds."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(p.stat().st_size for p in files if p.is_file())


def spare(run: Run, artifacts: bool = False) -> list[Path]:
    """Folders that `run.json` does not list: steps of other options, or interrupted; what was learnt for a
    model that is in no step. With `artifacts` those it lists as well: only the finished films stay."""
    steps = [] if artifacts else run.steps
    kept = {run.opened} | {step.folder for step in steps}
    lessons = tuple(f"learnt-{step.stage}.{step.model}-" for step in steps)
    folders = [p for p in sorted(run.folder.iterdir()) if p.is_dir()]
    made = [p for p in folders if p.name[:2].isdigit() or p.name.startswith("learnt-")]
    return [p for p in made if p.name not in kept and not (lessons and p.name.startswith(lessons))]


def clear(run: Run, folders: list[Path]) -> None:
    """Remove them; steps that are gone are no longer listed. run.json comes first: what it lists is there."""
    gone = {path.name for path in folders}
    run.steps = [step for step in run.steps if step.folder not in gone]
    run.save()
    for path in folders:
        shutil.rmtree(path)
