"""How much do the colours flicker? `python benchmarks/flicker.py FILMS [LPIPS]` prints the table.

Each film (the first 120 frames; greyed and grained, unless it is grey already) goes through the program
four times: every frame coloured by itself, that steadied by each model of `stabilize`, and the default,
keyframes with the colour carried between them. FILMS holds folders `colour` and `oldfilm`; LPIPS the
features and heads of the LPIPS distance, without which our own encoder judges likeness.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

import reimagine
from reimagine.media.film import Film
from reimagine.media.frames import Frame
from reimagine.media.reader import open_film, read_film
from reimagine.media.writer import write_frames
from reimagine.metrics.colour import Comparison
from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance
from reimagine.metrics.warp import TemporalConsistency
from reimagine.runs.folder import Run

FRAMES, GRAIN = 120, 4.0
TRAINED_ON = {"dog_on_patio", "three_cups", "football_juggling", "davis_dolphins", "davis_schoolgirls"}
"""By the convlstm; marked with a star."""
COLUMNS = ("warp e-6", "excess e-6", "of every frame's", "colourfulness kept", "LPIPS", "agreement", "frames/s")


def steps() -> dict[str, list]:
    colorize = reimagine.model("colorize")
    apart = colorize(every_frame=True)
    return {
        "every frame": [apart],
        "... + convlstm": [apart, reimagine.model("stabilize", "convlstm")()],
        "... + flow": [apart, reimagine.model("stabilize", "flow")()],
        "keyframes (default)": [colorize()],
    }


def greyed(film: Film, path: Path) -> Path:
    noise = np.random.default_rng(1)

    def frames() -> Iterator[Frame]:
        for frame in islice(read_film(film), FRAMES):
            grain = noise.normal(0, GRAIN, frame.luma.shape)
            luma = np.clip(frame.luma + grain, 0, 255).astype(np.uint8)
            none = np.full(frame.chroma[0].shape, 128, np.uint8)
            yield frame.with_planes(luma, none, none)

    write_frames(path, frames(), film.rate)
    return path


def measured(path: Path, home: Path, distance: PerceptualDistance) -> dict[str, list[float]]:
    """A row of COLUMNS by method."""
    coloured = path.parent.name == "colour"
    truth = open_film(path)
    source = greyed(truth, home / f"{path.stem}.nut") if coloured else path
    end = None if coloured else float(FRAMES / truth.rate)
    runs, speeds = {}, {}
    for number, (title, recipe) in enumerate(steps().items()):
        done = reimagine.run(source, recipe, home / f"{path.stem}-{number}", end=end)
        runs[title] = Run.open(done.folder)
        took = done.report["seconds"]
        speeds[title] = done.report["frames"] / (took["colorize"] + took.get("stabilize", 0))
    first = runs["every frame"]
    cuts = {shot.start for shot in first.shots}
    names = {"source": "source", "before": "every frame"} | {t: t for t in list(runs)[1:]}
    readers = [first.picture(0), *(r.picture() for r in runs.values())]
    steadiness, colours = TemporalConsistency(distance, every=8), {t: Comparison() for t in runs}

    def pictures():
        films = [r.read(first.film) for r in readers]
        for frames, true in zip(zip(*films, strict=True), read_film(truth), strict=False):
            yield frames[0].index, dict(zip(names, (f.image for f in frames), strict=True)), true

    for (_, here, true), (number, there, _) in pairwise(pictures()):
        if number not in cuts:
            steadiness.add(here, there)
        if coloured and number % 8 == 1:
            for state, title in list(names.items())[1:]:
                colours[title].add(here[state], true.image)
    told = steadiness.numbers()
    base = told["before"]
    return {
        title: [
            row["warp_error"] * 1e6,
            row["excess"] * 1e6,
            row["excess"] / base["excess"],
            row["colourfulness"] / base["colourfulness"],
            row["distance"],
            colours[title].numbers()["agreement"] if coloured else float("nan"),
            speeds[title],
        ]
        for state, title in list(names.items())[1:]
        for row in [told[state]]
    }


def line(name: str, title: str, row) -> None:
    digits = (1, 1, 2, 3, 4, 3, 1)
    cells = ("" if np.isnan(x) else f"{x:.{d}f}" for x, d in zip(row, digits, strict=True))
    print(f"| {name} | {title} | " + " | ".join(cells) + " |", flush=True)


def main(films: Path, lpips: Path | None) -> None:
    distance = PerceptualDistance(*(lpips / name for name in LPIPS_FILES)) if lpips else PerceptualDistance()
    table: dict[str, list[list[float]]] = {title: [] for title in steps()}
    seen = []
    print("| film | colour | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (2 + len(COLUMNS)))
    for path in sorted((films / "colour").glob("*.mp4")) + sorted((films / "oldfilm").glob("*.mp4")):
        star = path.stem in TRAINED_ON
        with tempfile.TemporaryDirectory() as home:
            for title, row in measured(path, Path(home), distance).items():
                line(path.stem + " *" * star, title, row)
                table[title].append(row)
        seen.append(star)
    for name, which in (("mean", np.full(len(seen), True)), ("mean without *", ~np.array(seen))):
        base = np.array(table["every frame"])[which]
        for title, rows in table.items():
            mean = np.nanmean(np.array(rows)[which], 0)
            mean[2] = mean[1] / base[:, 1].mean()
            line(name, title, mean)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
