"""Films beside each other under their titles: `comparison.py FILM FILM... -o comparison.mp4`.

The result is as long as the longest film; a shorter one is black after its end. It is made with MoviePy
(`reimagine.gallery.continuations`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reimagine import ReimagineError
from reimagine.errors import MediaError
from reimagine.gallery.continuations import side_by_side
from reimagine.media.reader import open_film


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True, help="film file, .mp4")
    parser.add_argument("--titles", nargs="+", help="one title per film [default: the file names]")
    parser.add_argument("--columns", type=int, help="films per row [default: all]")
    given = parser.parse_args()
    titles = given.titles or [film.stem for film in given.film]
    if len(set(titles)) != len(given.film):
        raise MediaError(f"films: {len(given.film)}, titles: {', '.join(titles)}; give each film its own")
    for film in given.film:
        if not open_film(film).frames:  # MoviePy would say so in many more lines
            raise MediaError(f"{film}: has no picture; give a film")
    side_by_side(dict(zip(titles, given.film, strict=True)), given.output, given.columns)
    print(given.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"comparison: {error}")
