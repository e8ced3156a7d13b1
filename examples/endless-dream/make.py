"""Black and white to its last frame; then the film dreams on, and the dream is in colour.

`python examples/endless-dream/make.py [FILM]` -> runs/examples/endless-dream
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled
from reimagine.gallery.report import write_sheet
from reimagine.media.export import Encoding, export
from reimagine.media.frames import Frame
from reimagine.runs.folder import Run

INTO = Path("runs/examples/endless-dream")
WAKING = 3.0
"""Seconds after the film's end at which all of the colour is there."""
SHOWN = -2, 0, 1, 2, 3, 6
"""Seconds from the film's end, for the picture."""


def coloured(frame: Frame, share: float) -> Frame:
    """The frame with so much of its colour, 0 to 1."""
    grey = np.full(frame.chroma[0].shape, 128, np.uint8)
    blue, red = (cv2.addWeighted(plane, share, grey, 1 - share, 0) for plane in frame.chroma)
    return frame.with_chroma(blue, red)


def waking(run: Run, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
    """Frames of the run: grey as far as the film goes, and then more colour with each."""
    stop = run.picture().frames if stop is None else min(stop, run.picture().frames)
    for frame in run.picture().read(run.film, start, stop):
        share = float((frame.index + 1 - run.known) / (WAKING * run.film.rate))
        yield coloured(frame, min(1.0, max(0.0, share)))


def main() -> None:
    film = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled("assets/demo.mp4")
    steps = recipe.read(Path(__file__).with_name("recipe.toml"))
    done = reimagine.run(film, steps, INTO, INTO / "in-colour.mp4")
    run = Run.open(done.folder)
    export(run.film, INTO / "film.mp4", waking(run), run.own_sound(), Encoding())
    places = [run.known - 1 + round(s * run.film.rate) for s in SHOWN]
    images = [next(waking(run, n, n + 1)).image for n in places if n < run.picture().frames]
    write_sheet([images[:3], images[3:]], INTO / "waking.webp", 320, 55)
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
