"""Paint one still per shot in four seasons; the film takes on the colours, and a year passes in each shot.

`python examples/four-seasons/make.py` -> runs/examples/four-seasons
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
from paint import SEASONS, painted

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled_path
from reimagine.gallery.references import export_references
from reimagine.gallery.report import write_sheet
from reimagine.media.export import Encoding, export
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame, Shot
from reimagine.media.video.image_files import read_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.writer import write_image
from reimagine.runs.folder import Run

INTO = Path("runs/examples/four-seasons")
"""Where the project is written."""


def year(films: Sequence[Film], shots: Sequence[Shot]) -> Iterator[Frame]:
    """Frames whose colours change from each season's film to the next during every shot.

    A season stays for the first half of its time; in the second half it blends into the next one.
    """
    for versions in zip(*map(read_film, films), strict=True):
        first = versions[0]
        shot = next(s for s in shots if s.start <= first.index < s.stop)
        number, time = divmod(len(films) * (first.index - shot.start) / (shot.stop - shot.start), 1)
        season, following = versions[int(number)], versions[min(int(number) + 1, len(films) - 1)]
        share = max(0.0, 2 * time - 1)
        pairs = zip(season.chroma, following.chroma, strict=True)
        yield first.with_chroma(*(cv2.addWeighted(a, 1 - share, b, share, 0) for a, b in pairs))


def season_film(film: Path, colorize: Any, season: str) -> Film:
    """The film in the colours of its stills, painted in a season."""
    folder = INTO / season
    folder.mkdir(exist_ok=True)
    for still in sorted((INTO / "stills").glob("ref_*.png")):
        image = painted(read_image(still), int(still.stem[4:]), season)
        write_image(folder / still.name, image)
    step = replace(colorize, references=folder)
    return open_film(reimagine.run(film, [step], INTO, INTO / f"{season}.mp4").film)


def main() -> None:
    film, (colorize,) = bundled_path("assets/demo.mp4"), recipe.read(Path(__file__).with_name("recipe.toml"))
    colorized = reimagine.run(film, [colorize], INTO)
    export_references(colorized.folder, INTO / "stills")
    films = [season_film(film, colorize, season) for season in SEASONS]
    shots = Run.open(INTO).shots
    middles = [(shot.start + shot.stop) // 2 for shot in shots]
    rows = [[next(read_film(one, n, n + 1)).image for n in middles] for one in films]
    write_sheet(rows, INTO / "seasons.webp", 280, 50)
    export(films[0], INTO / "film.mp4", year(films, shots), None, Encoding())
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
