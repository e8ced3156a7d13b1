"""Frames of films in one picture: `contact_sheet.py FILM... -o sheet.png`, one row per film.

Of each film one frame per shot of the first film is shown, or `--frames` frames, evenly spaced. A single film takes as
many rows of `--columns` frames as necessary.
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


def open_with_shots(path: Path) -> tuple[Film, list[int]]:
    """Open a film; return it with the number of the middle frame of each shot."""
    detector = CutDetector()
    film = open_film(path, detector)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    return film, [(shot.start + shot.stop) // 2 for shot in detector.shots(film.frames)]


def read_frames(film: Film, numbers: list[int], captions: bool) -> list[np.ndarray]:
    """Frames (H, W, 3) uint8 RGB of a film by their numbers; with `captions`, the time is written on each."""
    frames = (next(read_film(film, n, n + 1)) for n in numbers)
    return [with_caption(f.image, f"{float(film.time(f.index)):.1f} s") if captions else f.image for f in frames]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True, help="picture file: .png, .webp or .jpg")
    parser.add_argument("--frames", type=int, help="frames per film [default: one per shot of the first film]")
    parser.add_argument("--columns", type=int, default=6, help="frames per row if there is only one film")
    parser.add_argument("--width", type=int, default=320, help="width of each frame in pixels")
    parser.add_argument("--times", action="store_true", help="write its time on each frame")
    parser.add_argument("--quality", type=int, help="quality of .webp and .jpg, 0 to 100")
    given = parser.parse_args()
    films = [open_with_shots(path) for path in given.film]
    first, middles = films[0]
    parts = [n / first.frames for n in middles]
    if given.frames:
        parts = [(n + 0.5) / given.frames for n in range(given.frames)]
    rows = [read_frames(film, [int(p * film.frames) for p in parts], given.times) for film, _ in films]
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
