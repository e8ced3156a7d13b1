"""Which files reimagine has made. Nothing else is ever replaced or removed, whatever it is called.

A guarded folder, such as a run folder or the folder of a gallery, holds `made.jsonl`: one line for each file that was
written there, with its name, size, time and SHA-256. `files.atomic_file`, through which all files are written, calls
`check` first and adds the line before it renames the complete file, so that a killed process leaves a line too many and
never a file without one. A file is reimagine's own if a line of its name describes its contents; facts (`.json`) and
unfinished parts are its own by name, so that damaged ones can be made again. Links are never its own. A finished film
outside the folder (`-o`) is recorded in that of its run.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from reimagine.errors import RunError

RECORD = "made.jsonl"
"""File of a guarded folder that lists the files made there."""
HEADER_LINE = json.dumps({"record": "files made by reimagine"}) + "\n"
"""First line of a record, by which it is known from another file of this name."""
ADVICE = "move it away, or give another name with -o or another folder with --into"
"""The end of messages about files that are not replaced."""
UNHASHED = ".nut"
"""Suffix of intermediate pictures, which are large: their size and time are enough."""
PARTS = "parts"
"""Folder of the unfinished parts of a step."""


class _Line(NamedTuple):
    """A file as it was written; with a size of -1 only its name counts."""

    name: str
    size: int
    mtime: int
    digest: str


class _Record:
    """The lines of a record, which are read as far as they are new."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / RECORD
        self.sources: list[Path] = []
        self._lines: dict[str, list[_Line]] = {}
        self._offset = 0

    def lines(self) -> dict[str, list[_Line]]:
        """All lines by name. Damaged ones are left out."""
        with self.path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        for text in complete.splitlines():
            if line := _parse(text):
                self._lines.setdefault(line.name, []).append(line)
        return self._lines

    def add(self, line: _Line) -> None:
        """Append a line; it is on the disk when this returns."""
        text = json.dumps(line)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")  # an interrupted line before it ends here
            file.flush()
            os.fsync(file.fileno())

    def name_of(self, path: Path) -> str:
        """The name of a file in the record: relative to the folder, or absolute."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)

    def owns(self, path: Path) -> bool:
        """Whether a file, which exists, was made by reimagine and not changed since."""
        found = self.lines().get(self.name_of(path), [])
        if not stat.S_ISREG(path.lstat().st_mode) or not found:
            return False
        by_name = path.suffix == ".json" or path.parent.name == PARTS
        return by_name or any(line.size < 0 for line in found) or _describes(found, path)


_records: dict[Path, _Record] = {}
"""Records of the guarded folders of this process, by their path with links and without."""
_outputs: dict[Path, _Record] = {}
"""Records that list a file outside their folder."""


def guard(folder: Path, sources: Iterable[Path] = ()) -> None:
    """Guard a folder, which exists: from now on only files that are recorded as made there are replaced or removed.

    Args:
        sources: files that are never replaced, even if they were made there: the film of a run.

    Raises:
        RunError: the folder has another file of the record's name.
    """
    record = _Record(folder.resolve())
    record.sources = list(sources)
    if not os.path.lexists(record.path) or _is_begun(record.path):
        try:
            record.path.write_text(HEADER_LINE, encoding="utf-8")
        except OSError as error:
            raise RunError(f"{folder}: cannot be written ({error.strerror}); give another folder") from error
    elif not _is_record(record.path):
        raise RunError(f"{folder / RECORD}: is not a record of files made by reimagine; {ADVICE}")
    _records[record.folder] = _records[Path(os.path.abspath(folder))] = record


def is_guarded(folder: Path) -> bool:
    """Whether a folder has a record."""
    return _is_record(folder / RECORD)


def is_covered(folder: Path) -> bool:
    """Whether a folder is inside one that this process guards."""
    return _record_of(folder / RECORD) is not None


def cover(folder: Path, out: Path) -> None:
    """Guard also a file outside a guarded folder, in the folder's record."""
    _outputs[_plain(out)] = _records[folder.resolve()]


def check(path: Path) -> None:
    """Check that a file can be written: it does not exist, or was made by reimagine, or is not guarded.

    Raises:
        RunError: it is the user's, a link, or the film itself.
    """
    if (record := _record_of(path)) is None or not os.path.lexists(path):
        return
    if path.exists() and any(path.samefile(source) for source in record.sources if source.exists()):
        raise RunError(f"{path}: is the film itself; give -o another name or --into another folder")
    if not record.owns(_plain(path)):
        known = record.name_of(_plain(path)) in record.lines()
        reason = "was changed since reimagine made it" if known else "exists and was not made by reimagine"
        raise RunError(f"{path}: {reason}, so it is not replaced; {ADVICE}")


def note(path: Path, written: Path | None = None) -> None:
    """Record a file that is about to be written to a guarded path.

    Args:
        written: the complete file that is renamed to `path`; None records the name only, for files that grow.
    """
    if (record := _record_of(path)) is None:
        return
    name = record.name_of(_plain(path))
    if written is None:
        if name not in record.lines():
            record.add(_Line(name, -1, 0, ""))
        return
    facts = written.stat()
    record.add(_Line(name, facts.st_size, facts.st_mtime_ns, "" if path.suffix == UNHASHED else _digest(written)))


def adopt(folder: Path, files: Iterable[Path]) -> None:
    """Record files of a guarded folder that an earlier release made."""
    record = _records[folder.resolve()]
    for path in files:
        if path.is_file() and not path.is_symlink() and record.name_of(_plain(path)) not in record.lines():
            note(path, path)


def is_unchanged(path: Path) -> bool | None:
    """Whether a file has the contents with which it was made; None if that is not recorded."""
    record = _record_of(path)
    found = record.lines().get(record.name_of(_plain(path)), []) if record else []
    return path.is_file() and _describes(found, path) if found else None


def made_folders(folder: Path) -> set[str]:
    """Names of the sub-folders of a guarded folder in which files were made."""
    return {name.split("/")[0] for name in _records[folder.resolve()].lines() if "/" in name[1:] and name[0] != "/"}


def made_files(folder: Path) -> list[Path]:
    """The files in a folder, at any depth, that were made by reimagine. Links are not followed."""
    paths = (Path(parent) / name for parent, _, names in os.walk(folder) for name in names)
    return [path for path in paths if (record := _record_of(path)) is not None and record.owns(_plain(path))]


def remove(folder: Path) -> bool:
    """Remove what was made in a folder, and the folder if it is empty then; return whether it is gone."""
    if folder.is_symlink():
        return False
    for path in made_files(folder):
        path.unlink()
    for parent, _, _ in os.walk(folder, topdown=False):
        if not any(os.scandir(parent)):
            os.rmdir(parent)
    return not folder.exists()


def _record_of(path: Path) -> _Record | None:
    """The record of a path: that of an output, or of the innermost guarded folder.

    Raises:
        RunError: the path leads out of a guarded folder by a link.
    """
    plain, lexical = _plain(path), Path(os.path.abspath(path))
    if found := _outputs.get(plain):
        return found
    record = next((_records[folder] for folder in plain.parents if folder in _records), None)
    outer = next((_records[folder] for folder in lexical.parents if folder in _records), None)
    if outer and not plain.is_relative_to(outer.folder):
        raise RunError(f"{path}: leads out of {outer.folder} by a link, which is not followed; remove the link")
    return record


def _plain(path: Path) -> Path:
    """The path with all links resolved but that of the file itself."""
    return path.parent.resolve() / path.name


def _describes(lines: Iterable[_Line], path: Path) -> bool:
    facts = path.stat()
    same = [line for line in lines if line.size == facts.st_size]
    if any(line.mtime == facts.st_mtime_ns for line in same):
        return True
    digests = {line.digest for line in same} - {""}
    return bool(digests) and _digest(path) in digests


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parse(text: bytes) -> _Line | None:
    """A line of a record; None if it is damaged."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or [type(value) for value in values] != [str, int, int, str] or not values[0]:
        return None
    return _Line(*values)


def _is_record(path: Path) -> bool:
    return _beginning(path) == HEADER_LINE


def _is_begun(path: Path) -> bool:
    """Whether a process was killed while it wrote the first line of a record."""
    text = _beginning(path)
    return text is not None and HEADER_LINE.startswith(text) and text != HEADER_LINE


def _beginning(path: Path) -> str | None:
    """The first line of a file, as far as a record's could be long; None if it is none, or a link."""
    if path.is_symlink() or not path.is_file():
        return None
    with path.open("rb") as file:
        return file.readline(200).decode("latin-1")
