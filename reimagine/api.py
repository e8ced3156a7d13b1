"""The Python interface: run a list of steps on a film and export the result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.engines import EngineOptions
from reimagine.errors import RecipeError, RunError, unknown_name
from reimagine.media.video.reading import Reading
from reimagine.progress_bar import default_progress
from reimagine.steps import steps_of

if TYPE_CHECKING:
    from reimagine.engines import Engine
    from reimagine.media.export import Encoding
    from reimagine.progress import Progress
    from reimagine.runs.folder import Run

REPORT = "report.json"
"""File of a run folder with the report of its finished film."""
DEVICES = ("auto", "cpu", "cuda", "mps")
"""Kinds of devices that can be given."""


@dataclass(frozen=True)
class Result:
    """A finished film, its run folder, and the contents of `report.json`."""

    film: Path
    folder: Path
    report: dict[str, Any]


def run(
    film: str | Path,
    steps: Sequence[Any] | Any,
    into: str | Path | None = None,
    output: str | Path | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
    reading: Reading | None = None,
    device: str = "auto",
    engine: str | EngineOptions = "local",
    intermediates: str = "magicyuv",
    encoding: Encoding | None = None,
    endings: int = 1,
    again: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run steps on a film, export it and write its report. Steps that are done already are not run again.

    Args:
        film: anything FFmpeg decodes, a picture, or a run folder to continue.
        steps: steps in order, such as `[Colorize(saturation=1.2), Cartoon()]`, or a single one.
        into, output: the run folder (default `runs/<film's stem>`), and the finished film (default `<into>/film.mp4`).
        start, end: seconds of the film to use, instead of those of `reading`, how the film is read.
        device: "auto", "cpu", "cuda" or "mps".
        engine: where the parts of a step are processed: "local", "processes" or "ray", or options of these.
        intermediates: codec of artifacts: "magicyuv" (lossless, fast), "ffv1" (lossless, smaller) or "h264" (small).
        encoding: codec and quality of the finished film.
        endings: number of films, each with the next seed of the last step: film.mp4, film-2.mp4 ...
        again: on a run folder, append the steps; otherwise they replace the latest ones of the same stages.
        progress: receives progress and messages; by default, bars in a notebook, and nothing elsewhere.

    Raises:
        ReimagineError: what is wrong, where, and what to do.
    """
    into, output = (Path(path) if path else None for path in (into, output))
    reading, steps = _part_of(reading or Reading(), start, end), steps_of(steps)
    options = EngineOptions(engine) if isinstance(engine, str) else engine
    request = _Request(Path(film), steps, into, output, reading, device, options, intermediates, endings, again)
    return request.execute(encoding, progress)


def _part_of(reading: Reading, start: float | None, end: float | None) -> Reading:
    """The same reading, with the limits of the part that are given."""
    return replace(reading, **{name: value for name, value in (("start", start), ("end", end)) if value is not None})


@dataclass(frozen=True)
class _Tools:
    """What all steps of a run and its export use; `begun` is `time.monotonic()` at the start of the run."""

    device: str
    engine: Engine
    encoding: Encoding
    progress: Progress
    begun: float


@dataclass(frozen=True)
class _Request:
    """The arguments of `run`."""

    film: Path
    steps: list[Any] = field(default_factory=list)
    into: Path | None = None
    output: Path | None = None
    reading: Reading = field(default_factory=Reading)
    device: str = "auto"
    engine: EngineOptions = field(default_factory=EngineOptions)
    intermediates: str = "magicyuv"
    endings: int = 1
    again: bool = False

    def execute(self, encoding: Encoding | None, progress: Progress | None) -> Result:
        """Run the steps and deliver the film; without `progress`, a notebook shows bars."""
        if progress is None:
            with closing(default_progress()) as shown:
                return self.execute(encoding, shown)
        from reimagine.delivery import check_output
        from reimagine.media.export import Encoding
        from reimagine.media.files import check_readable
        from reimagine.runs.folder import run_folder
        from reimagine.runs.lock import locked

        begun, encoding = time.monotonic(), encoding or Encoding()
        if self.output:
            check_output(self.output)
        self._check(encoding)
        check_readable(self.film)
        with locked(run_folder(self.film, self.into)):
            return self._execute_locked(encoding, progress, begun)

    def _execute_locked(self, encoding: Encoding, progress: Progress, begun: float) -> Result:
        from reimagine.engines import open_engine
        from reimagine.execution.dry_run import check_disk, planned_film
        from reimagine.execution.requirements import check_requirements
        from reimagine.media.export.encoding import check_output_of

        opened, device = self._open(progress)
        check_requirements(opened, self.steps, self.intermediates)
        check_output_of(planned_film(opened, self.steps), self.output, encoding)
        check_disk(opened, self.steps, self.intermediates)
        encoding = encoding.for_film(opened.film, self.output)
        self._check_made(opened, encoding)
        with open_engine(self.engine, device, [opened.folder, Path(opened.film.source)]) as engine:
            return self._deliver_endings(opened, _Tools(device, engine, encoding, progress, begun))

    def _deliver_endings(self, opened: Run, tools: _Tools) -> Result:
        """Run the steps and export the film, once for each ending."""
        from reimagine.delivery import deliver, output_suffix

        self._run_steps(opened, self.steps[:-1], tools)
        shared, endings = list(opened.steps), self._endings()
        delivered: dict[int, Result] = {}
        for number in reversed(range(1, len(endings) + 1)):  # the first ending is the run's own, so it comes last
            opened.steps = list(shared)
            self._run_steps(opened, endings[number - 1], tools)
            suffix = output_suffix(opened, tools.encoding)
            out = _numbered(self.output or opened.folder / f"film{suffix}", number)
            report_path = _numbered(opened.folder / REPORT, number)
            report = deliver(opened, out, report_path, tools.encoding, tools.progress, tools.begun)
            delivered[number] = Result(out, opened.folder, report)
        return delivered[1]

    def _check(self, encoding: Encoding) -> None:
        """Check engine, encoding and all models before any work."""
        from reimagine import recipe
        from reimagine.media.video.writer import CODECS

        self.engine.check()
        if self.intermediates not in CODECS:
            raise RecipeError(unknown_name("--intermediates", self.intermediates, CODECS))
        if self.device.partition(":")[0] not in DEVICES:
            raise RecipeError(unknown_name("--device", self.device, DEVICES))
        encoding.check(self.output)
        self._check_output_of_names()
        for step in self.steps:
            recipe.check(step)
        self._endings()

    def _check_output_of_names(self) -> None:
        """Check what the names of film and output tell, before the film is read."""
        from reimagine.media.export.images import check_film_output
        from reimagine.media.images.names import IMAGE_SUFFIXES, is_pattern

        folder = self.film.parent if is_pattern(self.film) else self.film if self.reading.as_film else None
        is_film = folder or (self.film.is_file() and self.film.suffix.lower() not in IMAGE_SUFFIXES)
        if self.output and is_film:
            check_film_output(self.output, folder)

    def _open(self, progress: Progress) -> tuple[Run, str]:
        """The opened run, and the device; torch is loaded on a thread while the film is read."""
        from reimagine import stages
        from reimagine.media.export.images import is_image_sequence
        from reimagine.runs.folder import Run
        from reimagine.runs.image_outputs import check_unused
        from reimagine.zoo.threads import limit_opencv_threads

        limit_opencv_threads()
        with ThreadPoolExecutor(1) as pool:
            found = self._find_device(pool)
            opened = Run.open(self.film, self.into, self.reading, progress)
        if not self.again:
            for step in opened.drop_latest({stages.identify(model)[0] for model in self.steps}):
                progress.message(f"{step.stage}: replaces {step.folder}; --again adds another step instead")
        if self.output and opened.film.is_source_file(self.output):
            raise RunError(f"{self.output}: is the film itself; give -o another name")
        if self.output and is_image_sequence(opened.film, self.output):
            check_unused(opened.folder, self.output)
        return opened, found.result() if found else "cpu"

    def _find_device(self, pool: ThreadPoolExecutor) -> Future[str] | None:
        from reimagine.zoo.device import select_device
        from reimagine.zoo.threads import limit_torch_threads

        def prepare() -> str:
            limit_torch_threads()
            return select_device(self.device)

        networks = any(step.required_weights for step in self.steps)
        return pool.submit(prepare) if networks or self.device != "auto" else None

    def _check_made(self, opened: Run, encoding: Encoding) -> None:
        """Check before any step that no output replaces a file of the user."""
        from reimagine.delivery import check_made, output_suffix

        out = self.output or opened.folder / f"film{output_suffix(opened, encoding, self.steps)}"
        for number in range(1, self.endings + 1):
            check_made(opened, _numbered(out, number), _numbered(opened.folder / REPORT, number))

    def _run_steps(self, opened: Run, steps: list[Any], tools: _Tools) -> None:
        from reimagine import stages
        from reimagine.execution.job import StepJob
        from reimagine.execution.steps import run_step

        for model in steps:
            stage, _ = stages.identify(model)
            job = StepJob(opened, model, stage, tools.device, tools.engine, self.intermediates, tools.progress)
            run_step(job)

    def _endings(self) -> list[list[Any]]:
        """The last step, once for each ending, each with a seed of its own; no step if there is none."""
        if self.endings == 1:
            return [self.steps[-1:]]
        if not 1 < self.endings <= 100 or not self.steps:
            raise RecipeError(f"--endings {self.endings}: give 1 to 100, and a step that continues the film")
        from reimagine import stages
        from reimagine.stages.contract import Kind

        last = self.steps[-1]
        if stages.stage_named(stages.identify(last)[0]).kind is not Kind.CONTINUATION:
            raise RecipeError(f"--endings {self.endings}: the last step must continue the film")
        return [[last.with_seed_offset(number)] for number in range(self.endings)]


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")
