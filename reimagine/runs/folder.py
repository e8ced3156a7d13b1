"""A run: a folder with one sub-folder per finished step.

    runs/nosferatu/
    ├── run.json                          the steps in order
    ├── 00-open-5b1e07aa/                 film.json, shots.json
    ├── 01-colorize.unet-3fa9c1d2/        picture.nut, step.json (written last: the step is done)
    ├── film.mp4  report.json  contact-sheet.png

The key of a step is part of its folder's name. A step with other options gets a folder beside the first; the same
step is found again and not run twice.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from reimagine import made, stages
from reimagine.errors import RunError
from reimagine.media.images.names import title
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Shot
from reimagine.media.video.reading import Reading
from reimagine.progress import NoProgress, Progress
from reimagine.runs.facts import RunFacts, read_facts
from reimagine.runs.keys import step_key
from reimagine.runs.opening import check_unchanged, open_source, read_opened, remove_interrupted
from reimagine.runs.ownership import guard_run
from reimagine.runs.step import ADVICE, ARTIFACTS, Step, read_step
from reimagine.runs.tracks import FilmTracks


def run_folder(source: Path, into: Path | None) -> Path:
    """The folder of a run: `source` itself if it is one, else `into`, by default `runs/<film's stem>`."""
    if (source / "run.json").is_file():
        return source
    return into or Path("runs") / title(source)


class Run:
    """An opened film in its run folder, and the steps that were done to it.

    Attributes:
        folder: the run folder.
        shots: shots of the source.
        opened: name of the sub-folder with the facts of the film.
        key: key of the opened film.
        steps: the steps that lead to the film as it is now, in order.
    """

    def __init__(self, folder: Path, opened: str, key: str, steps: Sequence[Step] = ()) -> None:
        self.folder, self.opened, self.key, self.steps = folder, opened, key, list(steps)
        self.film: Film
        self.shots: list[Shot]
        self.film, self.shots = read_opened(folder / opened)
        if any(step.writes == "picture" and step.frames < (step.start or self.film.frames) for step in steps):
            raise RunError(f"{folder}: the picture of a step has fewer frames than the film; {ADVICE}")
        made.guard(folder, map(Path, (self.film.source, *self.film.stills)))
        remove_interrupted(folder)

    @classmethod
    def open(
        cls,
        source: Path,
        into: Path | None = None,
        reading: Reading | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """Open a film in its run folder, which is created if needed; or an existing run folder, to continue it.

        Args:
            source: a film, sound or picture file, a folder of pictures, the pattern of a sequence, or a run folder.
            into: the run folder of a film; default `runs/<film's stem>`.
            reading: how the film is read, such as a part of it.

        Raises:
            RunError: the folder belongs to another film, cannot be written, or is damaged, or it is given with options
                of reading.
            MediaError: the film cannot be read.
        """
        progress = progress or NoProgress()
        if (source / "run.json").is_file():
            if reading not in (None, Reading()):
                raise RunError(
                    f"{source}: is a run folder, whose film is opened already; give the film itself where --start, "
                    f"--shots and other options of reading are needed"
                )
            return cls._reopen(source, progress)
        folder = run_folder(source, into)
        opened, key = open_source(source, folder, reading or Reading(), progress)
        run = cls(folder, opened, key)
        if not (folder / "run.json").exists():
            run.save()
        for note in run.film.notes:
            progress.message(note)
        return run

    @classmethod
    def _reopen(cls, folder: Path, progress: Progress) -> Run:
        guard_run(folder)
        facts = read_facts(folder, progress.message)
        run = cls(folder, facts.opened, facts.key, facts.steps)
        check_unchanged(run.film, folder)
        return run

    @property
    def tracks(self) -> FilmTracks:
        """The film's picture, sound and notes after the steps so far."""
        return FilmTracks(self.folder, self.film, tuple(self.shots), tuple(self.steps))

    def save(self) -> None:
        """Write `run.json`."""
        RunFacts(self.opened, self.key, self.steps).write(self.folder, self.film.source)

    # -- steps -----------------------------------------------------------------------------

    def step_key(self, model: Any, input_step: Step | None, codec: str) -> str:
        """The key of a step with this model on the result of another step (None: on the film itself)."""
        return step_key(model, codec, self.key, input_step.key if input_step else "")

    def step_dir(self, model: Any, key: str, number: int | None = None) -> Path:
        """The folder of a step, whether it exists or not; `number` is its place in the run (default: the next)."""
        title = ".".join(stages.identify(model)) + f"-{key[:8]}"
        found = sorted(self.folder.glob(f"??-{title}"))
        return found[0] if found else self.folder / f"{number or len(self.steps) + 1:02d}-{title}"

    def learned_dir(self, model: Any) -> Path:
        """The folder for what a model learns from the film. It does not depend on the model's inference options."""
        stage, name = stages.identify(model)
        defaults = {field.name: field.default for field in fields(model) if field.name in model.inference_options}
        key = self.step_key(replace(model, **defaults), self.tracks.latest("picture"), "")
        return self.folder / f"learned-{stage}.{name}-{key[:8]}"

    def drop_latest(self, names: Set[str]) -> list[Step]:
        """Take away the steps of some stages, as far as the latest picture, notes and sound come from them.

        Their folders stay, so that a step that is asked for again is found. Nothing is written.
        """
        dropped = []
        latest = {track: self.tracks.latest(track) for track in ARTIFACTS}
        while found := [step for step in latest.values() if step and step.stage in names]:
            dropped += found
            self.steps = [step for step in self.steps if step not in found]
            latest = {track: self.tracks.latest(track) for track in ARTIFACTS}
        return dropped

    def add(self, folder: Path) -> Step:
        """Append the finished step in a folder to the run."""
        self.steps = [*self.steps, read_step(folder)]
        self.save()
        return self.steps[-1]
