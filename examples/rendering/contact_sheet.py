"""Frames of films in one picture: `contact_sheet.py FILM... -o sheet.png`, a row a film.

Of one film, as many rows as it takes to show each of its shots, or `--frames` of it, spread evenly.
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
from reimagine.media.film import Film
from reimagine.media.reader import open_film, read_film
from reimagine.media.shots import CutDetector


def opened(path: Path) -> tuple[Film, list[int]]:
    """A film and the middles of its shots."""
    detector = CutDetector()
    film = open_film(path, detector)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    return film, [(shot.start + shot.stop) // 2 for shot in detector.shots(film.frames)]


def picked(film: Film, places: list[int], titles: bool) -> list[np.ndarray]:
    """Its frames at these numbers, with the time they are shown at if `titles`."""
    frames = (next(read_film(film, n, n + 1)) for n in places)
    return [with_caption(f.image, f"{float(film.time(f.index)):.1f} s") if titles else f.image for f in frames]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a picture: .png, .webp, .jpg")
    parser.add_argument("--frames", type=int, help="of each film [default: one a shot of the first]")
    parser.add_argument("--columns", type=int, default=6, help="of one film's sheet")
    parser.add_argument("--width", type=int, default=320, help="of each frame")
    parser.add_argument("--times", action="store_true", help="write on each frame when it is shown")
    parser.add_argument("--quality", type=int, help="of .webp and .jpg, 0 to 100")
    given = parser.parse_args()
    films = [opened(path) for path in given.film]
    first, middles = films[0]
    parts = [n / first.frames for n in middles]
    if given.frames:
        parts = [(n + 0.5) / given.frames for n in range(given.frames)]
    rows = [picked(film, [int(p * film.frames) for p in parts], given.times) for film, _ in films]
    if len(rows) == 1:
        only = rows[0] + [np.zeros_like(rows[0][0])] * (-len(rows[0]) % min(given.columns, len(rows[0])))
        rows = [only[n : n + given.columns] for n in range(0, len(only), given.columns)]
    write_sheet(rows, given.output, given.width, given.quality)
    print(given.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"contact_sheet: {error}")
