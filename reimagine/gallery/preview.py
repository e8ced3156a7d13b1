"""A few frames of a film under a few settings, in one sheet: choose before you wait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reimagine import recipe, stages
from reimagine.errors import StageError
from reimagine.gallery.report import write_sheet
from reimagine.media.notes import Note, Notes, read_notes
from reimagine.media.sound import write_sound
from reimagine.runs.folder import Run
from reimagine.zoo.device import configure_device


def preview(
    stage: str, name: str | None, film: Path, into: Path | None, count: int, device: str, progress: Any
) -> Path:
    """Rows: the film itself, then each setting the model names in `preview`; columns: frames."""
    run = Run.open(film, into, progress=progress)
    picture, where = run.picture(), configure_device(device)
    places = np.linspace(0, picture.frames - 1, count + 2).astype(int)[1:-1]
    frames = [next(picture.read(run.film, n, n + 1)) for n in map(int, np.unique(places))]
    settings = getattr(stages.model_class(stage, name), "preview", ({},))
    settings = settings() if callable(settings) else settings
    rows = [[titled(f.image, "the film") for f in frames]]
    progress.begin("preview", len(settings) * len(frames))
    for setting in settings:
        work = recipe.build(stage, name, setting).load(where)
        title = ", ".join(f"{k} {v}" for k, v in setting.items()) or "default"
        rows.append([titled(next(iter(work([f]))).image, title) for f in frames])
        progress.advance(len(frames))
    path = run.folder / f"preview-{stage}.png"
    write_sheet(rows, path)
    return path


def titled(image: np.ndarray, title: str) -> np.ndarray:
    """The picture with a line of text on it, legible on light and dark."""
    image, scale = image.copy(), image.shape[1] / 640
    x, y = round(12 * scale), image.shape[0] - round(14 * scale)
    rim = max(1, round(scale))
    around = [(a * rim, b * rim, (0, 0, 0)) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    for right, down, colour in (*around, (0, 0, (255, 255, 255))):
        cv2.putText(
            image,
            title,
            (x + right, y + down),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.8 * scale,
            colour,
            max(1, round(scale)),
            cv2.LINE_AA,
        )
    return image


def audition(timbre: Any, score: Path | None, into: Path, progress: Any) -> Path:
    """Every instrument of a timbre plays a melody (or a chord and a scale), into a sound file each."""
    if not hasattr(timbre, "names"):
        raise StageError("preview timbre: this model has a single sound; take one with instruments")
    scale = [Note(n * 0.4, n * 0.4 + 0.38, p) for n, p in enumerate((48, 55, 60, 64, 67, 72, 76, 79, 84))]
    chord = [Note(3.8, 5.6, p) for p in (48, 60, 64, 67)]
    notes = read_notes(score) if score else Notes((*scale, *chord))
    names = timbre.names()
    into.mkdir(parents=True, exist_ok=True)
    progress.begin("preview", len(names))
    for name in names:
        work = replace(timbre, instruments=name).load("cpu")
        write_sound(into / f"{name}.ogg", work(notes))
        progress.advance(1)
    return into
