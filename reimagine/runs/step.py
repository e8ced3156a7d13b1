"""A finished step, as `step.json` and `run.json` describe it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reimagine import made, stages
from reimagine.errors import ReimagineError, RunError
from reimagine.files import write_text_atomically
from reimagine.media.video.retiming import FilmChange
from reimagine.records import read_json

ARTIFACTS = {"picture": "picture.nut", "sound": "sound.wav", "notes": "notes.mid"}
"""File name of a step's artifact, by the track it writes."""


FOLDER_NAME = re.compile(r"[0-9]{2}-[\w.-]{1,100}", re.ASCII)
"""Names of the folders of steps and of the opened film."""
ADVICE = "run the first command again with the film"
"""The end of messages about damaged files of a run folder."""


@dataclass(frozen=True)
class _Options:
    """The part of `step.json` that is not a `Step`."""

    options: dict[str, Any] = field(default_factory=dict)


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
        change: of the film's size or clock.
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
    change: FilmChange = field(default_factory=FilmChange)

    @property
    def row(self) -> stages.Stage:
        """Its stage in the table of stages."""
        return stages.stage_named(self.stage)


def write_step(folder: Path, step: Step, model: Any) -> None:
    """Write `step.json` with the model's options. It is written last: its presence means that the step is done."""
    options = {name: value for name, value in asdict(model).items() if value is not None}
    text = json.dumps({**asdict(step), "options": options}, default=str, indent=1)
    write_text_atomically(folder / "step.json", text)


def is_inside(folder: Path, name: str) -> bool:
    """Whether a name is that of a folder that a step of a run folder can have, and not a link."""
    return FOLDER_NAME.fullmatch(name) is not None and not (folder / name).is_symlink()


def check_step(step: Step, folder: Path) -> None:
    """Check that a step names a stage, a model and a folder inside the run folder.

    Raises:
        RunError: it does not.
    """
    path = folder / step.folder
    if not is_inside(folder, step.folder):
        raise RunError(f"{folder}: a step names the folder {step.folder[:60]!r}, which is not inside it; {ADVICE}")
    is_whole = step.start == 0 or not step.change.is_any
    if step.writes not in ARTIFACTS or not 0 <= step.start <= step.frames or not (is_whole and step.change.is_valid):
        raise RunError(f"{path}: its step.json is damaged; {ADVICE}")
    if (path / ARTIFACTS[step.writes]).is_symlink():
        raise RunError(f"{path}: {ARTIFACTS[step.writes]} is a link, which is not followed; {ADVICE}")
    stages.model_class(step.stage, step.model)


def read_step(folder: Path) -> Step:
    """The step that the `step.json` of a folder describes.

    Raises:
        RunError: it is missing or damaged.
    """
    path = folder / "step.json"
    if made.is_unchanged(path) is False:
        raise RunError(f"{path}: was damaged or edited; {ADVICE}")
    step = read_json(path, Step, RunError, ADVICE)
    check_step(step, folder.parent)
    return step


def finished_step(folder: Path, key: str, message: Callable[[str], None] = lambda line: None) -> Step | None:
    """The step of a folder if it is finished; None if it is not, or if its `step.json` is damaged, which is said."""
    if not (folder / "step.json").exists():
        return None
    try:
        step = read_step(folder)
    except ReimagineError as error:
        message(f"{error}: the step is run again")
        return None
    return step if step.key == key else None


def read_options(folder: Path) -> dict[str, Any]:
    """The model options that a step was run with; none if its `step.json` is missing or damaged."""
    try:
        return read_json(folder / "step.json", _Options, RunError, ADVICE).options
    except RunError:
        return {}
