"""The facts of `run.json`: the opened film and its steps. Those of a damaged file are read from the sub-folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from reimagine.errors import ReimagineError, RunError
from reimagine.files import write_text_atomically
from reimagine.media.video.reading import Reading
from reimagine.records import read_json
from reimagine.runs.opening import opened_key, read_opened
from reimagine.runs.step import ADVICE, Step, check_step, is_inside, read_step


@dataclass(frozen=True)
class RunFacts:
    """The contents of `run.json`.

    Attributes:
        opened: name of the sub-folder with the facts of the film.
        key: key of the opened film.
        steps: the steps that lead to the film as it is now, in order.
    """

    opened: str
    key: str
    steps: list[Step]

    def write(self, folder: Path, source: str) -> None:
        """Write `run.json`."""
        facts = {"source": source, "opened": self.opened, "key": self.key, "steps": [asdict(s) for s in self.steps]}
        write_text_atomically(folder / "run.json", json.dumps(facts, default=str, indent=1))


def read_facts(folder: Path, message: Callable[[str], None]) -> RunFacts:
    """The facts of a run folder. Those of a damaged `run.json` are found again, which is said.

    Raises:
        RunError: they cannot be found, or name a folder that is not inside the run folder.
    """
    try:
        facts = read_json(folder / "run.json", RunFacts, RunError, ADVICE)
    except RunError as error:
        facts = _rebuilt_facts(folder, error)
        message(f"{folder / 'run.json'}: was damaged; it is rebuilt from the {len(facts.steps)} finished steps")
    if not is_inside(folder, facts.opened):
        raise RunError(f"{folder}: its run.json names a folder that is not inside it; {ADVICE}")
    for step in facts.steps:
        check_step(step, folder)
    return facts


def _rebuilt_facts(folder: Path, error: RunError) -> RunFacts:
    """The facts as the sub-folders show them, if the film was opened without options.

    Raises:
        RunError: `error`: no opened film has the key of one that was opened without options.
    """
    for opened in sorted(folder.glob("00-open-*"), key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            film, _ = read_opened(opened)
            key = opened_key(film.fingerprint, Reading().of(Path(film.source)))
        except ReimagineError:
            continue
        if opened.name == f"00-open-{key[:8]}":
            return RunFacts(opened.name, key, _rebuilt_steps(folder))
    raise error


def _rebuilt_steps(folder: Path) -> list[Step]:
    """The finished steps in the order of their numbers; of several with a number the latest."""
    steps: list[Step] = []
    for number in range(1, 100):
        found = sorted(folder.glob(f"{number:02d}-*/step.json"), key=lambda path: path.stat().st_mtime)
        names = {"", *(step.folder for step in steps)}
        fitting = [step for step in map(_finished, found) if step and step.input in names]
        if not fitting:
            break
        steps.append(fitting[-1])
    return steps


def _finished(path: Path) -> Step | None:
    try:
        return read_step(path.parent)
    except ReimagineError:
        return None
