"""One step to be run, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reimagine.engines import Engine
from reimagine.media.video.retiming import FilmChange
from reimagine.progress import Progress
from reimagine.runs.folder import Run
from reimagine.stages.contract import Counts


@dataclass(frozen=True)
class StepJob:
    """A step to be run: run, model and settings.

    Attributes:
        model: a model of any kind; the table of stages says which.
        stage: name of its stage.
        codec: codec of picture artifacts.
    """

    run: Run
    model: Any
    stage: str
    device: str
    engine: Engine
    codec: str
    progress: Progress


@dataclass(frozen=True)
class Outcome:
    """Result of a step besides its artifact.

    Attributes:
        frames: length of the picture after the step, in frames; 0 for sound and notes.
        start: first frame that the step wrote.
        counts: totals by name.
        seconds: processing time summed over the parts; None if the step's own time counts.
        change: of the film's size or clock.
    """

    frames: int = 0
    start: int = 0
    counts: Counts = field(default_factory=Counts)
    seconds: float | None = None
    change: FilmChange = field(default_factory=FilmChange)
