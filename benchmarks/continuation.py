"""What comes after the end: the models side by side on films whose ends are held out.

    python benchmarks/continuation.py FILM... [--seconds 30] [--minutes 3]

Each model that learns is given the same minutes on the same machine. For every film: a table, and in
runs/benchmark-continuation/<film> the curves, the sheet and the comparison film.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import reimagine
from reimagine import stages
from reimagine.evaluation.workflows import continuation
from reimagine.gallery.continuations import write_comparison
from reimagine.metrics.perceptual import PerceptualDistance
from reimagine.progress import NoProgress
from reimagine.zoo.device import configure_device

COLUMNS = {
    "motion": "motion",
    "sharpness": "sharp",
    "gradients": "gradients",
    "palette": "palette",
    "features": "features",
    "nearest": "nearest",
    "truth": "from what came",
}


class Clock(NoProgress):
    """Seconds of each thing that was begun."""

    def __init__(self) -> None:
        self.titles: list[tuple[str, float]] = []

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        self.titles.append((title, time.monotonic()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("films", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--held", type=float, default=0.5)
    given = parser.parse_args()
    print("| film | model, at | " + " | ".join(COLUMNS.values()) + " | collapses after |")
    print("|---|---|" + "---|" * (len(COLUMNS) + 1))
    for film in given.films:
        one(film, given)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def one(film: Path, given: argparse.Namespace) -> None:
    models = {}
    for name in stages.models_of("continue"):
        model = reimagine.model("continue", name)
        models[name] = model(minutes=given.minutes) if name != "hold" else model()
    folder, clock = Path("runs/benchmark-continuation") / film.stem, Clock()
    told = continuation(
        models, film, given.seconds, given.held, folder, configure_device("auto"), clock, PerceptualDistance()
    )
    write_comparison(told, folder)
    for title, row in told.rows.items():
        numbers = " | ".join(f"{row[c]:.2f}" if c in row else "" for c in COLUMNS)
        end = "never" if row["collapse"] != row["collapse"] else f"{row['collapse']:.1f} s"
        print(f"| {film.stem} | {title} | {numbers} | {end} |", flush=True)


if __name__ == "__main__":
    main()
