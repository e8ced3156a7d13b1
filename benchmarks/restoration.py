"""How well is damage undone? `python benchmarks/restoration.py PHOTOS FILMS LPIPS` prints the tables.

Photographs, damaged in every way with fixed seeds and restored by the network; clean films, worn and
restored by both models; dirt laid on clean films and looked for by `classic`; old films, whose flicker is
measured before and after; frames a second. FILMS holds folders `colour`, `motion` and `oldfilm`; LPIPS the
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
from reimagine.degradation import Degrader
from reimagine.degradation.tone import to_uint8
from reimagine.evaluation.restoration import evaluate_restoration
from reimagine.gallery.report import write_sheet
from reimagine.media.frames import Frame, Shot
from reimagine.media.reader import open_film, read_film
from reimagine.media.shots import CutDetector
from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance

CLASSIC, NETWORK = reimagine.model("restore", "classic"), reimagine.model("restore", "unet-gan")
TUNED_ON = {"davis_bike_packing", "davis_bmx_trees", "davis_dolphins", "toy_frog_approach"}
"""The clips that `classic`'s thresholds were set on; marked with a star."""
MOVING = "city_bikes_montage", "person_enters_room"
WORN = "none", "old-print", "dust", "noise", "flicker", "weave"
FRAMES = 72
SEEN = 8
"""A speck shows if it changes some place of the film by more than this (of 255)."""


def frames(path: Path, count: int = FRAMES) -> Iterator[Frame]:
    """The first frames of a film, in their shots."""
    detector = CutDetector()
    film = open_film(path, detector)
    for shot in detector.shots(film.frames):
        for frame in islice(read_film(film, shot.start, shot.stop), max(0, count - shot.start)):
            yield frame.renumbered(frame.index, shot)


def photographs(folder: Path, distance: PerceptualDistance) -> None:
    rows = evaluate_restoration(NETWORK(), folder, "cpu", distance, [])
    show(
        ["damage", *next(iter(rows.values()))],
        [[kind, *(f"{v:.3f}" for v in row.values())] for kind, row in rows.items()],
    )


def moving(films: list[Path], distance: PerceptualDistance) -> None:
    """Both models on clean films that were worn on purpose: how near, how steady."""
    header = ["psnr_worn", "psnr", "lpips_worn", "lpips", "warp_worn", "warp", "flicker_worn", "flicker"]
    rows = []
    for name, model in (("classic", CLASSIC()), ("unet-gan", NETWORK())):
        told = [evaluate_restoration(model, path, "cpu", distance, WORN, 0, 24) for path in films]
        for kind in WORN:
            means = (np.mean([t[kind][column] for t in told]) for column in header)
            rows.append([name, kind, *(f"{m:.3f}" for m in means)])
    show(["model", "damage", *header], rows)


def dirt(films: Iterable[Path]) -> None:
    """Precision and recall, of specks; one counts as found (as true) if the other is within two pixels."""
    alone = CLASSIC(deflicker=0.0, weave=0.0, scratches=False, denoise=0.0, contrast=0.0)
    rows, sums = [], np.zeros(6)
    for path in films:
        clean, damage = list(frames(path, 48)), Degrader("dust", 7)
        plates = [damage(f.grey) for f in clean]
        worn = [f.with_grey(to_uint8(p.grey)) for f, p in zip(clean, plates, strict=True)]
        made = alone.load("cpu")(iter(worn))
        counts = np.zeros(6)
        for n, (true, frame, plate, new) in enumerate(zip(clean, worn, plates, made, strict=True)):
            if frame.shot.start < n < frame.shot.stop - 1:  # the first and the last have one neighbour only
                found, laid = cv2.absdiff(frame.grey, new.grey) > 3, plate.lost > 0.3
                seen = touching(laid, cv2.absdiff(true.grey, frame.grey) > SEEN)
                counts += [*near(found, laid), *near(laid, found), *near(seen, found)]
        sums += counts
        rows.append([path.stem + "*" * (path.stem in TUNED_ON), *rates(counts)])
    header = ["clean film", "precision", "recall", "recall of what shows", "share that shows"]
    show(header, [*rows, ["all", *rates(sums)]])


def touching(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The pieces of a mask (H, W) bool that have a place in common with another."""
    _, pieces = cv2.connectedComponents(mask.astype(np.uint8))
    return np.isin(pieces, np.unique(pieces[mask & other]))


def near(pieces: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """How many pieces a mask (H, W) bool has, and of how many another has a place within two pixels."""
    count, labels = cv2.connectedComponents(pieces.astype(np.uint8))
    grown = cv2.dilate(other.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return count - 1, len(np.unique(labels[grown & (labels > 0)]))


def rates(counts: np.ndarray) -> list[str]:
    found, true, laid, known, seen, met = counts
    shares = true / max(found, 1), known / max(laid, 1), met / max(seen, 1), seen / max(laid, 1)
    return [f"{share:.3f}" for share in shares]


def flicker(films: Iterable[Path]) -> None:
    """Standard deviation of the mean luma within its shot, less the slow course (a second and a half), and
    the same with it."""
    rows = []
    for path in films:
        before = list(frames(path))
        row = [path.stem]
        for model in (CLASSIC(contrast=0.0), NETWORK(kind="print")):
            after = list(model.load("cpu")(iter(before)))
            quick, whole = ([spread(some, part) for some in (before, after)] for part in (True, False))
            row += [
                f"{quick[0]:.2f}",
                f"{quick[1]:.2f}",
                f"{1 - quick[1] / quick[0]:.0%}",
                f"{1 - whole[1] / whole[0]:.0%}",
            ]
            look(path.stem, type(model).__name__, before, after)
        rows.append(row)
    columns = "before", "after", "cut", "cut, slow part too"
    show(["old film", *(f"{m}: {c}" for m in ("classic", "unet-gan") for c in columns)], rows)


def spread(some: list[Frame], quick: bool) -> float:
    """Of some frames' mean luma, within shots."""
    shots: dict[Shot | None, list[float]] = {}
    for frame in some:
        shots.setdefault(frame.shot, []).append(float(frame.grey.mean()))
    courses = [np.array(c) for c in shots.values() if len(c) > 8]
    off = [c - (smooth(c) if quick else c.mean()) for c in courses]
    return float(np.sqrt(np.mean(np.concatenate(off) ** 2)))


def smooth(course: np.ndarray, frames: int = 37) -> np.ndarray:
    kernel = np.ones(min(frames, len(course)))
    return np.convolve(course, kernel, "same") / np.convolve(np.ones_like(course), kernel, "same")


def look(name: str, model: str, before: list[Frame], after: list[Frame]) -> None:
    """A contact sheet, which stays out of the project."""
    places = np.linspace(2, len(before) - 3, 5).astype(int)
    out = Path("runs/benchmark-restoration")
    out.mkdir(parents=True, exist_ok=True)
    write_sheet([[some[n].image for n in places] for some in (before, after)], out / f"{name}-{model}.png", 400)


def speed(film: Path) -> None:
    """Frames of 640x480 a second, from frames in memory."""
    sized, rows = list(frames(film, 60)), []
    for name, model in (("classic", CLASSIC()), ("unet-gan", NETWORK(kind="print"))):
        work = model.load("cpu")
        begun = time.monotonic()
        count = sum(1 for _ in work(iter(sized)))
        rows.append([name, f"{count / (time.monotonic() - begun):.1f}"])
    show(["640x480", "frames/s"], rows)


def show(header: list[str], rows: Iterable[list[str]]) -> None:
    for line in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(line) + " |", flush=True)
    print()


if __name__ == "__main__":
    photos, home, lpips = map(Path, sys.argv[1:4])
    cv2.setNumThreads(1)
    judge = PerceptualDistance(*(lpips / name for name in LPIPS_FILES))
    photographs(photos, judge)
    moving([home / "colour" / f"{name}.mp4" for name in MOVING], judge)
    dirt(sorted([*(home / "colour").glob("*.mp4"), *(home / "motion").glob("*.mp4")]))
    flicker(sorted((home / "oldfilm").glob("*.mp4")))
    speed(home / "oldfilm" / "his_girl_friday_1940.mp4")
