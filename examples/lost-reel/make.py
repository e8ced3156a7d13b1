"""A reel is found: a scratched negative. It is restored, and coloured by a network that has seen the place.

`python examples/lost-reel/make.py` -> runs/examples/lost-reel
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

from reimagine import recipe, run
from reimagine.bundled import bundled
from reimagine.degradation import degrade
from reimagine.gallery.report import write_sheet
from reimagine.media.export import Encoding, export
from reimagine.media.reader import open_film, read_film
from reimagine.runs.folder import Run

INTO = Path("runs/examples/lost-reel")
SEEN = Path("runs/examples/four-seasons/autumn.mp4")
"""The film in colour that the network learns from."""


def found() -> Path:
    """The demo film's negative, with scratches and what dust does to a negative."""
    film, reel = open_film(bundled("assets/demo.mp4")), INTO / "found.mp4"
    if not reel.exists():
        scratched = degrade(islice(read_film(film), film.frames), "scratches", 7)
        export(film, reel, degrade(degrade(scratched, "dust", 7), "negative", 7), None, Encoding())
    return reel


def main() -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    *restore, colorize = recipe.read(Path(__file__).with_name("recipe.toml"))
    done = run(found(), [*restore, replace(colorize, reference=SEEN)], INTO)
    reel = Run.open(done.folder)
    middles = [(shot.start + shot.stop) // 2 for shot in reel.shots]
    pictures = [reel.picture(steps) for steps in (0, 2, None)]
    rows = [[next(picture.read(reel.film, n, n + 1)).image for n in middles] for picture in pictures]
    write_sheet(rows, INTO / "reel.webp", 280, 50)
    print(done.film)


if __name__ == "__main__":
    main()
