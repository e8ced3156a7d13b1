"""Films to train on."""

from __future__ import annotations

from pathlib import Path

from reimagine.errors import MediaError

SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v", ".mpg", ".ogv")


def list_films(folder: Path) -> list[Path]:
    """The films of a folder and its sub-folders; or the one film that was named."""
    if not folder.exists():
        raise MediaError(f"{folder}: no such film or folder")
    files = [folder] if folder.is_file() else sorted(folder.rglob("*")) if folder.is_dir() else []
    found = [p for p in files if p.suffix.lower() in SUFFIXES]
    if not found:
        raise MediaError(f"no films in {str(folder)!r} (looked for {', '.join(SUFFIXES)})")
    return found
