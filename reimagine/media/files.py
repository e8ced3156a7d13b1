"""Checks of input files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reimagine.errors import MediaError
from reimagine.media.images.names import is_pattern, source_files


def check_readable(path: Path) -> None:
    """Check that a path exists, or that a pattern names images; a file must be readable and not empty.

    Raises:
        MediaError: what is wrong with it.
    """
    if not is_pattern(path) and not path.exists():
        raise MediaError(f"{path}: no such file; give a film, a sound file, pictures or a run folder")
    if path.exists() and not path.is_file() and not path.is_dir():
        raise MediaError(f"{path}: is neither a file nor a folder; give a film, a sound file or pictures")
    unreadable = [file for file in source_files(path) if not os.access(file, os.R_OK)]
    if unreadable:
        raise MediaError(f"{unreadable[0]}: permission denied; check the permissions of the file")
    if path.is_file() and not path.stat().st_size:
        raise MediaError(f"{path}: the file is empty; give another one")


@contextmanager
def unicode_path(path: Path) -> Iterator[Path]:
    """A path to the same file that libraries accept: a temporary link, if the name is not valid in Unicode."""
    if not any("\udc80" <= character <= "\udcff" for character in str(path)):
        yield path
        return
    with TemporaryDirectory() as folder:
        suffix = path.suffix if path.suffix.isascii() else ""
        link = Path(folder) / f"file{suffix}"
        link.symlink_to(path.absolute())
        yield link
