"""The front door: do a list of steps to a film, and hand over the finished one."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import RecipeError, RunError

if TYPE_CHECKING:
    from reimagine.media.export import Encoding
    from reimagine.progress import Progress
    from reimagine.runs.folder import Run


@dataclass(frozen=True)
class Result:
    """A finished film, its run folder, and what `report.json` says of it."""

    film: Path
    folder: Path
    report: dict[str, Any]


def run(
    film: str | Path,
    steps: list[Any],
    into: str | Path | None = None,
    output: str | Path | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
    device: str = "auto",
    engine: str = "local",
    intermediates: str = "magicyuv",
    encoding: Encoding | None = None,
    endings: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Do the steps, export, report. What is already done is not done again.

    Args:
        film: anything FFmpeg decodes, a picture, or a run folder to go on with.
        steps: models in order, such as `[reimagine.model("colorize")(saturation=1.2)]`.
        into: the run folder; default `runs/<film's stem>`.
        output: the finished film; default `<into>/film.mp4` (`.png` of a still, `.wav` of sound).
        start, end: seconds; try a piece.
        intermediates: "magicyuv" (lossless, fast), "ffv1" (lossless, smaller) or "h264" (small).
        endings: how many films, each with the next seed of the last step: film.mp4, film-2.mp4 and so on.

    Raises:
        ReimagineError: with one line that says what, where, and the way out.
    """
    from reimagine import engines, recipe
    from reimagine.execution.steps import take
    from reimagine.media.export import Encoding
    from reimagine.progress import NoProgress
    from reimagine.runs.folder import Run
    from reimagine.zoo.device import configure_device

    progress = progress or NoProgress()
    begun = time.monotonic()
    share = engines.choose(engine)
    out = Path(output) if output else None
    how = encoding or Encoding()
    if out:
        _can_hold(out)
    how.check(out)
    for step in steps:
        recipe.check(step)
    with ThreadPoolExecutor(1) as aside:  # torch takes its time to load: meanwhile, the film
        networks = any(hasattr(step, "weights") for step in steps)
        where = aside.submit(configure_device, device) if networks or device != "auto" else None
        here = Run.open(Path(film), Path(into) if into else None, start, end, progress)
    if out and here.film.is_source_file(out):
        raise RunError(f"{out}: is the film itself; give -o another name")
    device = where.result() if where else "cpu"
    for step in steps[:-1]:
        take(here, step, device, share, intermediates, progress)
    before = list(here.steps)
    for number, last in reversed(list(enumerate(_variants(steps, endings), 1))):  # the first is the run's
        here.steps = before
        for step in last:
            take(here, step, device, share, intermediates, progress)
        out = Path(output) if output else here.folder / f"film.{_kind(here)}"
        out = _numbered(out, number)
        report = _finish(here, out, _numbered(here.folder / "report.json", number), how, progress, begun)
    return Result(out, here.folder, report)


def _variants(steps: list[Any], count: int) -> list[list[Any]]:
    """The last step, if there is one, with as many seeds."""
    if count == 1:
        return [steps[-1:]]
    if not 1 < count <= 100 or not steps or not hasattr(steps[-1], "seed"):
        raise RecipeError(f"--endings {count}: give 1 to 100, and a model that dreams: each has another seed")
    return [[replace(steps[-1], seed=steps[-1].seed + n)] for n in range(count)]


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")


def _kind(here: Run) -> str:
    """Notes are handed over if they are what was made last, or all there is."""
    film = here.film
    if here.steps and here.steps[-1].writes == "notes":
        return "mid"
    if film.is_still:
        return "png"
    return "mp4" if film.frames else "wav" if film.sounds or here.latest("sound") else "mid"


def _can_hold(out: Path) -> None:
    if out.is_dir() or not os.access(out.parent if out.parent.exists() else Path("."), os.W_OK):
        raise RunError(f"{out}: cannot be written; give -o a file in a folder that can")
    out.parent.mkdir(parents=True, exist_ok=True)


def _finish(here: Run, out: Path, told: Path, how: Encoding, progress: Progress, begun: float) -> dict[str, Any]:
    """Export and report, unless this very film lies there already."""
    from reimagine.gallery.report import contact_sheet, report
    from reimagine.media.files import write_text_atomically
    from reimagine.runs.folder import key

    mark = key([s.key for s in here.steps], here.key, asdict(how), str(out.resolve()))
    if told.exists() and out.exists():
        facts = json.loads(told.read_text())
        if facts.get("key") == mark and facts.get("bytes") == out.stat().st_size:
            return facts
    exported = time.monotonic()
    said = _export(here, out, how, progress)
    for line in said:
        progress.message(line)
    facts = report(here, out, said)
    facts["seconds"]["export"] = round(time.monotonic() - exported, 2)
    facts["seconds"]["all"] = round(time.monotonic() - begun, 2)
    if here.film.frames:
        contact_sheet(here, here.folder / "contact-sheet.png")
    if here.picture().frames > here.known:
        from reimagine.gallery.continuations import ending_sheet

        ending_sheet(here, out.with_name(f"{out.stem}-ending.png"))
    if any(step.writes != "picture" for step in here.steps):
        from reimagine.gallery.music import pictures

        pictures(here)
    facts = {"key": mark, "bytes": out.stat().st_size, **facts}
    write_text_atomically(told, json.dumps(facts, indent=1))
    return facts


def _export(here: Run, out: Path, how: Encoding, progress: Progress) -> list[str]:
    from reimagine.media.export import export
    from reimagine.media.film import MIDI_SUFFIXES
    from reimagine.media.frames import prefetch
    from reimagine.media.sound import read_sound, write_sound

    film, picture = here.film, here.picture()
    path = here.artifact("sound")
    sound = read_sound(path) if path else None
    if out.suffix in MIDI_SUFFIXES:
        notes = here.artifact("notes") or (Path(film.source) if film.is_score else None)
        if notes is None:
            raise RunError(f"{out}: no notes were made; transcribe or compose makes some")
        out.write_bytes(notes.read_bytes())
        return []
    if not film.frames:
        write_sound(out, sound or here.own_sound())
        return []
    longer = picture.frames > here.known
    if longer and film.sounds and sound is None:
        sound = here.own_sound()
    changed = here.latest("picture") or film.trimmed or film.is_still
    progress.begin("export", picture.frames)

    def frames():
        for frame in prefetch(picture.read(film), 8):
            yield frame
            progress.advance(1)

    return export(film, out, frames() if changed else None, sound, how)
