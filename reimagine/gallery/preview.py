"""Previews: a sheet of a few frames under several settings, a score, and a sound file for each instrument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reimagine import made, recipe, stages
from reimagine.errors import StageError
from reimagine.execution.sound import transcribed_notes
from reimagine.gallery.report import write_sheet
from reimagine.media.audio.sound import write_sound
from reimagine.media.images.names import title
from reimagine.media.midi.notes import Note, Notes, read_notes
from reimagine.media.score.engraving import check_score_output, write_score
from reimagine.media.video.reading import Reading
from reimagine.progress import Progress
from reimagine.runs.folder import Run

CAPTION_WIDTH = 640
"""Width in pixels of a picture on which a caption has its nominal size; on others it is scaled."""
CAPTION_HEIGHT = 0.8
"""OpenCV's font scale of a caption at the nominal size."""
CAPTION_MARGIN = (12, 14)
"""Distance in pixels of a caption from the left and bottom edges, at the nominal size."""
SCALE = (48, 55, 60, 64, 67, 72, 76, 79, 84)
"""MIDI pitches of the notes played one after another, if no melody is given: C major over three octaves."""
CHORD = (48, 60, 64, 67)
"""MIDI pitches of the chord played after them."""


def preview(
    stage: str,
    name: str | None,
    film: Path,
    into: Path | None,
    count: int,
    device: str,
    progress: Progress,
    reading: Reading | None = None,
) -> Path:
    """Write a sheet of frames: the first row is the film, each other row one of the model's preview settings.

    Args:
        stage: a picture stage.
        name: the model; None is the stage's default.
        film: a film, or a run folder.
        into: the run folder; default `runs/<film's stem>`.
        count: frames, spread evenly over the film.
        device: a torch device.
        reading: how the film is read.

    Returns:
        Path of the sheet, `preview-<stage>.png` in the run folder.
    """
    run = Run.open(film, into, reading, progress)
    picture = run.tracks.picture()
    numbers = np.linspace(0, picture.frames - 1, count + 2).astype(int)[1:-1]
    frames = [next(picture.read(n, n + 1)) for n in map(int, np.unique(numbers))]
    settings = stages.model_class(stage, name).previews()
    rows = [[with_caption(frame.image, "the film") for frame in frames]]
    progress.begin("preview", len(settings) * len(frames))
    for setting in settings:
        process = recipe.build(stage, name, setting).load(device)
        caption = ", ".join(f"{k} {v}" for k, v in setting.items()) or "default"
        rows.append([with_caption(next(iter(process([frame]))).image, caption) for frame in frames])
        progress.advance(len(frames))
    path = run.folder / f"preview-{stage}.png"
    write_sheet(rows, path)
    return path


def with_caption(image: np.ndarray, title: str) -> np.ndarray:
    """A copy of a picture, RGB (H, W, 3) uint8, with a caption at the bottom left: white with a black outline."""
    image, scale = image.copy(), image.shape[1] / CAPTION_WIDTH
    x, y = round(CAPTION_MARGIN[0] * scale), image.shape[0] - round(CAPTION_MARGIN[1] * scale)
    thickness = max(1, round(scale))
    for dx, dy, colour in _outline_then_text(thickness):
        origin = (x + dx, y + dy)
        cv2.putText(
            image, title, origin, cv2.FONT_HERSHEY_SIMPLEX, CAPTION_HEIGHT * scale, colour, thickness, cv2.LINE_AA
        )
    return image


def _outline_then_text(width: int) -> Iterator[tuple[int, int, tuple[int, int, int]]]:
    """Offsets and colours of the nine copies of a text that draw its outline, and of the text itself."""
    for dx in (-width, 0, width):
        for dy in (-width, 0, width):
            yield dx, dy, (0, 0, 0)
    yield 0, 0, (255, 255, 255)


def preview_score(
    stage: str,
    name: str | None,
    film: Path,
    into: Path | None,
    device: str,
    progress: Progress,
    reading: Reading | None = None,
) -> Path:
    """Draw the score of a film's music; the notes of a run that has some are not transcribed again.

    Args:
        stage: a stage that transcribes; the other arguments are those of `preview`.

    Returns:
        Path of the picture, `preview-<stage>.svg` in the run folder.

    Raises:
        MediaError: what scores need is not installed, or there are no notes.
        StageError: the film has no sound.
    """
    path = Path(f"preview-{stage}.svg")
    check_score_output(path)
    run = Run.open(film, into, reading, progress)
    tracks, path = run.tracks, run.folder / path
    written = tracks.artifact("notes")
    if not (written or run.film.sounds or run.film.is_score):
        raise StageError(f"{stage}: {run.film.source} has no sound track; give a film with sound")
    progress.begin("preview", 0, "s")
    notes = read_notes(written) if written else transcribed_notes(tracks, recipe.build(stage, name, {}), device)
    write_score(path, notes, title(Path(run.film.source)))
    return path


def preview_instruments(timbre: Any, score: Path | None, into: Path, progress: Progress) -> Path:
    """Write a sound file for each instrument of a synthesis model: INSTRUMENT.ogg.

    Args:
        timbre: a `SynthesisModel`.
        score: a MIDI file; None plays a scale and a chord.
        into: folder of the sound files.

    Returns:
        The folder.

    Raises:
        StageError: the model has no instruments to choose from.
    """
    instruments = timbre.choices().get("instruments", ())
    if not instruments:
        raise StageError("preview timbre: this model has only one sound; give --model one that has instruments")
    notes = read_notes(score) if score else _scale_and_chord()
    into.mkdir(parents=True, exist_ok=True)
    made.guard(into)
    progress.begin("preview", len(instruments), "instruments")
    for name in instruments:
        synthesize = replace(timbre, instruments=name).load("cpu")
        write_sound(into / f"{name}.ogg", synthesize(notes))
        progress.advance(1)
    return into


def _scale_and_chord() -> Notes:
    """Nine notes of 0.38 s, one every 0.4 s, then a chord of 1.8 s."""
    scale = [Note(n * 0.4, n * 0.4 + 0.38, pitch) for n, pitch in enumerate(SCALE)]
    return Notes((*scale, *(Note(3.8, 5.6, pitch) for pitch in CHORD)))
