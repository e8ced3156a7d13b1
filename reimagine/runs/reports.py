"""Reading of `report.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reimagine.errors import RunError
from reimagine.records import read_json
from reimagine.runs.step import ADVICE


def read_report(path: Path) -> dict[str, Any]:
    """The entries of a report, those of earlier versions under their present names.

    Raises:
        RunError: the file cannot be read or is damaged.
    """
    facts = read_json(path, dict[str, Any], RunError, ADVICE)
    if "notes" in facts:
        facts["remarks"] = facts.pop("notes")
    return facts
