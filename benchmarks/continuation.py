"""Compare the continuation models on films whose ends are held out.

    python benchmarks/continuation.py FILM... [--seconds 30] [--minutes 3]

Every model that learns gets the same learning time on the same machine. For every film this prints a table and writes
curves, a sheet and a comparison film to runs/benchmark-continuation/<film>.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Mapping
from pathlib import Path

import reimagine
from reimagine import stages
from reimagine.evaluation.continuation import evaluate_continuation
from reimagine.gallery.continuations import write_comparison
from reimagine.metrics.perceptual import PerceptualDistance
from reimagine.progress import NoProgress
from reimagine.stages.contract import ContinuationModel
from reimagine.zoo.device import select_device
from reimagine.zoo.threads import limit_torch_threads

COLUMNS = ("motion", "sharpness", "gradients", "palette", "features", "nearest", "truth")
"""See `reimagine.metrics.continuation`."""
FOLDER = Path("runs/benchmark-continuation")
"""Where the runs and sheets are written."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("films", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the continuations")
    parser.add_argument("--minutes", type=float, default=3.0, help="learning time of each model")
    parser.add_argument("--held", type=float, default=0.5, help="seconds held out at the end of each film")
    arguments = parser.parse_args()
    limit_torch_threads()
    print("| film | model, at | " + " | ".join(COLUMNS) + " | collapses after |")
    print("|---|---|" + "---|" * (len(COLUMNS) + 1))
    for film in arguments.films:
        print_film(film, arguments)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def print_film(film: Path, arguments: argparse.Namespace) -> None:
    """Evaluate all models on one film and print a row per model and horizon."""
    models: dict[str, ContinuationModel] = {}
    for name in stages.models_of("continue"):
        model = reimagine.model("continue", name)
        models[name] = model(minutes=arguments.minutes) if name != "hold" else model()
    folder, device = FOLDER / film.stem, select_device("auto")
    lengths = arguments.seconds, arguments.held
    result = evaluate_continuation(models, film, *lengths, folder, device, NoProgress(), PerceptualDistance())
    write_comparison(result, folder)
    for title, row in result.rows.items():
        print(f"| {film.stem} | {title} | {cells(row)} |", flush=True)


def cells(row: Mapping[str, float]) -> str:
    numbers = " | ".join(f"{row[name]:.2f}" if name in row else "" for name in COLUMNS)
    collapse = row["collapse"]
    return f"{numbers} | {'never' if collapse != collapse else f'{collapse:.1f} s'}"


if __name__ == "__main__":
    main()
