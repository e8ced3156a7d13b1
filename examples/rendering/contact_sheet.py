"""Draw frames of films in one picture: `contact_sheet.py FILM... -o sheet.png`, one row per film.

A single film gets as many rows as needed, with one frame per shot or, with `--frames`, evenly spaced frames.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from reimagine import ReimagineError
from reimagine.errors import MediaError
from reimagine.gallery.preview import with_caption
from reimagine.gallery.report import write_sheet
from reimagine.media.video.film import Film
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector


def open_with_middles(path: Path) -> tuple[Film, list[int]]:
    """A film, and the number of the middle frame of each shot."""
    detector = CutDetector()
    film = open_film(path, detector)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    return film, [(shot.start + shot.stop) // 2 for shot in detector.shots(film.frames)]


def read_numbers(film: Film, numbers: list[int], times: bool) -> list[np.ndarray]:
    """The film's frames with these numbers; with `times`, their times in seconds are written on them."""
    frames = (next(read_film(film, n, n + 1)) for n in numbers)
    return [with_caption(f.image, f"{float(film.time(f.index)):.1f} s") if times else f.image for f in frames]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True, help="picture file: .png, .webp or .jpg")
    parser.add_argument("--frames", type=int, help="frames of each film [default: one per shot of the first film]")
    parser.add_argument("--columns", type=int, default=6, help="columns of the sheet of a single film")
    parser.add_argument("--width", type=int, default=320, help="width of each frame in pixels")
    parser.add_argument("--times", action="store_true", help="write the time on each frame")
    parser.add_argument("--quality", type=int, help="quality of .webp and .jpg, 0 to 100")
    arguments = parser.parse_args()
    films = [open_with_middles(path) for path in arguments.film]
    first, middles = films[0]
    positions = [n / first.frames for n in middles]
    if arguments.frames:
        positions = [(n + 0.5) / arguments.frames for n in range(arguments.frames)]
    rows = [read_numbers(film, [int(p * film.frames) for p in positions], arguments.times) for film, _ in films]
    if len(rows) == 1:
        images = rows[0] + [np.zeros_like(rows[0][0])] * (-len(rows[0]) % min(arguments.columns, len(rows[0])))
        rows = [images[n : n + arguments.columns] for n in range(0, len(images), arguments.columns)]
    write_sheet(rows, arguments.output, arguments.width, arguments.quality)
    print(arguments.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"contact_sheet: {error}")
