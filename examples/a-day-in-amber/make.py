"""A day passes over the film: its print is dyed by the hour, and one dye runs into the next.

`python examples/a-day-in-amber/make.py [FILM]` -> runs/examples/a-day-in-amber
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine.bundled import bundled
from reimagine.media.export import Encoding, export
from reimagine.media.frames import Frame
from reimagine.media.reader import open_film, read_film
from reimagine.media.writer import write_image

INTO = Path("runs/examples/a-day-in-amber")
DAY = (
    (0.00, "night"),
    (0.12, "night"),
    (0.26, "dawn"),
    (0.40, "noon"),
    (0.63, "noon"),
    (0.75, "evening"),
    (0.82, "dusk"),
    (0.92, "night"),
    (1.00, "night"),
)
"""Which dye the print is in, at which part of the film."""
TINT = reimagine.model("colorize", "tint")
DYES = {
    name: (TINT(hue=hue, saturation=strong).load("cpu"), light)
    for name, hue, strong, light in (
        ("night", 215, 1.3, 0.62),
        ("dawn", 350, 1.2, 0.85),
        ("noon", 34, 1.25, 1.0),
        ("evening", 22, 1.5, 0.92),
        ("dusk", 345, 1.1, 0.8),
    )
}
"""Each dye, and how much of the lamp's light it lets through: a blue print is a dark one."""


def dyed(frame: Frame, part: float) -> Frame:
    """The frame as the dyes of that part of the day leave it."""
    (start, one), (stop, other) = next(span for span in pairwise(DAY) if part <= span[1][0])
    share = (part - start) / (stop - start)
    (first, light), (second, lighter) = DYES[one], DYES[other]
    (a,), (b,) = first([frame]), second([frame])
    blue, red = (cv2.addWeighted(x, 1 - share, y, share, 0) for x, y in zip(a.chroma, b.chroma, strict=True))
    black = 0 if frame.full else 16
    luma = black + (frame.luma.astype(np.float32) - black) * (light + (lighter - light) * share)
    return frame.with_planes(luma.astype(np.uint8), blue, red)


def strip(images: list[np.ndarray], width: int = 216) -> np.ndarray:
    """Frames as a piece of the print itself, with its perforations above and below."""
    height = round(images[0].shape[0] * width / images[0].shape[1])
    shown = [cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) for image in images]
    cells = [cv2.copyMakeBorder(i, 28, 28, 5, 5, cv2.BORDER_CONSTANT, value=(18, 14, 12)) for i in shown]
    print_ = np.hstack(cells)
    step = cells[0].shape[1] / 4
    for x in (round((n + 0.5) * step) for n in range(4 * len(images))):
        for y in (14, print_.shape[0] - 14):
            cv2.rectangle(print_, (x - 10, y - 6), (x + 10, y + 6), (236, 230, 218), -1)
    return print_


def main() -> None:
    film = open_film(Path(sys.argv[1]) if len(sys.argv) > 1 else bundled("assets/demo.mp4"))
    INTO.mkdir(parents=True, exist_ok=True)
    last = max(1, film.frames - 1)
    export(film, INTO / "film.mp4", (dyed(f, f.index / last) for f in read_film(film)), None, Encoding())
    places = np.linspace(0, last, 12).astype(int).tolist()
    frames = [dyed(next(read_film(film, n, n + 1)), n / last).image for n in places]
    write_image(INTO / "print.webp", np.vstack([strip(frames[:6]), strip(frames[6:])]), 60)
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
