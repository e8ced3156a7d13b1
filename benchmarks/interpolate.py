"""Benchmark of interpolation: `python benchmarks/interpolate.py FILMS` prints the tables.

Every second frame of a film is removed, and computed from the two frames beside it. FILMS contains the folders `colour`
and `motion`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np

import reimagine
from reimagine import stages
from reimagine.media.motion import warp_backward
from reimagine.media.video.frames import Frame, Shot
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.shots import CutDetector

FRAMES = 40
"""Held-out frames of a film, at most, spread evenly."""
SMALLEST_CHANGE = 0.05
"""Mean difference of luma (of 255) of both neighbours below which a frame is a repetition, which is not measured."""
SPEED_PAIRS = 20
"""Pairs of frames for the measurement of speed."""
FARNEBACK = {"pyr_scale": 0.5, "levels": 5, "winsize": 21, "iterations": 3, "poly_n": 7, "poly_sigma": 1.5, "flags": 0}
"""Settings of Farneback's flow."""

Method = Callable[[Frame, Frame], np.ndarray]
"""Luma (H, W) uint8 half-way between two frames."""


def average(a: Frame, b: Frame) -> np.ndarray:
    """The mean of both frames."""
    return cv2.addWeighted(a.grey, 0.5, b.grey, 0.5, 0)


def farneback(a: Frame, b: Frame) -> np.ndarray:
    """Both frames warped half-way along Farneback's flow, and averaged."""
    flow = cv2.calcOpticalFlowFarneback(a.grey, b.grey, None, **FARNEBACK)
    warped = warp_backward(a.grey, -0.5 * flow), warp_backward(b.grey, 0.5 * flow)
    return cv2.addWeighted(warped[0], 0.5, warped[1], 0.5, 0)


def of_model(name: str, **options: object) -> Method:
    """A model of the stage."""
    work = reimagine.model("interpolate", name)(**options).load("cpu")
    return lambda a, b: next(iter(work(a, b, [0.5]))).grey


def triples(path: Path) -> Iterator[list[Frame]]:
    """Three consecutive frames of one shot, the middle one odd."""
    detector = CutDetector()
    film = open_film(path, detector)
    starts = [n for shot in detector.shots(film.frames) for n in range(shot.start + shot.start % 2, shot.stop - 2, 2)]
    for number in np.unique(np.linspace(0, len(starts) - 1, FRAMES).astype(int)) if starts else ():
        start = starts[number]
        frames = [f.renumbered(f.index, Shot(start, start + 3)) for f in read_film(film, start, start + 3)]
        changes = [cv2.absdiff(frames[1].grey, frames[n].grey).mean() for n in (0, 2)]
        if min(changes) > SMALLEST_CHANGE:
            yield frames


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """PSNR of luma in decibels, at most 60."""
    return float(10 * np.log10(255**2 / max(np.square(a.astype(np.float32) - b).mean(), 0.065)))


def accuracy(films: list[Path], methods: dict[str, Method]) -> None:
    """Print the mean PSNR of the held-out frames of each film, and the means of all films."""
    print("| film | frames | " + " | ".join(methods) + " |")
    print("|---|---|" + "---|" * len(methods))
    rows = []
    for path in films:
        frames = list(triples(path))
        if frames:
            rows.append([np.mean([psnr(m(a, b), true.grey) for a, true, b in frames]) for m in methods.values()])
            print(f"| {path.stem} | {len(frames)} | " + " | ".join(f"{v:.2f}" for v in rows[-1]) + " |", flush=True)
    print("| mean | | " + " | ".join(f"{v:.2f}" for v in np.mean(rows, 0)) + " |")


def speed(path: Path, methods: dict[str, Method]) -> None:
    """Print how many frames per second of 640x480 are computed."""
    film = open_film(path)
    frames = [f.with_image(cv2.resize(f.image, (640, 480))) for f in islice(read_film(film), SPEED_PAIRS + 1)]
    print("\n| | seconds per frame at 640x480 |\n|---|---|")
    for name, method in methods.items():
        begun = time.process_time()
        for a, b in pairwise(frames):
            method(a, b)
        print(f"| {name} | {(time.process_time() - begun) / SPEED_PAIRS:.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", type=Path)
    given = parser.parse_args()
    methods: dict[str, Method] = {"average": average, "farneback": farneback}
    methods |= {name: of_model(name) for name in stages.models_of("interpolate")}
    films = [path for folder in ("colour", "motion") for path in sorted((given.films / folder).glob("*.mp4"))]
    accuracy(films, methods)
    speed(films[0], methods)


if __name__ == "__main__":
    main()
