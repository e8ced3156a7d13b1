"""Faults at the points where a command writes: the n-th of them fails like a full disk, or ends the process."""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import av

KILLED = 77
"""Exit code of a process that was ended at a point."""


class Points:
    """The points of a process, with a fault at one of them.

    Attributes:
        fault: number of the point, from 1; 0 for none.
        kill: whether the process ends there; else the call fails.
        pipe: descriptor to which a byte is written at each point.
    """

    def __init__(self, fault: int, kill: bool, pipe: int) -> None:
        self.fault, self.kill, self.pipe, self.count = fault, kill, pipe, 0

    def install(self) -> None:
        """Replace the functions that write, for the rest of the process."""
        names = "fsync", "replace", "mkdir", "unlink", "rmdir"
        for module, name in [*((os, name) for name in names), (io, "open"), (builtins, "open"), (av, "open")]:
            setattr(module, name, self._wrap(name, module.__dict__[name]))

    def _wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, as a point. One that opens a file for writing ends the process when the file is empty."""

        def point(*arguments: Any, **options: Any) -> Any:
            if name == "open" and not _writes(*arguments, **options):
                return function(*arguments, **options)
            if name in ("unlink", "rmdir") and not self.kill:  # a full disk lets files be removed
                return function(*arguments, **options)
            self.count += 1
            os.write(self.pipe, b".")
            if self.count != self.fault:
                return function(*arguments, **options)
            if not self.kill:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), arguments[0])
            if name == "open":
                function(*arguments, **options)
            os._exit(KILLED)

        return point


def _writes(path: Any, mode: str = "r", *_: Any, **__: Any) -> bool:
    return isinstance(path, str | os.PathLike) and mode[0] in "wax" and not str(path).startswith("/dev/")


class Outcome(NamedTuple):
    """How a command ended.

    Attributes:
        errors: what it printed on standard error.
        points: number of points it reached.
    """

    code: int
    errors: str
    points: int


def run_forked(arguments: Sequence[object], output: Path, fault: int = 0, kill: bool = False) -> Outcome:
    """Run the program in a forked process, with a fault at one of its points.

    Args:
        output: file for what it prints.
    """
    sys.stderr.flush()
    read, write = os.pipe()
    process = os.fork()
    if not process:
        try:
            _run([str(argument) for argument in arguments], output, Points(fault, kill, write))
        finally:
            os._exit(2)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        reached = len(pipe.read())
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return Outcome(code, output.read_text(encoding="utf-8"), reached)


def _run(arguments: list[str], output: Path, found: Points) -> None:
    """Run the program and end the process."""
    from reimagine.cli import app

    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    code = 0
    found.install()
    try:
        app(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 2
    sys.stderr.flush()
    os._exit(code)
