"""One still a shot is painted four times, spring to winter; the film follows, and a year passes in each shot.

`python examples/four-seasons/make.py` -> runs/examples/four-seasons
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
from paint import SEASONS, painted

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled
from reimagine.gallery.references import export_references
from reimagine.gallery.report import write_sheet
from reimagine.media.export import Encoding, export
from reimagine.media.film import Film
from reimagine.media.frames import Frame, Shot
from reimagine.media.reader import open_film, read_film, read_image
from reimagine.media.writer import write_image
from reimagine.runs.folder import Run

INTO = Path("runs/examples/four-seasons")


def year(films: list[Film], shots: list[Shot]) -> Iterator[Frame]:
    """The same frame of each season's film, and in each shot one season after the other."""
    for together in zip(*map(read_film, films), strict=True):
        first = together[0]
        shot = next(s for s in shots if s.start <= first.index < s.stop)
        now, part = divmod(len(films) * (first.index - shot.start) / (shot.stop - shot.start), 1)
        here, there = together[int(now)], together[min(int(now) + 1, len(films) - 1)]
        share = max(0.0, 2 * part - 1)  # a season stays for half of its time, then turns
        pairs = zip(here.chroma, there.chroma, strict=True)
        yield first.with_chroma(*(cv2.addWeighted(a, 1 - share, b, share, 0) for a, b in pairs))


def main() -> None:
    film, (colour,) = bundled("assets/demo.mp4"), recipe.read(Path(__file__).with_name("recipe.toml"))
    plain = reimagine.run(film, [colour], INTO)
    export_references(plain.folder, INTO / "stills")
    films = []
    for season in SEASONS:
        (INTO / season).mkdir(exist_ok=True)
        for still in sorted((INTO / "stills").glob("ref_*.png")):
            image = painted(read_image(still), int(still.stem[4:]), season)
            write_image(INTO / season / still.name, image)
        step = replace(colour, references=INTO / season)
        films.append(open_film(reimagine.run(film, [step], INTO, INTO / f"{season}.mp4").film))
    shots = Run.open(INTO).shots
    middles = [(shot.start + shot.stop) // 2 for shot in shots]
    rows = [[next(read_film(one, n, n + 1)).image for n in middles] for one in films]
    write_sheet(rows, INTO / "seasons.webp", 280, 50)
    export(films[0], INTO / "film.mp4", year(films, shots), None, Encoding())
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
