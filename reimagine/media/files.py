"""Files: there and readable, or a clear line; written whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from reimagine.errors import MediaError


def check_readable(path: Path) -> None:
    if not path.exists():
        raise MediaError(f"{path}: no such file; give a film, a sound file, pictures or a run folder")
    try:
        if path.is_file():
            with path.open("rb") as file:
                if not file.read(1):
                    raise MediaError(f"{path}: the file is empty")
    except PermissionError as error:
        raise MediaError(f"{path}: may not be read; check its permissions") from error


def replace_atomically(temporary: Path, path: Path) -> None:
    """Give a finished file its name; after this it is whole, even if the power fails."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def write_text_atomically(path: Path, text: str) -> None:
    """A small file, whole or absent."""
    temporary = path.with_name("." + path.name)
    temporary.write_text(text)
    replace_atomically(temporary, path)
