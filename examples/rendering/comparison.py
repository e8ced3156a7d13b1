"""Show films side by side under their titles: `comparison.py FILM FILM... -o comparison.mp4`.

The result is as long as the longest film; shorter ones fade to black. See `reimagine.gallery.side_by_side`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reimagine import ReimagineError
from reimagine.errors import MediaError
from reimagine.gallery.side_by_side import side_by_side
from reimagine.media.video.reader import open_film


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True, help=".mp4")
    parser.add_argument("--titles", nargs="+", help="one title per film [default: the names of the files]")
    parser.add_argument("--columns", type=int, help="films in a row [default: all]")
    arguments = parser.parse_args()
    titles = arguments.titles or [film.stem for film in arguments.film]
    if len(set(titles)) != len(arguments.film):
        raise MediaError(
            f"films: {len(arguments.film)}, titles: {', '.join(titles)}; give one title per film, all different"
        )
    for film in arguments.film:
        if not open_film(film).frames:
            raise MediaError(f"{film}: has no picture; give a film")
    side_by_side(dict(zip(titles, arguments.film, strict=True)), arguments.output, arguments.columns)
    print(arguments.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"comparison: {error}")
