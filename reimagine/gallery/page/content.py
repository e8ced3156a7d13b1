"""The contents of a gallery page: texts, numbers and files of a run, as the template needs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from reimagine import recipe, stages, zoo
from reimagine.errors import ReimagineError
from reimagine.files import copy_atomically
from reimagine.gallery.page.pictures import QUALITY, ending_strip, shot_strip, write_films, write_sounds
from reimagine.gallery.show import changed_options, value_text
from reimagine.media.images.names import title
from reimagine.media.score.engraving import picture_size
from reimagine.media.video.writer import write_image
from reimagine.runs.reports import read_report
from reimagine.runs.step import Step, read_options

if TYPE_CHECKING:
    from reimagine.progress import Progress
    from reimagine.runs.folder import Run
    from reimagine.runs.tracks import FilmTracks

NO_LICENCE = "no licence stated"
"""Credit for a film or for weights that state nothing."""
NOTE_FILES = ("notes.mid", "notes.csv", "notes.musicxml")
"""Files of a step that the page offers for download."""
SCORE = "score.svg"
"""Picture of the score of a step's notes."""
STEP_PICTURES = {"piano-roll": "Piano roll", "rainbowgram": "Rainbowgram"}
"""Pictures of a step by file name, with their alternative text."""
LEGENDS = {
    "piano-roll": "Piano roll: time from left to right, pitch upwards (C4 is middle C). Bright bars are loud notes.",
    "rainbowgram": "Rainbowgram: time from left to right, frequency upwards, one row for each third of a semitone. "
    "Bright: loud. Colour: how far the frequency is above or below that of its row; a steady tone keeps its colour.",
}
"""What the pictures of a step show, by file name."""
HIDDEN_ENTRIES = ("key", "bytes", "film", "remarks")
"""Entries of report.json that are not in the table of numbers."""
LABELS = {
    "fps": "frames per second",
    "duration_seconds": "duration in seconds",
    "loudness_lufs": "loudness in LUFS",
    "note_count": "number of notes",
    "tempo": "tempo in quarter notes per minute",
    "seconds": "processing time in seconds",
    "peak_rss_mb": "peak memory in MB",
    "counts": "events",
    "warp_error": "warping error",
    "found": "restoration statistics",
    "audio_minus_video_seconds": "sound longer than picture by (seconds)",
}
"""Row titles for entries of report.json whose names are not plain words."""


def page_content(run: Run, out: Path, slug: str, progress: Progress, credit: str) -> dict[str, Any]:
    """Write the media files of a run, and return the values that the template needs.

    Args:
        run: a run with all steps done.
        out: folder of the page; the files go to the folder `slug` in it.
        credit: maker and licence of the film; "" takes them from its metadata.
    """
    tracks, folder = run.tracks, out / slug
    film, models = tracks.film, _models(tracks)
    folder.mkdir(exist_ok=True)
    films = write_films(tracks, folder, progress) if film.frames and not film.is_still else {}
    report = run.folder / "report.json"
    return {
        "title": title(Path(film.source)).replace("_", " ").replace("-", " "),
        "slug": slug,
        "summary": ", ".join(dict.fromkeys(stages.stage_named(step.stage).done for step in tracks.steps)),
        "width": films.get("width", 0),
        "height": films.get("height", 0),
        "films": films,
        "rate": float(film.rate),
        "has_sound": bool(film.sounds),
        "sounds": _sounds(tracks, folder, bool(films)),
        "shots": shot_strip(tracks, folder) if film.frames else [],
        "ending": ending_strip(tracks, folder) if film.frames else [],
        "steps": [
            _step(step, model, run.folder / step.folder, folder)
            for step, model in zip(tracks.steps, models, strict=True)
        ],
        "recipe": "" if None in models else recipe.write(models),
        "numbers": _numbers(read_report(report) if report.exists() else {}),
        "credits": _credits(tracks, models, credit),
    }


def _sounds(tracks: FilmTracks, folder: Path, has_films: bool) -> list[dict[str, str]]:
    """Titles and addresses of the sounds that the page plays: those of its films if there is a new one, else files."""
    is_new = tracks.latest("sound") is not None
    if has_films and not is_new:
        return []
    old, new = ("before.mp4", "after.mp4") if has_films else write_sounds(tracks, folder)
    found = [("Original sound", old)] if tracks.film.sounds else []
    found += [("New sound", new)] if is_new else []
    return [{"title": title, "path": f"{folder.name}/{name}"} for title, name in found]


def _step(step: Step, model: Any | None, source: Path, folder: Path) -> dict[str, Any]:
    """A step: model, options, counts, and its notes and pictures, which are copied to the page's folder.

    Counts that the model summarizes in report.json are left out: they are in the table of numbers.
    """
    summarized = model.reported_counts if model is not None else ()
    files = [name for name in NOTE_FILES if (source / name).exists()]
    for name in files:
        copy_atomically(source / name, folder / name)
    pictures = [
        {
            **_picture(
                source / f"{name}.png", folder / f"{step.folder[:2]}-{name}.webp", f"{title} after {step.stage}"
            ),
            "legend": LEGENDS[name],
        }
        for name, title in STEP_PICTURES.items()
        if (source / f"{name}.png").exists()
    ]
    if (source / SCORE).exists():
        pictures.insert(0, _score(source / SCORE, folder / f"{step.folder[:2]}-{SCORE}", f"Score after {step.stage}"))
    return {
        "done": stages.stage_named(step.stage).done,
        "title": ", ".join(filter(None, [step.model, changed_options(step, source).replace("_", " ")])),
        "seconds": round(step.seconds, 1),
        "options": {k.replace("_", " "): v for k, v in read_options(source).items() if v not in ("", None)},
        "counts": {name: count for name, count in step.counts.items() if name not in summarized},
        "files": [{"name": name, "path": f"{folder.name}/{name}"} for name in files],
        "pictures": pictures,
    }


def _picture(source: Path, target: Path, text: str) -> dict[str, Any]:
    """Convert a picture to WebP; its address, alternative text and size."""
    image = cv2.imread(str(source))
    if image is None:
        raise ReimagineError(f"{source}: the picture cannot be read; delete it and run the command again")
    write_image(target, cv2.cvtColor(image, cv2.COLOR_BGR2RGB), QUALITY)
    height, width = image.shape[:2]
    return {"path": f"{target.parent.name}/{target.name}", "text": text, "width": width, "height": height, "legend": ""}


def _score(source: Path, target: Path, text: str) -> dict[str, Any]:
    """Copy the picture of a score; its address, alternative text and size."""
    copy_atomically(source, target)
    width, height = picture_size(source)
    return {"path": f"{target.parent.name}/{target.name}", "text": text, "width": width, "height": height, "legend": ""}


def _label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " "))


def _models(tracks: FilmTracks) -> list[Any | None]:
    """The model of each step; None for one that this version cannot build."""
    return [_model(step, tracks.folder / step.folder) for step in tracks.steps]


def _model(step: Step, folder: Path) -> Any | None:
    try:
        return recipe.build(step.stage, step.model, read_options(folder))
    except ReimagineError:
        return None


def _numbers(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Rows of the table of numbers: title and value."""
    rows: list[tuple[str, str]] = []
    for key, value in report.items():
        if key in HIDDEN_ENTRIES or value in (None, {}, []):
            continue
        if isinstance(value, dict):
            parts = (f"{_label(name)} {value_text(part)}" for name, part in value.items())
            rows.append((_label(key), ", ".join(parts)))
        elif isinstance(value, int | float):
            rows.append((_label(key), value_text(value)))
    return rows


def _credits(tracks: FilmTracks, models: Sequence[Any | None], credit: str) -> list[dict[str, str]]:
    """Source and licence of the film and of all weights, without duplicates."""
    name = Path(tracks.film.source).name
    rows = [
        {"what": "Film" if tracks.film.frames else "Sound", "name": name, "licence": credit or _film_credit(tracks)}
    ]
    for step, model in zip(tracks.steps, models, strict=True):
        if model is not None and model.required_weights:
            rows += _weights_credit(step.stage, model.required_weights)
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def _weights_credit(stage: str, weights: str) -> Sequence[dict[str, str]]:
    """One row for weights that have a card."""
    try:
        card = zoo.find(weights).facts
    except ReimagineError:  # the weights were removed after the run
        return ()
    if not card:
        return ()
    title, licence = str(card.get("title", weights)), str(card.get("licence", NO_LICENCE))
    return ({"what": f"Weights of {stage}", "name": title, "licence": licence},)


def _film_credit(tracks: FilmTracks) -> str:
    """Maker and licence from the metadata of the film's file."""
    from reimagine.media.video.reader import open_container

    if tracks.film.stills or tracks.film.is_score:
        return NO_LICENCE
    with open_container(Path(tracks.film.source)) as container:
        texts = [container.metadata[key] for key in ("artist", "copyright", "comment") if key in container.metadata]
    return "; ".join(texts) or NO_LICENCE
