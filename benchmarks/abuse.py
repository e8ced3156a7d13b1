"""Outcomes of damaged files and absurd options: `python benchmarks/abuse.py --inputs 5000`.

A row per kind of input, with the mutations of `tests/abuse`: recipes, cards, weights, sound, MIDI, pictures, films,
options of models and run folders. *accepted* was read, *refused* was refused in one line, *failed* is anything else:
another error, a message of several lines, or more than 30 s. Failures are listed with the seed that makes the input
again. The last line is the largest memory of the process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "abuse"))

from mutations import NAMES, try_input


def main() -> None:
    """Print the table and the failures; exit 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1000, help="inputs, an equal number of each kind")
    parser.add_argument("--first", type=int, default=0, help="seed of the first input")
    given = parser.parse_args()
    failures: list[str] = []
    print("| kind | accepted | refused | failed | seconds |\n|---|---|---|---|---|")
    for name in NAMES:
        begun, counts = time.monotonic(), Counter[str]()
        for seed in range(given.first, given.first - (-given.inputs // len(NAMES))):
            result = try_input(name, seed)
            if result not in ("accepted", "refused"):
                failures.append(f"{name} {seed}: {result[:300]}")
                result = "failed"
            counts[result] += 1
        row = " | ".join(str(counts[column]) for column in ("accepted", "refused", "failed"))
        print(f"| {name} | {row} | {time.monotonic() - begun:.1f} |", flush=True)
    print("\n".join(["", *failures]))
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
