"""Films as training data."""

from __future__ import annotations

from pathlib import Path

from reimagine.errors import MediaError

SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v", ".mpg", ".ogv")
"""File name suffixes of films, in lower case."""


def list_films(path: Path) -> list[Path]:
    """Return the films of a folder and its sub-folders, sorted; or the one film that `path` names.

    Raises:
        MediaError: the path does not exist, or there is no film.
    """
    if not path.exists():
        raise MediaError(f"{path}: no such film or folder; give one that exists")
    files = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() else []
    found = [p for p in files if p.suffix.lower() in SUFFIXES]
    if not found:
        raise MediaError(f"no films in {str(path)!r} (looked for {', '.join(SUFFIXES)}); give another folder")
    return found
