"""Signals that stop the program: one line, and the exit code that shells expect."""

from __future__ import annotations

import signal
from typing import Any

STOPPING = [number for number in signal.Signals if number.name in ("SIGINT", "SIGTERM", "SIGHUP")]
"""Ctrl-C, the end of a job, a closed terminal. Windows has no SIGHUP."""


class Stopped(BaseException):
    """A signal asks the process to end. It is no error, so that no handler of errors catches it.

    Attributes:
        line: what is kept, and how to go on.
        code: exit code.
    """

    def __init__(self, number: int) -> None:
        name = signal.Signals(number).name
        self.line = f"stopped by {name}; all up to the last part or checkpoint is kept: run the same command again"
        self.code = 128 + number


def stop_on_signals() -> None:
    """Raise `Stopped` for each of STOPPING, except those that are ignored, as SIGHUP is by nohup."""
    for number in STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, _: Any) -> None:
    for each in STOPPING:  # temporary files are removed now; a second signal must not interrupt that
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)
