"""What a page shows of a run: small films that play anywhere, pictures, and facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from reimagine import recipe, zoo
from reimagine.errors import ReimagineError
from reimagine.media.export import Encoding, export
from reimagine.media.film import Film
from reimagine.media.frames import Frame, prefetch
from reimagine.media.sound import read_sound
from reimagine.media.writer import write_image

if TYPE_CHECKING:
    from reimagine.progress import Progress
    from reimagine.runs.folder import Run, Step

WIDTH, THUMB, COLUMNS = 640, 240, 12
"""Pixels across of the films and of the pictures in strips; how many of these there are at most."""
WEBP = 82
"""Quality of the pictures."""
HOW = Encoding(crf=24, preset="medium")
TALES = {
    "colorize": "coloured",
    "stabilize": "steadied",
    "cartoon": "drawn",
    "continue": "gone on with",
    "transcribe": "transcribed",
    "compose": "composed for",
    "timbre": "played anew",
    "mix": "mixed",
}


def exhibit(run: Run, out: Path, slug: str, progress: Progress, credit: str) -> dict[str, Any]:
    """Leave a run's files in the folder `slug` of `out`; give back all that the page says of it."""
    home = out / slug
    home.mkdir(exist_ok=True)
    films = _films(run, home, progress) if run.film.frames and not run.film.is_still else {}
    report = run.folder / "report.json"
    facts = json.loads(report.read_text()) if report.exists() else {}
    return {
        "title": Path(run.film.source).stem.replace("_", " ").replace("-", " "),
        "slug": slug,
        "tale": ", ".join(dict.fromkeys(TALES.get(step.stage, step.stage) for step in run.steps)),
        "width": films.get("width", 0),
        "height": films.get("height", 0),
        "films": films,
        "rate": float(run.film.rate),
        "sounds": {"old": bool(run.film.sounds), "new": run.latest("sound") is not None},
        "shots": _shots(run, home) if run.film.frames else [],
        "ending": _ending(run, home),
        "steps": [_step(run, step, home) for step in run.steps],
        "recipe": _recipe(run),
        "numbers": _numbers(facts),
        "credits": _credits(run, credit),
    }


# -- films and pictures ------------------------------------------------------------------------


def _films(run: Run, home: Path, progress: Progress) -> dict[str, Any]:
    """before.mp4 and after.mp4, of one size, each with its own sound and a poster."""
    film = run.film
    scale = min(1.0, WIDTH / film.width)
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (film.width, film.height))
    small = replace(film, width=width, height=height)
    path = run.artifact("sound")
    own = run.own_sound() if film.sounds else None
    sounds = {
        "before": own.fit_length(min(own.length, round(film.seconds * own.rate))) if own else None,
        "after": read_sound(path) if path else own,
    }
    for name, picture in (("before", run.picture(0)), ("after", run.picture())):
        progress.begin(name, picture.frames)
        frames = _shrunk(prefetch(picture.read(film), 8), small, progress)
        export(replace(small, trimmed=False), home / f"{name}.mp4", frames, sounds[name], HOW)
        middle = next(picture.read(film, run.known // 2, run.known // 2 + 1))
        write_image(home / f"{name}.webp", cv2.resize(middle.image, (width, height)), WEBP)
    seconds = float(film.time(run.picture().frames))
    return {"width": width, "height": height, "seconds": round(seconds, 3)}


def _shrunk(frames: Iterator[Frame], film: Film, progress: Progress) -> Iterator[Frame]:
    for frame in frames:
        yield replace(frame, picture=frame.picture.reformat(film.width, film.height, "yuv420p"))
        progress.advance(1)


def _thumb(run: Run, number: int, path: Path) -> str:
    """A small picture of a frame; its address on the page."""
    frame = next(run.picture().read(run.film, number, number + 1))
    height = max(1, round(frame.height * THUMB / frame.width))
    write_image(path, cv2.resize(frame.image, (THUMB, height), interpolation=cv2.INTER_AREA), WEBP)
    return f"{path.parent.name}/{path.name}"


def _shots(run: Run, home: Path) -> list[dict[str, Any]]:
    shots = [s for s in run.takes if s.start < run.known]
    if len(shots) > COLUMNS:
        shots = [shots[i] for i in np.linspace(0, len(shots) - 1, COLUMNS).astype(int)]
    return [
        {
            "at": round(float(run.film.time(shot.start)), 3),
            "number": number,
            "picture": _thumb(run, (shot.start + shot.stop) // 2, home / f"shot-{number}.webp"),
        }
        for number, shot in enumerate(shots, 1)
    ]


def _ending(run: Run, home: Path) -> list[dict[str, Any]]:
    """The film strip of what was dreamt up after the last frame."""
    last = run.picture().frames
    if not run.film.frames or last <= run.known:
        return []
    numbers = np.unique(np.linspace(run.known - 1, last - 1, COLUMNS).astype(int))
    return [
        {
            "at": round(float(run.film.time(int(n))), 3),
            "after": round(float(run.film.time(int(n)) - run.film.time(run.known - 1)), 1),
            "picture": _thumb(run, int(n), home / f"ending-{n}.webp"),
        }
        for n in numbers
    ]


# -- facts -------------------------------------------------------------------------------------


def _step(run: Run, step: Step, home: Path) -> dict[str, Any]:
    """A step: its options, and its artifact as a picture or a file to take along."""
    folder = run.folder / step.folder
    options = json.loads((folder / "step.json").read_text()).get("options", {})
    files, pictures = [], []
    for name in ("notes.mid", "notes.csv"):
        if (folder / name).exists():
            (home / name).write_bytes((folder / name).read_bytes())
            files.append({"name": name, "path": f"{home.name}/{name}"})
    for name, words in (("piano-roll", "Piano roll"), ("rainbowgram", "Rainbowgram")):
        if (folder / f"{name}.png").exists():
            image = cv2.imread(str(folder / f"{name}.png"))
            target = home / f"{step.folder[:2]}-{name}.webp"
            write_image(target, cv2.cvtColor(image, cv2.COLOR_BGR2RGB), WEBP)
            pictures.append(
                {
                    "path": f"{home.name}/{target.name}",
                    "words": f"{words} after {step.stage}",
                    "width": image.shape[1],
                    "height": image.shape[0],
                }
            )
    return {
        "stage": step.stage,
        "model": step.model,
        "seconds": round(step.seconds, 1),
        "options": {k: v for k, v in options.items() if v not in ("", None)},
        "counts": step.counts,
        "files": files,
        "pictures": pictures,
    }


def _recipe(run: Run) -> str:
    """The steps as a recipe to copy; one that this version no longer reads is left out."""
    models = []
    for step in run.steps:
        options = json.loads((run.folder / step.folder / "step.json").read_text()).get("options", {})
        try:
            models.append(recipe.build(step.stage, step.model, options))
        except ReimagineError:
            return ""
    return recipe.write(models)


def _numbers(report: dict[str, Any]) -> list[tuple[str, str]]:
    """The report's numbers, a line each."""
    rows: list[tuple[str, str]] = []
    for key, value in report.items():
        if key in ("key", "bytes", "film", "notes") or value in (None, {}, []):
            continue
        if isinstance(value, dict):
            told = ", ".join(f"{name} {number:g}" for name, number in value.items())
            rows.append((key.replace("_", " "), told))
        elif isinstance(value, int | float):
            rows.append((key.replace("_", " "), f"{value:g}"))
    return rows


def _credits(run: Run, credit: str) -> list[dict[str, str]]:
    """Whose film, whose weights, under which licences."""
    rows = [{"what": "Film", "name": Path(run.film.source).name, "words": credit or _own_credit(run)}]
    for step in run.steps:
        options = json.loads((run.folder / step.folder / "step.json").read_text()).get("options", {})
        try:
            model = recipe.build(step.stage, step.model, options)
            weights = getattr(model, "network", options.get("weights"))
            card = zoo.find(weights).facts if weights else {}
        except ReimagineError:
            continue
        if card:
            name = str(card.get("title", weights))
            licence = str(card.get("licence", "no licence stated"))
            rows.append({"what": f"Weights of {step.stage}", "name": name, "words": licence})
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def _own_credit(run: Run) -> str:
    """What the film's own file says of its maker and licence."""
    from reimagine.media.reader import open_container

    if run.film.is_still or run.film.is_score:
        return "no licence stated"
    with open_container(Path(run.film.source)) as box:
        words = [box.metadata[k] for k in ("artist", "copyright", "comment") if k in box.metadata]
    return "; ".join(words) or "no licence stated"
