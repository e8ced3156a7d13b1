"""How a source is read: options of every command that takes a film."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any


@dataclass(frozen=True)
class Reading:
    """Options of how a source is read. Each field is an option of the command line.

    Films that are opened with different options are different inputs of all steps.
    """

    start: Annotated[float | None, "Start of the part to use, in seconds"] = None
    end: Annotated[float | None, "End of the part to use, in seconds"] = None

    def identity(self) -> list[Any]:
        """What distinguishes this reading from others: start, end, and each other option that is not its default."""
        others = [f for f in fields(self) if f.name not in ("start", "end")]
        changed = ((f.name, getattr(self, f.name)) for f in others if getattr(self, f.name) != f.default)
        return [self.start, self.end, *(f"{name}={value}" for name, value in changed)]
