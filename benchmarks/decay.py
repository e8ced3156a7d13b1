"""Repair of large losses: `python benchmarks/decay.py FILMS` prints the table.

FILMS contains the folders `colour`, `motion` and `oldfilm`. Decay is laid on the first frames of each film and
repaired. *recall* is the share of the lost pixels that were filled, of those that differ from the film by more than
VISIBLE_CHANGE; *precision* the share of the filled pixels within BORDER pixels of a loss; *changed* the share of all
pixels that are changed in the undamaged film. PSNR is that of the frames with losses.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from restoration import VISIBLE_CHANGE, frames, print_table

from reimagine.degradation import Degrader
from reimagine.media.images.colour import to_uint8
from reimagine.media.video.frames import Frame
from reimagine.stages.restore.large_losses import repair_large_losses

LOOKED_AT = {"davis_bike_packing", "davis_bmx_trees", "dog_on_patio", "three_cups", "nosferatu_1922_castle_letter"}
"""Films on which the constants were set; marked with a star, and left out of the mean."""
FRAMES = 72
"""Frames of each film."""
SEED = 5
"""Of the decay."""
CHANGED = 3
"""Grey levels above which a pixel counts as changed."""
LOST = 0.5
"""Opacity above which a pixel is lost."""
BORDER = 8
"""Pixels around a loss that belong to its soft border."""


def measure(clean: list[Frame]) -> list[float]:
    """Lost frames, recall, precision, share changed in the undamaged film, PSNR before and after, ms per frame."""
    degrader = Degrader("decay", SEED)
    images = [degrader(frame.grey) for frame in clean]
    decayed = [f.with_grey(to_uint8(i.grey)) for f, i in zip(clean, images, strict=True)]
    started = time.process_time()
    repaired = list(repair_large_losses(decayed))
    milliseconds = 1000 * (time.process_time() - started) / len(clean)
    untouched = repair_large_losses(clean)
    changed = np.mean([(cv2.absdiff(a.grey, b.grey) > CHANGED).mean() for a, b in zip(clean, untouched, strict=True)])
    counts, before, after = np.zeros(4), [], []
    for frame, bad, good, image in zip(clean, decayed, repaired, images, strict=True):
        lost, filled = image.lost > LOST, cv2.absdiff(bad.grey, good.grey) > CHANGED
        if not lost.any() or frame.index in (frame.shot.start, frame.shot.stop - 1):
            continue
        near = cv2.dilate((image.lost > 0.05).astype(np.uint8), np.ones((2 * BORDER + 1,) * 2, np.uint8)) > 0
        visible = lost & (cv2.absdiff(bad.grey, frame.grey) > VISIBLE_CHANGE)
        counts += [(visible & filled).sum(), visible.sum(), (filled & near).sum(), filled.sum()]
        before.append(psnr(bad.grey, frame.grey))
        after.append(psnr(good.grey, frame.grey))
    recall, precision = counts[0] / max(1, counts[1]), counts[2] / max(1, counts[3])
    return [len(before), recall, precision, float(changed), np.mean(before), np.mean(after), milliseconds]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two images (H, W) uint8, dB."""
    return float(10 * np.log10(255**2 / max(1e-9, np.square(a.astype(np.float64) - b).mean())))


def main(folder: Path) -> None:
    """Print the table."""
    rows, means = [], []
    for path in sorted(p for name in ("colour", "motion", "oldfilm") for p in (folder / name).glob("*.mp4")):
        numbers = measure(list(islice(frames(path, FRAMES), FRAMES)))
        tuned = path.stem in LOOKED_AT
        means += [] if tuned or not numbers[0] else [numbers]
        rows.append(formatted(path.stem + "*" * tuned, numbers))
    header = ["film", "lost frames", "recall", "precision", "changed", "PSNR, decayed", "PSNR, repaired", "ms a frame"]
    print_table(header, [*rows, formatted("mean without *", list(np.mean(means, 0)))])


def formatted(title: str, numbers: list[float]) -> list[str]:
    """A row of the table."""
    kinds = ("{:.0f}", "{:.3f}", "{:.3f}", "{:.5f}", "{:.1f}", "{:.1f}", "{:.1f}")
    return [title, *(kind.format(number) for kind, number in zip(kinds, numbers, strict=True))]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
