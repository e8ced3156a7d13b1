"""Pictures of good and bad cases for the page "which model for which film": `python docs/model_pictures.py`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from pictures import DEMO, RUNS, SHEET_WIDTH, artifact, run, save

import reimagine
from reimagine.bundled import PACKAGE
from reimagine.degradation import degrade
from reimagine.gallery.music import piano_roll
from reimagine.gallery.preview import with_caption
from reimagine.gallery.report import write_sheet
from reimagine.media import Frame, Notes, Shot, frame_from_image, read_film
from reimagine.media.audio.sound import write_sound
from reimagine.media.midi.notes import read_notes
from reimagine.runs.folder import Run

LENGTH = 25
"""Frames of a damaged piece of film; the one in the middle is shown."""
ROLL_WIDTH = 600
"""Width of a piano roll in pixels."""


def restore(page: Path) -> None:
    """Four kinds of damage: what `classic` and `unet-gan` make of each."""
    film = Run.open(DEMO, RUNS / "unet").film
    start = 110
    shot = Shot(start, start + LENGTH)
    original = [frame.renumbered(frame.index, shot) for frame in read_film(film, *shot[:2])]
    rows: list[list[np.ndarray]] = [[], [], []]
    for kind in ("flicker", "dust", "holes", "negative"):
        damaged = list(degrade(original, kind, 3))
        results = [damaged, *(processed(name, damaged) for name in ("classic", "unet-gan"))]
        for row, title, frames in zip(rows, (kind, "classic", "unet-gan"), results, strict=True):
            row.append(with_caption(frames[LENGTH // 2].image, title))
    write_sheet(rows, page, 240)
    save(page, "which-restore", 55)


def processed(name: str, frames: list[Frame]) -> list[Frame]:
    """The frames after a model for restore."""
    return list(reimagine.Restore(model=name).load("cpu")(iter(frames)))  # type: ignore[arg-type]


def colorize(page: Path) -> None:
    """Rendered scenes, whose colours are known: in grey, as `unet` and `tint` colour them, and the truth."""
    sys.path.insert(0, str(PACKAGE.parent / "assets" / "demo_film"))
    from scenes import SHOTS, to_8_bit, tone_map

    models = {"unet": reimagine.Colorize(), "tint": reimagine.Colorize(model="tint")}
    rows: list[list[np.ndarray]] = [[], [], [], []]
    for scene, seconds in SHOTS:
        truth = to_8_bit(tone_map(scene().render(seconds / 2)))
        grey = frame_from_image(0, np.repeat(cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY)[..., None], 3, 2))
        results = {name: next(iter(model.load("cpu")([grey]))).image for name, model in models.items()}
        cells = {"in grey": grey.image, **results, "the true colours": truth}
        for row, (title, image) in zip(rows, cells.items(), strict=True):
            row.append(with_caption(image, title))
    write_sheet(rows, page, SHEET_WIDTH)
    save(page, "which-colorize", 55)


def transcribe(page: Path) -> None:
    """The demo film's waltz, and its melody alone: what `onsets-frames` (left) and `pyin` transcribe."""
    waltz = run("notes", reimagine.Transcribe())
    notes = read_notes(artifact(waltz, "notes"))
    melody = Notes(notes.of_voice("melody").notes, notes.tempo, notes.beat)
    alone = RUNS / "melody.wav"
    write_sound(alone, reimagine.Timbre(instruments="flute").load("cpu")(melody))
    rows = []
    for sound, name in ((DEMO, "waltz"), (alone, "melody")):
        rolls = []
        for model in ("onsets-frames", "pyin"):
            step = reimagine.Transcribe(model=model)  # type: ignore[arg-type]
            done = reimagine.run(sound, step, RUNS / f"{name}-{model}")
            piano_roll(
                read_notes(done.film if done.film.suffix == ".mid" else next(done.folder.glob("*/notes.mid"))), page
            )
            rolls.append(titled(cv2.imread(str(page)), f"{name}: {model}"))
        rows.append(np.hstack(rolls))
    cv2.imwrite(str(page), np.vstack(rows))
    save(page, "which-transcribe", 70)


def titled(picture: np.ndarray, title: str) -> np.ndarray:
    """A plot reduced to ROLL_WIDTH, with a title above it."""
    scale = ROLL_WIDTH / picture.shape[1]
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    head = np.full((28, small.shape[1], 3), 255, np.uint8)
    cv2.putText(head, title, (30, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([head, small])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for draw in (restore, colorize, transcribe):
            draw(Path(folder) / "page.png")
