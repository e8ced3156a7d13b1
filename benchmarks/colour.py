"""Colour metrics of the default colorizer: `python benchmarks/colour.py PHOTOS` prints a table.

The photographs are converted to grey, colorized at several sizes and compared with the originals at 256x256, through
the 8-bit 4:2:0 frames of the program. Baselines are the grey photographs and one brown for all pixels.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine.evaluation.common import read_squares, to_grey
from reimagine.media.video.frames import frame_from_image
from reimagine.metrics.colour import Comparison, lab

COLUMNS = (
    *("agreement", "rmse_ab", "ciede2000", "psnr", "chroma", "colourfulness"),
    *("unsure_chroma", "dark_hue_error", "dark_red", "dark_hues"),
)
"""Columns of the table."""
SIZES = (128, 160, 192, 256)
"""Short sides at which the network works, in pixels."""
DEFAULT_SIZE = 160
"""The size whose calibration is printed in full: the default of `colorize`."""
BROWN = (6.0, 12.0)
"""CIELAB a and b of the brown baseline."""


def print_row(name: str, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> Comparison:
    """Print the metrics of (predicted, target) pairs as a row of a Markdown table."""
    comparison = Comparison()
    for predicted, target in pairs:
        comparison.add(predicted, target)
    numbers = comparison.numbers()
    print(f"| {name} | " + " | ".join(f"{numbers[c]:.3f}" if c in numbers else "" for c in COLUMNS) + " |", flush=True)
    return comparison


def print_details(comparison: Comparison) -> None:
    """Print the calibration of a comparison as two Markdown tables."""
    for rows in (comparison.calibration.by_chroma(), comparison.calibration.by_hue()):
        columns = list(next(iter(rows.values())))
        print("\n| " + " | ".join(("", *columns)) + " |\n|" + "---|" * (len(columns) + 1))
        for title, row in rows.items():
            print(f"| {title} | " + " | ".join(f"{row[c]:.3f}" for c in columns) + " |")


def with_uniform_ab(grey: np.ndarray, ab: tuple[float, float]) -> np.ndarray:
    """Return a grey image with the same ab everywhere, RGB (H, W, 3) uint8."""
    tone = lab(grey)
    tone[..., 1:] = ab
    return (np.clip(cv2.cvtColor(tone, cv2.COLOR_LAB2RGB), 0, 1) * 255).astype(np.uint8)


def main(folder: Path) -> None:
    """Print the table for a folder of photographs."""
    targets = list(read_squares(folder))
    greys = [to_grey(t) for t in targets]
    print("| " + " | ".join(("", *COLUMNS)) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    print_row("left grey", zip(greys, targets, strict=True))
    print_row("one brown (a 6, b 12)", zip((with_uniform_ab(g, BROWN) for g in greys), targets, strict=True))
    comparisons = {}
    for size in SIZES:
        colorize = reimagine.model("colorize", "unet")(size=size).load("cpu")
        frames = (frame_from_image(number, grey) for number, grey in enumerate(greys))
        pairs = zip((f.image for f in colorize(frames)), targets, strict=True)
        comparisons[size] = print_row(f"unet, size {size}", pairs)
    print_details(comparisons[DEFAULT_SIZE])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
