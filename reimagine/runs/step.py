"""A finished step, as `step.json` and `run.json` describe it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from reimagine import stages
from reimagine.files import write_text_atomically

ARTIFACTS = {"picture": "picture.nut", "sound": "sound.wav", "notes": "notes.mid"}
"""File name of a step's artifact, by the track it writes."""


@dataclass(frozen=True)
class Step:
    """A finished step.

    Attributes:
        folder: name of its folder in the run folder.
        key: hash of everything its result depends on.
        writes: the track it wrote: "picture", "sound" or "notes".
        input: folder of the step whose result it read; "" for the film itself.
        seconds: time it took.
        frames: length of the picture after it, in frames; 0 for sound and notes.
        start: first frame it wrote; frames before it are those of earlier steps.
        counts: totals by name.
    """

    folder: str
    key: str
    stage: str
    model: str
    writes: str
    input: str
    seconds: float = 0.0
    frames: int = 0
    start: int = 0
    counts: dict[str, float] = field(default_factory=dict)

    @property
    def row(self) -> stages.Stage:
        """Its stage in the table of stages."""
        return stages.stage_named(self.stage)


def write_step(folder: Path, step: Step, model: Any) -> None:
    """Write `step.json` with the model's options. It is written last: its presence means that the step is done."""
    options = {name: value for name, value in asdict(model).items() if value is not None}
    text = json.dumps({**asdict(step), "options": options}, default=str, indent=1)
    write_text_atomically(folder / "step.json", text)


def read_step(folder: Path) -> Step:
    """The step that the `step.json` of a folder describes."""
    facts = json.loads((folder / "step.json").read_text())
    return Step(**{name: facts[name] for name in (f.name for f in fields(Step)) if name in facts})


def read_options(folder: Path) -> dict[str, Any]:
    """The model options that a step was run with."""
    return json.loads((folder / "step.json").read_text()).get("options", {})
