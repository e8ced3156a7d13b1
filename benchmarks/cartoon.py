"""The light network compared with its teacher: similarity, speed and flicker.

`python benchmarks/cartoon.py --photos PHOTOS --teachers TEACHERS --lpips LPIPS --films FILMS` prints the tables. PHOTOS
are pictures that were not used for training (the first 50 are taken), TEACHERS contains `<look>.safetensors`, the
published generators' weights, LPIPS the published features and heads of LPIPS, FILMS films in colour. With --sheets
FOLDER, sheets are written: photographs, the teacher's output and the light network's, one above the other. With
--before FOLDER, the faults of other weights with the names of the shipped ones are printed for comparison.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import torch

import reimagine
from reimagine import zoo
from reimagine.gallery.report import write_sheet
from reimagine.media.video.film import list_images
from reimagine.media.video.frames import Frame, Shot, frame_from_image
from reimagine.media.video.reader import open_film, read_film, read_image
from reimagine.media.video.shots import CutDetector
from reimagine.media.video.writer import write_frames
from reimagine.metrics import stylization
from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance
from reimagine.metrics.warp import gradient_energy, masked_flow, warp_error
from reimagine.stages.cartoon.cartoongan import data
from reimagine.stages.cartoon.cartoongan.net import CartoonGenerator, generator
from reimagine.zoo.device import half_precision

PHOTOS = 50
"""Held-out photographs."""
SIDE = 256
"""Side of the photographs in pixels."""
FRAMES = 60
"""Frames of each film."""
ROUNDS = 4
"""Timings of each network; the first one is not counted."""
SEPIA = np.array([1.11, 0.97, 0.83])
"""Tone of the pictures of "toned films", as factors of luma."""
Image = np.ndarray


def stylize(weights: str, images: list[Image]) -> list[Image]:
    """Return images in a look, each processed alone."""
    process = reimagine.model("cartoon")(weights=weights, temporal_strength=0.0).load("cpu")
    return [next(iter(process([frame_from_image(0, image)]))).image for image in images]


def psnr(a: Image, b: Image) -> float:
    return 10 * np.log10(255**2 / np.square(a.astype(float) - b).mean())


def print_similarity(photos: Path, teachers: Path, distance: PerceptualDistance, sheets: Path | None) -> None:
    paths = list_images(photos)[:PHOTOS]
    images = [cv2.resize(read_image(path), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for path in paths]
    print(f"| {len(images)} held-out photographs, {SIDE}x{SIDE} | PSNR to teacher, dB | LPIPS to teacher |")
    print("|---|---|---|")
    for path in sorted(teachers.glob("*.safetensors")):
        target, light = stylize(str(path), images), stylize(f"cartoon-{path.stem}", images)
        if sheets:
            sheets.mkdir(parents=True, exist_ok=True)
            write_sheet([row[:10] for row in (images, target, light)], sheets / f"{path.stem}.png", SIDE)
        for title, outputs in (("light", light), ("unchanged photographs", images)):
            ratio = np.mean([psnr(a, b) for a, b in zip(outputs, target, strict=True)])
            lpips = np.mean([distance(a, b) for a, b in zip(outputs, target, strict=True)])
            print(f"| {path.stem}, {title} | {ratio:.2f} | {lpips:.3f} |", flush=True)


@torch.inference_mode()
def print_speed(look: str) -> None:
    """Time both networks alternately, so that other load affects both."""
    light = zoo.load(f"cartoon-{look}", generator, "cpu")
    nets: dict[str, torch.nn.Module] = {"published": CartoonGenerator().eval(), "light": light}
    print("\n| network | parameters | GMAC at 256x256 | ms at 256x256 | ms at 640x480 |")
    print("|---|---|---|---|---|")
    rows: dict[str, list[float]] = {}
    for title, net in nets.items():
        net.to(memory_format=torch.channels_last)
        rows[title] = [sum(p.numel() for p in net.parameters()), multiplications(net) / 1e9]
    for height, width in ((256, 256), (480, 640)):
        for title, milliseconds in time_networks(nets, height, width).items():
            rows[title].append(milliseconds)
    for title, (parameters, gmac, small, large) in rows.items():
        print(f"| {title} | {parameters:,} | {gmac:.2f} | {small:.0f} | {large:.0f} |")
    ratios = [a / b for a, b in zip(*rows.values(), strict=True)]
    print("| published / light | " + " | ".join(f"{r:.1f}" for r in ratios) + " |", flush=True)


def time_networks(nets: dict[str, torch.nn.Module], height: int, width: int) -> dict[str, float]:
    """Return the median time of a forward pass in milliseconds."""
    x = torch.rand(1, 3, height, width).contiguous(memory_format=torch.channels_last)
    seconds: dict[str, list[float]] = {title: [] for title in nets}
    for _ in range(ROUNDS):
        for title, net in nets.items():
            started = time.perf_counter()
            with half_precision("cpu"):
                net(x)
            seconds[title].append(time.perf_counter() - started)
    return {title: float(np.median(values[1:])) * 1e3 for title, values in seconds.items()}


def multiplications(net: torch.nn.Module) -> int:
    """Return the multiplications of all convolutions for an image of SIDE x SIDE."""
    counts = []

    def count(layer, inputs, output) -> None:
        pixels = (inputs[0] if isinstance(layer, torch.nn.ConvTranspose2d) else output)[0, 0].numel()
        counts.append(pixels * layer.weight.numel())

    kinds = torch.nn.Conv2d | torch.nn.ConvTranspose2d
    hooks = [module.register_forward_hook(count) for module in net.modules() if isinstance(module, kinds)]
    net(torch.zeros(1, 3, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    return sum(counts)


def print_end_to_end_speed(look: str, films: Path) -> None:
    """Time `reimagine cartoon` on 640x480, decoding and encoding included."""
    source = open_film(sorted(films.glob("*.mp4"))[0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.nut"
        frames = (frame_from_image(f.index, cv2.resize(f.image, (640, 480))) for f in islice(read_film(source), FRAMES))
        write_frames(path, frames, source.rate)
        result = reimagine.run(path, [reimagine.model("cartoon")(look=look)], Path(folder) / "run")
    seconds = result.report["seconds"]
    stage, total = (FRAMES / seconds[name] for name in ("cartoon", "last_command"))
    print(
        f"\n`reimagine cartoon`, {FRAMES} frames of 640x480: {stage:.1f} frames/s in the stage, "
        f"{total:.1f} frames/s end to end (including the start of torch).",
        flush=True,
    )


def print_flicker(look: str, films: Path) -> None:
    columns = "source | independent frames | blended (default) | blended / independent | relative gradient energy"
    print(f"\n| film | {columns} |\n|---|---|---|---|---|---|")
    table = []
    for path in sorted(films.glob("*.mp4")):
        table.append(measure_flicker(look, path))
        print_row(path.stem, table[-1])
    mean = np.mean(table, 0)
    mean[3] = mean[2] / mean[1]
    print_row("mean", mean)


def measure_flicker(look: str, path: Path) -> list[float]:
    """Return a row: warping errors (1e-6) of source, independent and blended frames, and the two ratios."""
    detector = CutDetector()
    film = open_film(path, detector)
    shots = detector.shots(film.frames)
    frames = [with_shot(frame, shots) for frame in islice(read_film(film), FRAMES)]
    models = [reimagine.model("cartoon")(look=look, temporal_strength=strength) for strength in (0.0, 1.0)]
    versions = [frames, *(list(model.load("cpu")(iter(frames))) for model in models)]
    pairs = [(a, b) for a, b in pairwise(range(len(frames))) if frames[a].shot == frames[b].shot]
    flows = [masked_flow(frames[a].image, frames[b].image) for a, b in pairs]

    def error(version: Sequence[Frame]) -> float:
        errors = [
            warp_error(version[a].image, version[b].image, flow) for (a, b), flow in zip(pairs, flows, strict=True)
        ]
        return float(np.mean(errors)) * 1e6

    errors = [error(version) for version in versions]
    energy = [np.mean([gradient_energy(frame.image) for frame in version]) for version in versions[1:]]
    return [*errors, errors[2] / errors[1], float(energy[1] / energy[0])]


def with_shot(frame: Frame, shots: Iterable[Shot]) -> Frame:
    return frame.renumbered(frame.index, next(s for s in shots if s.start <= frame.index < s.stop))


def print_row(name: str, row: Iterable[float]) -> None:
    cells = (f"{x:.{d}f}" for x, d in zip(row, (1, 1, 1, 2, 3), strict=True))
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def print_faults(photos: Path, before: Path | None) -> None:
    """Print the mean measures of `reimagine.metrics.stylization` for every shipped look, and for earlier weights."""
    images = [read_image(path) for path in list_images(photos)]
    toned = [data.tinted(image, SEPIA) for image in images]
    print("\n| look | texture in flat regions | hue error, skin | neutral walls | toned films | halo |")
    print("|---|---|---|---|---|---|")
    for path in sorted(zoo.SHIPPED.glob("cartoon-*.safetensors")):
        versions = [before / path.name] if before else []
        for title, weights in zip(("before", "now")[-len(versions) - 1 :], [*versions, path], strict=True):
            values = [*measure_faults(images, str(weights)), measure_tone(toned, str(weights))]
            texture, skin, walls, halo, tone = values
            row = f"{texture:.2f} | {skin:.1f} | {walls:.1f} | {tone:.1f} | {halo:.1f} |"
            print(f"| {path.stem.removeprefix('cartoon-')}, {title} | {row}", flush=True)


def measure_faults(images: list[Image], weights: str) -> list[float]:
    """Return the texture ratio, the hue errors of skin and of neutral regions, and the halo: means of the pictures."""
    rows = []
    for image, drawing in zip(images, stylize(weights, images), strict=True):
        regions = (stylization.skin_regions(image), stylization.neutral_regions(image))
        errors = [stylization.hue_error(image, drawing, region) for region in regions]
        rows.append([stylization.flat_texture_ratio(image, drawing), *errors, stylization.halo(image, drawing)])
    return list(np.nanmean(rows, 0))


def measure_tone(images: list[Image], weights: str) -> float:
    """Return the hue error of whole pictures."""
    pairs = zip(images, stylize(weights, images), strict=True)
    return float(np.mean([stylization.hue_error(a, b, np.ones(a.shape[:2], bool)) for a, b in pairs]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("photos", "teachers", "lpips", "films", "sheets", "before"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--look", default="hayao")
    options = parser.parse_args()
    if options.photos:
        files = [options.lpips / name for name in LPIPS_FILES] if options.lpips else []
        print_faults(options.photos, options.before)
        print_similarity(options.photos, options.teachers, PerceptualDistance(*files), options.sheets)
    print_speed(options.look)
    if options.films:
        print_end_to_end_speed(options.look, options.films)
        print_flicker(options.look, options.films)


if __name__ == "__main__":
    main()
