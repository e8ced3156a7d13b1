"""A few frames of a film under a few settings, in one sheet: choose before you wait."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reimagine import recipe, stages
from reimagine.gallery.report import sheet
from reimagine.runs import Run
from reimagine.zoo.device import choose


def preview(stage: str, name: str | None, film: Path, into: Path | None, count: int,
            device: str, watch: Any) -> Path:  # fmt: skip
    """Rows: the film itself, then each setting the model names in `preview`; columns: frames."""
    run = Run.open(film, into, watch=watch)
    picture, where = run.picture(), choose(device)
    places = np.linspace(0, picture.frames - 1, count + 2).astype(int)[1:-1]
    frames = [next(picture.read(run.film, n, n + 1)) for n in map(int, np.unique(places))]
    settings = getattr(stages.model(stage, name), "preview", ({},))
    rows = [[titled(f.image, "the film") for f in frames]]
    watch.begin("preview", len(settings) * len(frames))
    for setting in settings:
        work = recipe.build(stage, name, setting).load(where)
        title = ", ".join(f"{k} {v}" for k, v in setting.items()) or "default"
        rows.append([titled(next(iter(work([f]))).image, title) for f in frames])
        watch.tick(len(frames))
    path = run.folder / f"preview-{stage}.png"
    sheet(rows, path)
    return path


def titled(image: np.ndarray, title: str) -> np.ndarray:
    """The picture with a line of text on it, legible on light and dark."""
    image, scale = image.copy(), image.shape[1] / 640
    place = round(12 * scale), image.shape[0] - round(14 * scale)
    for colour, width in (((0, 0, 0), 4), ((255, 255, 255), 1)):
        cv2.putText(image, title, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8 * scale, colour,
                    max(1, round(width * scale)), cv2.LINE_AA)  # fmt: skip
    return image
