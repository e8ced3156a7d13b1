"""The films that a command was given: a queue of several, processed one after another or several at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reimagine.cli.deliver import EXPORTS, deliver, plan
from reimagine.errors import MediaError, RecipeError, RunError, StageError
from reimagine.progress import NoProgress

if TYPE_CHECKING:
    from reimagine.cli.terminal import Quiet
    from reimagine.engines import Advance, Engine
    from reimagine.progress import Progress

FILM_SUFFIXES = (
    ".mp4",
    ".mkv",
    ".mov",
    ".webm",
    ".avi",
    ".mxf",
    ".m4v",
    ".mpg",
    ".mpeg",
    ".ts",
    ".m2ts",
    ".vob",
    ".ogv",
)
"""Files of a folder that are films."""
MAX_JOBS = 1000
"""Films that are processed at the same time, at most."""


@dataclass(frozen=True)
class QueuedFilm:
    """A film and the folder of its run; None for the default folder of a single film."""

    film: Path
    into: Path | None

    def __str__(self) -> str:
        """The film in messages."""
        return self.film.name


@dataclass(frozen=True)
class FilmResult:
    """The finished film and its run folder, or why there is none; and the warnings that were given meanwhile."""

    film: Path | None = None
    folder: Path | None = None
    error: str = ""
    warnings: list[str] = field(default_factory=list)


class _Warnings(NoProgress):
    """Keeps the warnings about a film, which another process shows."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, line: str) -> None:
        self.lines.append(line)


def films_of(source: Path, as_film: bool) -> list[Path]:
    """The films that a path names: a single one, or each picture of a folder that is not given as a film.

    Of a folder without pictures, the films, sorted by name; sub-folders are left out.
    """
    if source.is_dir() and not as_film and not (source / "run.json").exists():
        from reimagine.media.images.names import IMAGE_SUFFIXES, list_images

        films = sorted(p for p in source.iterdir() if p.suffix.lower() in FILM_SUFFIXES and p.name[0] != ".")
        if not (found := list_images(source) or films):
            suffixes = ", ".join((*IMAGE_SUFFIXES, *FILM_SUFFIXES))
            raise RecipeError(f"{source}: neither a run folder nor a folder of pictures or films ({suffixes})")
        return found
    return [source]


def queue_of(sources: Sequence[Path], given: Mapping[str, Any]) -> list[QueuedFilm]:
    """The films that paths name, each with its run folder: below `--into` (default: runs) if there are several."""
    films = [film for source in sources for film in films_of(source, given["as_film"])]
    if films == list(sources) and len(films) == 1:
        return [QueuedFilm(films[0], given["into"])]
    if given["output"]:
        raise RecipeError(
            "-o names one film, but these are several: leave it out, or give a folder of frames --as-film"
        )
    films = list(dict.fromkeys(films))
    stems = [film.stem for film in films]
    names = [film.stem if stems.count(film.stem) == 1 else film.name for film in films]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise RecipeError(f"{twice}: two films have this name; process them --into folders of their own")
    parent = given["into"] or Path("runs")
    return [
        QueuedFilm(film, film if (film / "run.json").is_file() else parent / name)
        for film, name in zip(films, names, strict=True)
    ]


def deliver_films(sources: Sequence[Path], steps: Sequence[Any], given: Mapping[str, Any], progress: Quiet) -> None:
    """Run the steps on each film; print the path of each finished film on standard output. A dry run only plans them.

    Of several films, one that cannot be processed is reported, and the others are processed.

    Raises:
        RecipeError: `--jobs` is out of range, or an option names one file for several films.
        RunError: the films that could not be processed, after all others.
    """
    if not 1 <= given["jobs"] <= MAX_JOBS:
        raise RecipeError(f"--jobs {given['jobs']} is out of range; give 1 to {MAX_JOBS}")
    queue = queue_of(sources, given)
    if given["dry_run"]:
        for queued in queue:
            plan(queued.film, steps, queued.into, given, progress)
        return
    if [queued.film for queued in queue] == list(sources) and len(queue) == 1:
        done = deliver(queue[0].film, steps, queue[0].into, given, progress)
        progress.result(done.film)
        page = _write_page([done.folder], _page_folder(given, done.folder), progress)
        _finish(f"film: {done.film}; run folder: {done.folder}", page, given["open"], progress)
        return
    folders, failed = _deliver_queue(queue, steps, given, progress)
    page = _write_page(folders, _page_folder(given, given["into"] or Path("runs")), progress)
    _finish(f"finished films: {len(folders)}; run folders: {_listed(folders)}", page, given["open"], progress)
    for name, error in failed.items():
        progress.warning(f"{name}: not finished: {error}")
    if failed:
        raise RunError(f"{len(failed)} of {len(queue)} films were not finished: {', '.join(failed)}")


def _deliver_queue(
    queue: Sequence[QueuedFilm], steps: Sequence[Any], given: Mapping[str, Any], progress: Quiet
) -> tuple[list[Path], dict[str, str]]:
    """The run folders of the finished films, and of each other one the name and the error."""
    folders, failed = list[Path](), dict[str, str]()
    with ExitStack() as stack:
        results = _results(stack, queue, steps, given, progress)
        for number, (queued, result) in enumerate(zip(queue, results, strict=True), 1):
            for line in result.warnings:
                progress.warning(f"{queued}: {line}")
            if result.folder:
                folders.append(result.folder)
                progress.result(result.film)
            else:
                failed[queued.film.name] = result.error
            progress.message(f"{number} of {len(queue)}: {queued}: {result.error or 'finished'}")
    return folders, failed


def _results(
    stack: ExitStack, queue: Sequence[QueuedFilm], steps: Sequence[Any], given: Mapping[str, Any], progress: Progress
) -> Iterable[FilmResult]:
    """The result of each film of a queue, in order, from `--jobs` processes or from this one."""
    if given["jobs"] == 1:
        return _one_by_one(queue, steps, given, progress)
    from reimagine.engines.processes import open_processes

    engine: Engine = stack.enter_context(open_processes(given["jobs"]))
    return engine(partial(_in_worker, steps, dict(given)), queue, lambda _: None)


def _one_by_one(
    queue: Sequence[QueuedFilm], steps: Sequence[Any], given: Mapping[str, Any], progress: Progress
) -> Iterator[FilmResult]:
    for number, queued in enumerate(queue, 1):
        progress.message(f"{number} of {len(queue)}: {queued}")
        yield _result(queued, steps, given, progress)


def _in_worker(steps: Sequence[Any], given: Mapping[str, Any], queued: QueuedFilm, advance: Advance) -> FilmResult:
    """Process a film in a worker; its warnings are shown by the process that waits for it."""
    warnings = _Warnings()
    result = _result(queued, steps, given, warnings)
    advance(1)
    return replace(result, warnings=warnings.lines)


def _result(queued: QueuedFilm, steps: Sequence[Any], given: Mapping[str, Any], progress: Progress) -> FilmResult:
    own = {name: given[name] / queued.film.stem for name in EXPORTS if given.get(name)}
    try:
        done = deliver(queued.film, steps, queued.into, {**given, **own}, progress)
    except (MediaError, StageError, RunError) as error:
        return FilmResult(error=str(error))
    return FilmResult(done.film, done.folder)


def _page_folder(given: Mapping[str, Any], folder: Path) -> Path | None:
    """The folder of the page: `--page`, or, to open one, a folder beside the results."""
    return given["page"] or (folder / "site" if given["open"] else None)


def _write_page(folders: Sequence[Path], out: Path | None, progress: Quiet) -> Path | None:
    """Write one page of all finished films, if one was asked for, and print its path; return it."""
    if not out or not folders:
        return None
    from reimagine.gallery.page import write_gallery
    from reimagine.runs.folder import Run

    page = write_gallery([Run.open(folder) for folder in folders], out, progress)
    progress.result(page)
    return page


def _finish(where: str, page: Path | None, browse: bool, progress: Quiet) -> None:
    """Say where everything is, and open the page if that was asked for."""
    progress.summary(f"{where}; page: {page}" if page else where)
    if page and browse:
        typer.launch(str(page))


def _listed(folders: Sequence[Path]) -> str:
    """The names of at most three folders."""
    names = ", ".join(map(str, folders[:3]))
    return f"{names} and {len(folders) - 3} more" if len(folders) > 3 else names
