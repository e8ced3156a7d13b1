"""Writing of files that are either complete or absent, and removal of what killed processes left of them."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import shutil
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reimagine import made
from reimagine.errors import ReimagineError, RunError

TEMPORARY = re.compile(r"\.reimagine-(\d+)-([0-9a-f]{8})-\d+(\..*)?")
"""Name of a temporary file: process, checksum of the host's name, number, and the suffix of the file to be written."""

FAILED_WRITES = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG)
"""Errors of a file system that cannot take more data. The message names the file to be written."""

PROBE_BYTES = 1 << 20
"""Bytes that are written to find out whether the disk is full."""

_numbers = itertools.count(1)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, for a file that is renamed to `path` when the block ends without an error.

    The temporary path has the suffix of `path` and is used by no other process. The data is on the disk before the file
    is renamed, and the new name before the block is left. After an error the temporary file is removed and `path` is
    unchanged.

    Raises:
        RunError: the file is one in a guarded folder (`made.guard`) that reimagine has not made.
    """
    made.check(path)
    temporary = path.with_name(f".reimagine-{os.getpid()}-{_host()}-{next(_numbers)}{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        made.check(path)  # again: it may have come into being meanwhile
        if not TEMPORARY.fullmatch(path.name):  # it may itself be a temporary file of a longer write
            made.note(path, temporary)
        temporary.replace(path)
    except ReimagineError as error:
        raise type(error)(str(error).replace(str(temporary), str(path))) from error
    except OSError as error:
        if error.errno in FAILED_WRITES:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise
    except Exception as error:  # libraries that write files themselves have errors of their own for a full disk
        if number := _failed_write(temporary):
            raise OSError(number, os.strerror(number), str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not every file system can flush a folder
        _flush(path.parent)


def _failed_write(temporary: Path) -> int:
    """The number of the system's error if a temporary file can take no more data; 0 if it can."""
    try:
        with temporary.open("ab") as file:
            file.write(bytes(PROBE_BYTES))
            os.fsync(file.fileno())
    except OSError as error:
        return (error.errno or 0) if error.errno in FAILED_WRITES else 0
    return 0


def check_absent(path: Path) -> None:
    """Check that there is no file where a command without a run folder, and so without a record, writes.

    Raises:
        RunError: there is one, or a link.
    """
    if os.path.lexists(path):
        raise RunError(f"{path}: exists and is not replaced; give -o another name, or delete it")


def write_text_atomically(path: Path, text: str) -> None:
    """Write a text file, UTF-8, that is complete or, if the write is interrupted, unchanged."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def copy_atomically(source: Path, path: Path) -> None:
    """Copy a file; the copy is complete or, if the write is interrupted, unchanged."""
    with atomic_file(path) as temporary:
        shutil.copyfile(source, temporary)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of a folder whose processes ran on this host and have ended."""
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        match = TEMPORARY.fullmatch(path.name)
        if match and match[2] == _host() and not _is_running(int(match[1])):
            path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is another user's
        return True
    return True
