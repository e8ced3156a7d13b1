"""Zip files that others made: the sizes that they state are checked before anything is unpacked."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from reimagine import documents
from reimagine.errors import WeightsError

MAX_UNPACKED_BYTES = 4 << 30
"""Size of all files of an archive, at most: the largest published checkpoint has 1 GB."""
MAX_RATIO = 200
"""How many times larger than the archive its files are, at most; weights hardly compress."""
MAX_FILES = 20_000
"""Files of an archive, at most."""


def check_sizes(path: Path) -> None:
    """Check the sizes that a zip file states. Reading stops at them, so that they cannot be too small.

    Raises:
        WeightsError: the archive is damaged, or too large when it is unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise WeightsError(f"{path}: a damaged zip file ({documents.one_line(error)}); download it again") from error
    limit = min(MAX_UNPACKED_BYTES, MAX_RATIO * path.stat().st_size)
    if len(sizes) > MAX_FILES or sum(sizes) > limit:
        raise WeightsError(
            f"{path}: unpacks to {len(sizes)} files of {sum(sizes) / 1e9:,.1f} GB, "
            "which no published weights do; download it again"
        )


def extract(path: Path, folder: Path) -> None:
    """Unpack a zip file into a folder; its names cannot leave the folder.

    Raises:
        WeightsError: the archive is damaged, encrypted, or too large when it is unpacked.
    """
    check_sizes(path)
    try:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError) as error:
        raise WeightsError(f"{path}: a damaged zip file ({documents.one_line(error)}); download it again") from error
