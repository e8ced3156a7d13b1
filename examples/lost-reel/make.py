"""Restore a scratched negative and colorize it after a colour film of the same place.

`python examples/lost-reel/make.py` -> runs/examples/lost-reel
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

from reimagine import recipe, run
from reimagine.bundled import bundled_path
from reimagine.degradation import degrade
from reimagine.gallery.report import write_sheet
from reimagine.media.export import Encoding, export
from reimagine.media.video.reader import open_film, read_film
from reimagine.runs.folder import Run

INTO = Path("runs/examples/lost-reel")
"""Where the project is written."""
REFERENCE = Path("runs/examples/four-seasons/autumn.mp4")
"""The colour film that the colorizer is trained on."""
SEED = 7
"""Random seed of the degradation."""


def damaged_reel() -> Path:
    """The demo film as a negative with scratches and dust; it is made if it does not exist."""
    film, reel = open_film(bundled_path("assets/demo.mp4")), INTO / "found.mp4"
    if not reel.exists():
        frames = islice(read_film(film), film.frames)
        for kind in ("scratches", "dust", "negative"):
            frames = degrade(frames, kind, SEED)
        export(film, reel, frames, None, Encoding())
    return reel


def main() -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    *restore, colorize = recipe.read(Path(__file__).with_name("recipe.toml"))
    result = run(damaged_reel(), [*restore, replace(colorize, reference=REFERENCE)], INTO)
    reel = Run.open(result.folder)
    middles = [(shot.start + shot.stop) // 2 for shot in reel.shots]
    pictures = [reel.tracks.picture(steps) for steps in (0, 2, None)]
    rows = [[next(picture.read(n, n + 1)).image for n in middles] for picture in pictures]
    write_sheet(rows, INTO / "reel.webp", 280, 50)
    print(result.film)


if __name__ == "__main__":
    main()
