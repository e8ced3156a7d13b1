"""How true are the colours? `python benchmarks/colour.py PHOTOS` prints the table.

The photographs are greyed, coloured at each size, and compared with the truth at 256x256 through
the program's own path (8-bit, 4:2:0), beside leaving them grey and one brown for everything.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine.evaluation.common import read_squares, to_grey
from reimagine.media.frames import Frame, frame_from_image
from reimagine.metrics.colour import Comparison, lab

COLUMNS = ("agreement", "rmse_ab", "ciede2000", "psnr", "chroma", "colourfulness")


def row(name: str, pairs) -> None:
    numbers = Comparison()
    for made, true in pairs:
        numbers.add(made, true)
    told = numbers.numbers()
    print(f"| {name} | " + " | ".join(f"{told[c]:.3f}" for c in COLUMNS) + " |", flush=True)


def brown(grey: np.ndarray, ab: tuple[float, float]) -> np.ndarray:
    tone = lab(grey)
    tone[..., 1:] = ab
    return (np.clip(cv2.cvtColor(tone, cv2.COLOR_LAB2RGB), 0, 1) * 255).astype(np.uint8)


def main(folder: Path) -> None:
    true = list(read_squares(folder))
    grey = [to_grey(t) for t in true]
    print("| " + " | ".join(("", *COLUMNS)) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    row("left grey", zip(grey, true, strict=True))
    row("one brown (a 6, b 12)", zip((brown(g, (6, 12)) for g in grey), true, strict=True))
    for size in (128, 160, 192, 256):
        work = reimagine.model("colorize", "unet")(size=size).load("cpu")
        frames: list[Frame] = [frame_from_image(n, g) for n, g in enumerate(grey)]
        row(f"unet, size {size}", zip((f.image for f in work(iter(frames))), true, strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
