"""Checks of input files."""

from __future__ import annotations

import os
from pathlib import Path

from reimagine.errors import MediaError
from reimagine.media.image_names import is_pattern, source_files


def check_readable(path: Path) -> None:
    """Check that a path exists, or that a pattern names images; a file must be readable and not empty.

    Raises:
        MediaError: what is wrong with it.
    """
    if not is_pattern(path) and not path.exists():
        raise MediaError(f"{path}: no such file; give a film, a sound file, pictures or a run folder")
    unreadable = [file for file in source_files(path) if not os.access(file, os.R_OK)]
    if unreadable:
        raise MediaError(f"{unreadable[0]}: permission denied; check the permissions of the file")
    if path.is_file() and not path.stat().st_size:
        raise MediaError(f"{path}: the file is empty")
