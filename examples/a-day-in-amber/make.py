"""Tint a film by the hour of one day; each tint blends into the next.

`python examples/a-day-in-amber/make.py [FILM]` -> runs/examples/a-day-in-amber
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine.bundled import bundled_path
from reimagine.media.export import Encoding, export
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.writer import write_image

INTO = Path("runs/examples/a-day-in-amber")
"""Where the project is written."""
SCHEDULE = (
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
"""Fractions of the film at which a tint is reached."""
TINT = reimagine.model("colorize", "tint")
TINTS = {
    name: (TINT(hue=hue, saturation=saturation).load("cpu"), light)
    for name, hue, saturation, light in (
        ("night", 215, 1.3, 0.62),
        ("dawn", 350, 1.2, 0.85),
        ("noon", 34, 1.25, 1.0),
        ("evening", 22, 1.5, 0.92),
        ("dusk", 345, 1.1, 0.8),
    )
}
"""For each tint, the loaded model and the fraction of the light that the print transmits."""
PERFORATION = (236, 230, 218)
"""RGB of the perforations."""
FILM_BASE = (18, 14, 12)
"""RGB of the film around the frames."""


def tinted(frame: Frame, time: float) -> Frame:
    """The frame with the tints of a time of the day, 0 to 1."""
    (start, earlier), (stop, later) = next(span for span in pairwise(SCHEDULE) if time <= span[1][0])
    share = (time - start) / (stop - start)
    (first, light), (second, later_light) = TINTS[earlier], TINTS[later]
    (a,), (b,) = first([frame]), second([frame])
    cb, cr = (cv2.addWeighted(x, 1 - share, y, share, 0) for x, y in zip(a.chroma, b.chroma, strict=True))
    black = 0 if frame.full else 16
    luma = black + (frame.luma.astype(np.float32) - black) * (light + (later_light - light) * share)
    return frame.with_planes(luma.astype(np.uint8), cb, cr)


def strip(images: list[np.ndarray], width: int = 216) -> np.ndarray:
    """Images (h, w, 3) uint8 RGB as a strip of film, with perforations above and below."""
    height = round(images[0].shape[0] * width / images[0].shape[1])
    resized = [cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) for image in images]
    cells = [cv2.copyMakeBorder(i, 28, 28, 5, 5, cv2.BORDER_CONSTANT, value=FILM_BASE) for i in resized]
    joined = np.hstack(cells)
    step = cells[0].shape[1] / 4
    for x in (round((n + 0.5) * step) for n in range(4 * len(images))):
        for y in (14, joined.shape[0] - 14):
            cv2.rectangle(joined, (x - 10, y - 6), (x + 10, y + 6), PERFORATION, -1)
    return joined


def main() -> None:
    film = open_film(Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_path("assets/demo.mp4"))
    INTO.mkdir(parents=True, exist_ok=True)
    last = max(1, film.frames - 1)
    export(film, INTO / "film.mp4", (tinted(f, f.index / last) for f in read_film(film)), None, Encoding())
    numbers = np.linspace(0, last, 12).astype(int).tolist()
    images = [tinted(next(read_film(film, n, n + 1)), n / last).image for n in numbers]
    write_image(INTO / "print.webp", np.vstack([strip(images[:6]), strip(images[6:])]), 60)
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
