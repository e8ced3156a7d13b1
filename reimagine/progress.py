"""The interface through which long operations report progress and messages."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives progress. The command line draws a bar or JSON lines; `NoProgress` ignores it."""

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        """Start a task of `total` units (0: unknown). `unit` "fps" counts frames; others are named, such as "s"."""
        ...

    def advance(self, count: float) -> None:
        """Report that `count` more units of the current task are done."""
        ...

    def message(self, line: str) -> None:
        """Report one sentence for the user."""
        ...

    def warning(self, line: str) -> None:
        """Report one sentence on something that was lost or changed."""
        ...


class NoProgress:
    """Ignores all progress and messages."""

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        """Ignore the start of a task."""

    def advance(self, count: float) -> None:
        """Ignore progress."""

    def message(self, line: str) -> None:
        """Ignore a message."""

    def warning(self, line: str) -> None:
        """Ignore a warning."""

    def close(self) -> None:
        """There is nothing to be closed."""
