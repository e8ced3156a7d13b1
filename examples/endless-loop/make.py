"""Continue a film in colour: black and white up to its last frame, then the generated frames gain colour.

`python examples/endless-loop/make.py [FILM]` -> runs/examples/endless-loop
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled_path
from reimagine.gallery.report import write_sheet
from reimagine.media.export import Encoding, export
from reimagine.media.video.frames import Frame
from reimagine.runs.folder import Run

INTO = Path("runs/examples/endless-loop")
"""Where the project is written."""
FADE_SECONDS = 3.0
"""Seconds after the film's end at which the colour is complete."""
SHEET_SECONDS = (-2, 0, 1, 2, 3, 6)
"""Seconds from the film's end of the frames in the picture."""


def with_saturation(frame: Frame, share: float) -> Frame:
    """The frame with a share of its colour, 0 (grey) to 1."""
    grey = np.full(frame.chroma[0].shape, 128, np.uint8)
    cb, cr = (cv2.addWeighted(plane, share, grey, 1 - share, 0) for plane in frame.chroma)
    return frame.with_chroma(cb, cr)


def fading_in(run: Run, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
    """Frames of the run: grey up to the film's end, then with more colour in each."""
    picture, end = run.tracks.picture(), run.tracks.source_frames
    stop = picture.frames if stop is None else min(stop, picture.frames)
    for frame in picture.read(start, stop):
        share = float((frame.index + 1 - end) / (FADE_SECONDS * run.film.rate))
        yield with_saturation(frame, min(1.0, max(0.0, share)))


def main() -> None:
    film = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_path("assets/demo.mp4")
    steps = recipe.read(Path(__file__).with_name("recipe.toml"))
    result = reimagine.run(film, steps, INTO, INTO / "in-colour.mp4")
    run = Run.open(result.folder)
    tracks = run.tracks
    export(run.film, INTO / "film.mp4", fading_in(run), tracks.original_sound(), Encoding())
    numbers = [tracks.source_frames - 1 + round(s * run.film.rate) for s in SHEET_SECONDS]
    images = [next(fading_in(run, n, n + 1)).image for n in numbers if n < tracks.picture().frames]
    write_sheet([images[:3], images[3:]], INTO / "transition.webp", 320, 55)
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
