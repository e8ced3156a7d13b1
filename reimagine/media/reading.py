"""How a source is read: options of every command that takes a film."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

from reimagine.errors import MediaError
from reimagine.media.film import fingerprint
from reimagine.media.shot_table import check_table
from reimagine.media.shots import CUT_THRESHOLD, CUT_THRESHOLDS


@dataclass(frozen=True)
class Reading:
    """Options of how a source is read. Each field is an option of the command line.

    Films that are opened with different options are different inputs of all steps.
    """

    start: Annotated[float | None, "Start of the part to use, in seconds"] = None
    end: Annotated[float | None, "End of the part to use, in seconds"] = None
    shots: Annotated[Path | None, "Table of shots (.csv, .otio) to use instead of detected ones; see `shots`"] = None
    cut_threshold: Annotated[float, "Threshold of cut detection, 1 to 100; a lower one finds more cuts"] = CUT_THRESHOLD

    def check(self) -> None:
        """Check the options before the film is read.

        Raises:
            MediaError: an option has no valid value, or the table of shots cannot be used.
        """
        lowest, highest = CUT_THRESHOLDS
        if not lowest <= self.cut_threshold <= highest:
            raise MediaError(f"--cut-threshold {self.cut_threshold:g}: give a number from {lowest:g} to {highest:g}")
        if self.shots:
            check_table(self.shots)

    def identity(self) -> list[Any]:
        """What distinguishes this reading from others: start, end, and each other option that is not its default.

        Files count with their contents.
        """
        others = [f for f in fields(self) if f.name not in ("start", "end")]
        changed = ((f.name, _content(getattr(self, f.name))) for f in others if getattr(self, f.name) != f.default)
        return [self.start, self.end, *(f"{name}={value}" for name, value in changed)]


def _content(value: Any) -> Any:
    return fingerprint(value) if isinstance(value, Path) else value
