"""Play a film forwards and backwards: forwards with its own tune, backwards with a composed answer.

`python examples/there-and-back/make.py [FILM]` -> runs/examples/there-and-back
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled_path
from reimagine.media.audio.sound import read_sound
from reimagine.media.export import Encoding, export
from reimagine.media.midi.notes import read_notes
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.writer import write_image
from reimagine.runs.folder import Run

INTO = Path("runs/examples/there-and-back")
"""Where the project is written."""
INSTRUMENTS = {
    "clarinet": (232, 112, 74),
    "violin": (240, 190, 76),
    "music-box": (142, 206, 190),
    "cello": (96, 142, 214),
    "acoustic-grand-piano": (186, 140, 214),
}
"""Instruments, shot by shot, and their RGB colours in the score."""
CHUNK = 24
"""Frames that are held in memory when the film is read backwards."""
SCORE_SIZE = (1400, 640)
"""Width and height of the score in pixels."""
BACKGROUND = (22, 20, 24)
"""RGB of the score's background."""


def there_and_back(path: Path, out: Path) -> Path:
    """Export a film followed by the same film backwards. Its sound is padded with silence."""
    film, sound = open_film(path), read_sound(path)
    length = 2 * round(film.seconds * sound.rate)
    export(film, out, forwards_and_backwards(film), sound.fit_length(length), Encoding())
    return out


def forwards_and_backwards(film: Film) -> Iterator[Frame]:
    """The film's frames in order, then in reverse order."""
    yield from read_film(film)
    for stop in range(film.frames, 0, -CHUNK):
        for frame in reversed(list(read_film(film, max(0, stop - CHUNK), stop))):
            yield frame.renumbered(2 * film.frames - 1 - frame.index)


def score(run: Run) -> np.ndarray:
    """A piano roll (H, W, 3) uint8 RGB: each shot's still above its notes, in the colour of its instrument."""
    path = run.tracks.artifact("notes")
    assert path is not None, "the recipe transcribes"
    notes, seconds = read_notes(path), run.film.seconds
    width, height = SCORE_SIZE
    low, high = min(n.pitch for n in notes) - 2, max(n.pitch for n in notes) + 2
    page = np.full((height, width, 3), BACKGROUND, np.uint8)
    for name, shot in zip(cycle(INSTRUMENTS), run.shots, strict=False):
        left, right = (round(float(run.film.time(n)) / seconds * width) for n in (shot.start, shot.stop))
        frame = next(run.tracks.picture().read((shot.start + shot.stop) // 2))
        draw_still(page, frame.image, left, right, name)
        for note in (n for n in notes if shot.start <= n.start * run.film.rate < shot.stop):
            y = height - 20 - round((note.pitch - low) / (high - low) * 340)
            x, end = (round(t / seconds * width) for t in (note.start, min(note.end, seconds)))
            cv2.line(page, (x + 5, y), (max(x + 6, end - 8), y), INSTRUMENTS[name], 9, cv2.LINE_AA)
    return cv2.copyMakeBorder(page, 0, 0, 20, 14, cv2.BORDER_CONSTANT, value=page[0, 0].tolist())


def draw_still(page: np.ndarray, image: np.ndarray, left: int, right: int, name: str) -> None:
    """Draw an image between two columns of the page, cropped to them, with the instrument's name below."""
    width = right - left
    scale = max(width / image.shape[1], 200 / image.shape[0])
    still = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cropped = (still.shape[1] - width) // 2
    page[20:220, left : right - 6] = still[:200, cropped : cropped + max(0, width - 6)]
    page[228:232, left : right - 6] = INSTRUMENTS[name]
    cv2.putText(page, name, (left, 256), cv2.FONT_HERSHEY_DUPLEX, 0.5, INSTRUMENTS[name], 1, cv2.LINE_AA)


def main() -> None:
    film = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_path("assets/demo.mp4")
    steps = recipe.read(Path(__file__).with_name("recipe.toml"))
    INTO.mkdir(parents=True, exist_ok=True)
    run = Run.open(there_and_back(film, INTO / "there-and-back.mp4"), INTO)
    cuts = (float(run.film.time(shot.start)) for shot in run.shots)
    instruments = ",".join(f"{name}@{cut:.3f}" for name, cut in zip(cycle(INSTRUMENTS), cuts, strict=False))
    steps[2] = replace(steps[2], instruments=instruments)
    print(reimagine.run(run.film.source, steps, INTO).film)
    write_image(INTO / "score.webp", score(Run.open(INTO)), 80)


if __name__ == "__main__":
    main()
