"""SHA-256 of files. A file is read once: its digest is kept while its size, times, inode and device are the same."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from reimagine.files import write_text_atomically

DIGESTS = "digests.json"
"""File of a run folder with the SHA-256 of its film, so that the film is not read again."""
SETTLED = 2_000_000_000
"""Nanoseconds since the last change of a file from which on its digest is kept: times of files are not exact."""

_known: dict[str, str] = {}
"""Digests of files in this process, by `_state`."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    state = _state(path)
    if state in _known:
        return _known[state]
    settled = time.time_ns() - path.stat().st_mtime_ns > SETTLED
    with path.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    if settled and _state(path) == state:
        _known[state] = digest
    return digest


def load_digests(path: Path) -> None:
    """Take over the digests that `save_digests` left in a file; a file that cannot be read is ignored."""
    try:
        digests = json.loads(path.read_text())
    except (OSError, ValueError):
        return
    if isinstance(digests, dict):
        _known.update({str(state): str(digest) for state, digest in digests.items()})


def save_digests(path: Path, files: Iterable[Path]) -> None:
    """Write the known digests of some files."""
    states = [_state(file) for file in files]
    digests = {state: _known[state] for state in states if state in _known}
    if digests:
        write_text_atomically(path, json.dumps(digests, indent=1))


def _state(path: Path) -> str:
    """What changes when a file is changed."""
    facts = path.stat()
    return f"{facts.st_dev}:{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}"
