"""Benchmark of restoration: `python benchmarks/restoration.py PHOTOS FILMS LPIPS` prints the tables.

Tables: photographs with simulated damage, restored by the network; clean films with simulated damage, restored by both
models; dirt added to clean films and detected by `classic`; the flicker of old films before and after restoration;
frames per second.

PHOTOS is a folder of photographs. FILMS contains the folders `colour`, `motion` and `oldfilm`. LPIPS contains the
features and heads of the LPIPS distance.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine.degradation import DegradedImage, Degrader
from reimagine.evaluation.restoration import evaluate_restoration
from reimagine.gallery.report import write_sheet
from reimagine.media.images.colour import to_uint8
from reimagine.media.video.frames import Frame, Shot
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector
from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance

Classic, UNetGAN = reimagine.model("restore", "classic"), reimagine.model("restore", "unet-gan")

TUNED_ON = {"davis_bike_packing", "davis_bmx_trees", "davis_dolphins", "toy_frog_approach"}
"""Clips on which the thresholds of `classic` were tuned; marked with a star."""
CONSISTENCY_FILMS = ("city_bikes_montage", "person_enters_room")
"""Clean films of the table of temporal consistency."""
CONSISTENCY_KINDS = ("none", "old-print", "dust", "noise", "flicker", "weave")
"""Kinds of damage of that table."""
CONSISTENCY_FRAMES = 24
"""Frames per film of that table."""
FLICKER_FRAMES = 72
"""Frames per old film."""
DIRT_FRAMES = 48
"""Frames per film with simulated dirt."""
SPEED_FRAMES = 60
"""Frames for the measurement of speed."""
VISIBLE_CHANGE = 8
"""Grey levels by which a speck must change some pixel to be visible."""
TREND_WINDOW = 37
"""Frames (a second and a half) of the moving average that is the trend of the brightness."""
OUTPUT = Path("runs/benchmark-restoration")
"""Folder of the contact sheets, outside version control."""


def frames(path: Path, count: int) -> Iterator[Frame]:
    """The first frames of a film, with their shots."""
    detector = CutDetector()
    film = open_film(path, detector)
    for shot in detector.shots(film.frames):
        for frame in islice(read_film(film, shot.start, shot.stop), max(0, count - shot.start)):
            yield frame.renumbered(frame.index, shot)


def photographs(folder: Path, distance: PerceptualDistance) -> None:
    """Print the metrics of the network on photographs, by kind of damage."""
    rows = evaluate_restoration(UNetGAN(), folder, "cpu", distance, [])
    print_table(
        ["damage", *next(iter(rows.values()))],
        [[kind, *(f"{v:.3f}" for v in row.values())] for kind, row in rows.items()],
    )


def consistency(films: list[Path], distance: PerceptualDistance) -> None:
    """Print accuracy and temporal consistency of both models on films with simulated damage, means over the films."""
    names = ("psnr", "lpips", "warp", "flicker")
    header = [column for name in names for column in (f"{name}_degraded", name)]
    rows = []
    for title, model in (("classic", Classic()), ("unet-gan", UNetGAN())):
        results = [
            evaluate_restoration(model, path, "cpu", distance, CONSISTENCY_KINDS, 0, CONSISTENCY_FRAMES)
            for path in films
        ]
        for kind in CONSISTENCY_KINDS:
            means = (np.mean([result[kind][column] for result in results]) for column in header)
            rows.append([title, kind, *(f"{m:.3f}" for m in means)])
    print_table(["model", "damage", *header], rows)


# -- dirt --------------------------------------------------------------------------------------


def dirt(films: Iterable[Path]) -> None:
    """Print precision and recall of the specks that `classic` removes."""
    rows, total = [], np.zeros(6)
    for path in films:
        counts = dirt_counts(list(frames(path, DIRT_FRAMES)))
        total += counts
        rows.append([path.stem + "*" * (path.stem in TUNED_ON), *rates(counts)])
    header = ["clean film", "precision", "recall", "recall of visible specks", "visible share"]
    print_table(header, [*rows, ["all", *rates(total)]])


def dirt_counts(clean: list[Frame]) -> np.ndarray:
    """Add dust to a film and restore it; return (detected, of these true, added, of these detected, visible, detected).

    The first and last frame of a shot are left out: they have one neighbour only.
    """
    model = Classic(deflicker=0.0, weave=0.0, scratches=False, denoise=0.0, contrast=0.0)
    degrader, counts = Degrader("dust", 7), np.zeros(6)
    images = [degrader(frame.grey) for frame in clean]
    degraded = [f.with_grey(to_uint8(i.grey)) for f, i in zip(clean, images, strict=True)]
    restored = model.load("cpu")(iter(degraded))
    for number, row in enumerate(zip(clean, degraded, images, restored, strict=True)):
        if row[1].shot.start < number < row[1].shot.stop - 1:
            counts += frame_counts(*row)
    return counts


def frame_counts(clean: Frame, degraded: Frame, image: DegradedImage, restored: Frame) -> list[int]:
    """The counts of one frame."""
    detected, added = cv2.absdiff(degraded.grey, restored.grey) > 3, image.lost > 0.3
    visible = overlapping_components(added, cv2.absdiff(clean.grey, degraded.grey) > VISIBLE_CHANGE)
    return [*matches(detected, added), *matches(added, detected), *matches(visible, detected)]


def overlapping_components(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The connected components of a mask (H, W) bool that overlap another mask."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    return np.isin(labels, np.unique(labels[mask & other]))


def matches(mask: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Number of connected components of a mask (H, W) bool, and how many are within two pixels of another mask."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    dilated = cv2.dilate(other.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return count - 1, len(np.unique(labels[dilated & (labels > 0)]))


def rates(counts: np.ndarray) -> list[str]:
    """Precision, recall, recall of visible specks, and share of visible specks."""
    detected, true, added, found, visible, visible_found = counts
    pairs = (true, detected), (found, added), (visible_found, visible), (visible, added)
    return [f"{part / max(whole, 1):.3f}" for part, whole in pairs]


# -- flicker -----------------------------------------------------------------------------------


def flicker(films: Iterable[Path]) -> None:
    """Print the standard deviation of the mean luma within shots, after and before the trend is subtracted."""
    rows = []
    for path in films:
        before = list(frames(path, FLICKER_FRAMES))
        row = [path.stem]
        for model in (Classic(contrast=0.0), UNetGAN(kind="print")):
            after = list(model.load("cpu")(iter(before)))
            fast, full = ([deviation(f, detrend) for f in (before, after)] for detrend in (True, False))
            reductions = (f"{1 - b / a:.0%}" for a, b in (fast, full))
            row += [f"{fast[0]:.2f}", f"{fast[1]:.2f}", *reductions]
            write_contact_sheet(path.stem, type(model).__name__, before, after)
        rows.append(row)
    columns = ("before", "after", "reduction", "reduction with trend")
    print_table(["old film", *(f"{m}: {c}" for m in ("classic", "unet-gan") for c in columns)], rows)


def deviation(some: list[Frame], detrend: bool) -> float:
    """Standard deviation of the mean luma within shots, after the trend is subtracted if `detrend`."""
    shots: dict[Shot | None, list[float]] = {}
    for frame in some:
        shots.setdefault(frame.shot, []).append(float(frame.grey.mean()))
    means = [np.array(values) for values in shots.values() if len(values) > 8]
    residuals = [m - (moving_average(m) if detrend else m.mean()) for m in means]
    return float(np.sqrt(np.mean(np.concatenate(residuals) ** 2)))


def moving_average(values: np.ndarray, window: int = TREND_WINDOW) -> np.ndarray:
    """Moving average; the window is cut off at both ends."""
    kernel = np.ones(min(window, len(values)))
    return np.convolve(values, kernel, "same") / np.convolve(np.ones_like(values), kernel, "same")


def write_contact_sheet(name: str, model: str, before: list[Frame], after: list[Frame]) -> None:
    """Write five frames before and after restoration."""
    numbers = np.linspace(2, len(before) - 3, 5).astype(int)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    write_sheet([[some[n].image for n in numbers] for some in (before, after)], OUTPUT / f"{name}-{model}.png", 400)


# -- speed -------------------------------------------------------------------------------------


def speed(film: Path) -> None:
    """Print frames per second of both models, from frames in memory; the film is 640x480."""
    sized, rows = list(frames(film, SPEED_FRAMES)), []
    for name, model in (("classic", Classic()), ("unet-gan", UNetGAN(kind="print"))):
        restore = model.load("cpu")
        start = time.monotonic()
        count = sum(1 for _ in restore(iter(sized)))
        rows.append([name, f"{count / (time.monotonic() - start):.1f}"])
    print_table(["640x480", "frames/s"], rows)


def print_table(header: list[str], rows: Iterable[list[str]]) -> None:
    """Print a Markdown table."""
    for line in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(line) + " |", flush=True)
    print()


if __name__ == "__main__":
    photos_folder, films_folder, lpips_folder = map(Path, sys.argv[1:4])
    cv2.setNumThreads(1)
    lpips = PerceptualDistance(*(lpips_folder / name for name in LPIPS_FILES))
    photographs(photos_folder, lpips)
    consistency([films_folder / "colour" / f"{name}.mp4" for name in CONSISTENCY_FILMS], lpips)
    dirt(sorted([*(films_folder / "colour").glob("*.mp4"), *(films_folder / "motion").glob("*.mp4")]))
    flicker(sorted((films_folder / "oldfilm").glob("*.mp4")))
    speed(films_folder / "oldfilm" / "his_girl_friday_1940.mp4")
