"""Benchmark of enlargement: `python benchmarks/upscale.py PHOTOS FILMS LPIPS` prints the tables.

Photographs are reduced to half their size, as they are or with the damage of a film, and enlarged again. Old films are
enlarged, and their flicker is measured. Contact sheets of details are written to `OUTPUT`.

PHOTOS is a folder of photographs. FILMS contains the folder `oldfilm`. LPIPS contains the features and heads of the
LPIPS distance.
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
from reimagine.degradation import tone
from reimagine.gallery.preview import with_caption
from reimagine.gallery.report import write_sheet
from reimagine.media.images.colour import to_uint8
from reimagine.media.video.frames import Frame, frame_from_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance
from reimagine.metrics.warp import gradient_energy, masked_flow, warp_error
from reimagine.training.photos import read_photos

FILM_FRAMES = 10
"""Frames per old film."""
SPEED_FRAMES = 10
"""Frames for the measurement of speed."""
FLAT_SLOPE = 1.5
"""Change of luma (of 255) per pixel below which a region is flat."""
DETAIL = 160
"""Side in pixels, before enlargement, of the details on the sheets."""
BLUR, GRAIN, QUALITY = 0.7, 0.8, 70
"""Damage of a film: sigma of the blur in pixels of the photograph, amount of grain, JPEG quality."""
OUTPUT = Path("runs/benchmark-upscale")
"""Folder of the contact sheets, outside version control."""

Method = Callable[[Frame], Frame]


def bicubic(frame: Frame) -> Frame:
    """OpenCV's bicubic interpolation."""
    size = 2 * frame.width, 2 * frame.height
    return frame.with_image(cv2.resize(frame.image, size, interpolation=cv2.INTER_CUBIC))


def of_model(name: str) -> Method:
    work = reimagine.model("upscale", name)().load("cpu")
    return lambda frame: next(iter(work([frame])))


def half_size(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)


def as_film(image: np.ndarray, seed: int) -> np.ndarray:
    """A photograph at half its size with the damage of a film, in grey: (h, w, 3) uint8."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), BLUR)
    grained = tone.add_film_grain(half_size(grey) / np.float32(255), np.random.default_rng(seed), GRAIN)
    return np.dstack([to_uint8(tone.jpeg_compress(np.clip(grained, 0, 1), QUALITY))] * 3)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.square(a.astype(np.float32) - b).mean()))


def photographs(folder: Path, methods: dict[str, Method], distance: PerceptualDistance) -> None:
    """Print PSNR of luma and LPIPS by method, of photographs that were only reduced and that were damaged."""
    rows: dict[str, list[list[float]]] = {name: [] for name in methods}
    for number, photo in enumerate(read_photos(folder)):
        clean = photo[: photo.shape[0] // 4 * 4, : photo.shape[1] // 4 * 4]
        grey = np.dstack([cv2.cvtColor(clean, cv2.COLOR_RGB2GRAY)] * 3)
        cases = (half_size(clean), clean), (as_film(clean, number), grey)
        for name, method in methods.items():
            row: list[float] = []
            for small, target in cases:
                image = method(frame_from_image(0, small, "yuv444p")).image
                lumas = [cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) for x in (image, target)]
                row += [psnr(*lumas), distance(image, target)]
            rows[name].append(row)
    print("| | PSNR, reduced | LPIPS, reduced | PSNR, film | LPIPS, film |\n|---|---|---|---|---|")
    for name, values in rows.items():
        a, b, c, d = np.mean(values, 0)
        print(f"| {name} | {a:.2f} | {b:.3f} | {c:.2f} | {d:.3f} |", flush=True)


def film_frames(path: Path) -> Iterator[Frame]:
    """Frames from the middle of a film."""
    film = open_film(path)
    yield from read_film(film, film.frames // 2, film.frames // 2 + FILM_FRAMES)


def flicker(films: list[Path], methods: dict[str, Method]) -> None:
    """Print the temporal warping error of enlarged films, times 1e6; the flow is that of the Lanczos enlargement.

    For each method: in the whole picture, divided by the gradient energy (blur lowers both), and in flat regions, where
    only grain and noise change.
    """
    print("\n| film | | " + " | ".join(methods) + " |\n|---|---|" + "---|" * len(methods))
    for path in films:
        rows: dict[str, list[list[float]]] = {name: [] for name in methods}
        images = ({name: method(frame).image for name, method in methods.items()} for frame in film_frames(path))
        for current, following in pairwise(images):
            flow = masked_flow(current["lanczos"], following["lanczos"])
            flat = flow._replace(mask=flow.mask & is_flat(current["lanczos"]))
            for name, image in current.items():
                errors = [warp_error(image, following[name], f) for f in (flow, flat)]
                rows[name].append([1e6 * errors[0], 1e6 * errors[0] / gradient_energy(image), 1e6 * errors[1]])
        write_sheet(
            [[with_caption(detail(image), name) for name, image in current.items()]], OUTPUT / f"{path.stem}.png"
        )
        means = np.mean(list(rows.values()), 1)
        for number, title in enumerate(("error", "error / gradients", "error, flat")):
            print(f"| {path.stem} | {title} | {' | '.join(f'{v:.4g}' for v in means[:, number])} |", flush=True)


def is_flat(image: np.ndarray) -> np.ndarray:
    """Where a picture has no edge: (H, W) bool."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 2).astype(np.float32)
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 8
    return cv2.dilate(slope, np.ones((9, 9), np.uint8)) < FLAT_SLOPE


def detail(image: np.ndarray) -> np.ndarray:
    """The middle of an enlarged picture."""
    y, x = (side // 2 - DETAIL for side in image.shape[:2])
    return image[max(0, y) : y + 2 * DETAIL, max(0, x) : x + 2 * DETAIL]


def speed(path: Path, methods: dict[str, Method]) -> None:
    """Print the time of a frame of 640x480, on one core."""
    frames = [f.with_image(cv2.resize(f.image, (640, 480))) for f in islice(film_frames(path), SPEED_FRAMES)]
    print("\n| | seconds of one core per frame, 640x480 to 1280x960 |\n|---|---|")
    for name, method in methods.items():
        method(frames[0])
        begun = time.process_time()
        for frame in frames:
            method(frame)
        print(f"| {name} | {(time.process_time() - begun) / len(frames):.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("photos", "films", "lpips"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    methods: dict[str, Method] = {"bicubic": bicubic, "lanczos": of_model("lanczos"), "edsr": of_model("edsr")}
    films = sorted((given.films / "oldfilm").glob("*.mp4"))
    speed(films[0], methods)
    flicker(films, methods)
    photographs(given.photos, methods, PerceptualDistance(*(given.lpips / name for name in LPIPS_FILES)))


if __name__ == "__main__":
    main()
