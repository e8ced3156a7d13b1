"""Flicker of coloured films: `python benchmarks/flicker.py FILMS [LPIPS]` prints the table.

Each film (its first 120 frames, converted to grey and with added grain unless it is an old film) is coloured by the
program with four methods: every frame independently, the same followed by each model of `stabilize`, and the default,
which propagates colour between keyframes. FILMS contains the folders `colour` and `oldfilm`; LPIPS contains the
published features and heads of LPIPS, without which the distance is that of the shipped encoder.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

import reimagine
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.writer import write_frames
from reimagine.metrics.colour import Comparison
from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance
from reimagine.metrics.warp import TemporalConsistency
from reimagine.runs.folder import Run

FRAMES = 120
"""Frames of each film."""
GRAIN = 4.0
"""Standard deviation of the added grain, in grey levels."""
STRIDE = 8
"""Appearance and agreement are measured for one of this many frames."""
TRAINED_ON = {"dog_on_patio", "three_cups", "football_juggling", "davis_dolphins", "davis_schoolgirls"}
"""Films that the convlstm was trained on; marked with a star."""
COLUMNS = ("warp, 1e-6", "excess, 1e-6", "relative excess", "relative colourfulness", "LPIPS", "agreement", "frames/s")
"""Columns of the table."""
DIGITS = (1, 1, 2, 3, 4, 3, 1)
"""Decimals of each column."""
EVERY_FRAME = "every frame"
"""The method to which the others are compared."""


def methods() -> dict[str, list[Any]]:
    """Return the steps of each method."""
    colorize = reimagine.model("colorize")
    every_frame = colorize(every_frame=True)
    return {
        EVERY_FRAME: [every_frame],
        "... + convlstm": [every_frame, reimagine.model("stabilize", "convlstm")()],
        "... + flow": [every_frame, reimagine.model("stabilize", "flow")()],
        "keyframes (default)": [colorize()],
    }


def write_grey(film: Film, path: Path) -> Path:
    """Write the first frames of a film in grey, with added grain."""
    rng = np.random.default_rng(1)

    def frames() -> Iterator[Frame]:
        for frame in islice(read_film(film), FRAMES):
            grain = rng.normal(0, GRAIN, frame.luma.shape)
            luma = np.clip(frame.luma + grain, 0, 255).astype(np.uint8)
            neutral = np.full(frame.chroma[0].shape, 128, np.uint8)
            yield frame.with_planes(luma, neutral, neutral)

    write_frames(path, frames(), film.rate)
    return path


def colour_film(path: Path, folder: Path) -> tuple[dict[str, Run], dict[str, float]]:
    """Colour a film with each method; return the runs, and frames per second by method."""
    original = open_film(path)
    source, end = path, float(FRAMES / original.rate)
    if in_colour(path):
        source, end = write_grey(original, folder / f"{path.stem}.nut"), None
    runs, speeds = {}, {}
    for number, (title, steps) in enumerate(methods().items()):
        result = reimagine.run(source, steps, folder / f"{path.stem}-{number}", end=end)
        runs[title] = Run.open(result.folder)
        seconds = result.report["seconds"]
        speeds[title] = result.report["frames"] / (seconds["colorize"] + seconds.get("stabilize", 0))
    return runs, speeds


def in_colour(path: Path) -> bool:
    return path.parent.name == "colour"


def measure(path: Path, folder: Path, distance: PerceptualDistance) -> dict[str, list[float]]:
    """Return a row of COLUMNS by method."""
    runs, speeds = colour_film(path, folder)
    first = runs[EVERY_FRAME]
    cuts = {shot.start for shot in first.shots}
    states = {"source": "source", "before": EVERY_FRAME} | {title: title for title in list(runs)[1:]}
    pictures = [first.tracks.picture(0), *(run.tracks.picture() for run in runs.values())]
    consistency = TemporalConsistency(distance, every=STRIDE)
    colours = {title: Comparison() for title in runs}

    def frames() -> Iterator[tuple[int, dict[str, np.ndarray], Frame]]:
        films = [picture.read() for picture in pictures]
        for row, original in zip(zip(*films, strict=True), read_film(open_film(path)), strict=False):
            yield row[0].index, dict(zip(states, (f.image for f in row), strict=True)), original

    for (_, current, original), (number, following, _) in pairwise(frames()):
        if number not in cuts:
            consistency.add(current, following)
        if in_colour(path) and number % STRIDE == 1:
            for state, title in list(states.items())[1:]:
                colours[title].add(current[state], original.image)
    agreements = {title: c.numbers()["agreement"] if in_colour(path) else float("nan") for title, c in colours.items()}
    return rows_of(consistency.numbers(), list(states.items())[1:], agreements, speeds)


def rows_of(
    numbers: Mapping[str, Mapping[str, float]],
    states: Sequence[tuple[str, str]],
    agreements: Mapping[str, float],
    speeds: Mapping[str, float],
) -> dict[str, list[float]]:
    """Return a row of COLUMNS by method; `states` are pairs of a state in `numbers` and the method's title."""
    base, rows = numbers["before"], {}
    for state, title in states:
        row = numbers[state]
        rows[title] = [
            row["warp_error"] * 1e6,
            row["excess"] * 1e6,
            row["excess"] / base["excess"],
            row["colourfulness"] / base["colourfulness"],
            row["distance"],
            agreements[title],
            speeds[title],
        ]
    return rows


def print_row(name: str, title: str, row: Sequence[float]) -> None:
    cells = ("" if np.isnan(x) else f"{x:.{d}f}" for x, d in zip(row, DIGITS, strict=True))
    print(f"| {name} | {title} | " + " | ".join(cells) + " |", flush=True)


def main(films: Path, lpips: Path | None) -> None:
    distance = PerceptualDistance(*(lpips / name for name in LPIPS_FILES)) if lpips else PerceptualDistance()
    table: dict[str, list[list[float]]] = {title: [] for title in methods()}
    trained = []
    print("| film | method | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (2 + len(COLUMNS)))
    for path in sorted((films / "colour").glob("*.mp4")) + sorted((films / "oldfilm").glob("*.mp4")):
        star = path.stem in TRAINED_ON
        with tempfile.TemporaryDirectory() as folder:
            for title, row in measure(path, Path(folder), distance).items():
                print_row(path.stem + " *" * star, title, row)
                table[title].append(row)
        trained.append(star)
    for name, chosen in (("mean", np.full(len(trained), True)), ("mean without *", ~np.array(trained))):
        base = np.array(table[EVERY_FRAME])[chosen]
        for title, rows in table.items():
            mean = np.nanmean(np.array(rows)[chosen], 0)
            mean[2] = mean[1] / base[:, 1].mean()
            print_row(name, title, mean)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
