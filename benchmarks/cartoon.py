"""How like its teacher is the light network, how fast, how steady?

`python benchmarks/cartoon.py --photos PHOTOS --teachers TEACHERS --lpips LPIPS --films FILMS` prints the
tables. PHOTOS are pictures no look was learnt from (the first 50 are taken), TEACHERS holds
`<look>.safetensors`, the published generators' weights; LPIPS the features and heads of the LPIPS
distance; FILMS films in colour. With --sheets FOLDER: photographs, the teacher's drawings and the light
network's, one above the other.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import torch

import reimagine
from reimagine import zoo
from reimagine.gallery.report import write_sheet
from reimagine.media.film import list_images
from reimagine.media.frames import Frame, Shot, frame_from_image
from reimagine.media.reader import open_film, read_film, read_image
from reimagine.media.shots import CutDetector
from reimagine.media.writer import write_frames
from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance
from reimagine.metrics.warp import gradient_energy, masked_flow, warp_error
from reimagine.stages.cartoon.cartoongan.net import CartoonGenerator, generator
from reimagine.zoo.device import bfloat16_is_fast

HELD, SIDE, FRAMES = 50, 256, 60
Image = np.ndarray


def drawn(weights: str, images: list[Image]) -> list[Image]:
    """Each picture by itself, as a network draws it."""
    work = reimagine.model("cartoon")(weights=weights, steady=0.0).load("cpu")
    return [next(iter(work([frame_from_image(0, image)]))).image for image in images]


def psnr(a: Image, b: Image) -> float:
    return 10 * np.log10(255**2 / np.square(a.astype(float) - b).mean())


def likeness(photos: Path, teachers: Path, distance: PerceptualDistance, sheets: Path | None) -> None:
    images = [cv2.resize(read_image(p), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for p in list_images(photos)[:HELD]]
    print(f"| {len(images)} held photographs, {SIDE}x{SIDE} | PSNR to the teacher, dB | LPIPS to it |")
    print("|---|---|---|")
    for file in sorted(teachers.glob("*.safetensors")):
        wanted, light = drawn(str(file), images), drawn(f"cartoon-{file.stem}", images)
        if sheets:
            sheets.mkdir(parents=True, exist_ok=True)
            write_sheet([row[:10] for row in (images, wanted, light)], sheets / f"{file.stem}.png", SIDE)
        for title, made in ((f"{file.stem}, light", light), (f"{file.stem}, the photograph left as it is", images)):
            near = np.mean([psnr(a, b) for a, b in zip(made, wanted, strict=True)])
            far = np.mean([distance(a, b) for a, b in zip(made, wanted, strict=True)])
            print(f"| {title} | {near:.2f} | {far:.3f} |", flush=True)


@torch.inference_mode()
def speed(look: str) -> None:
    """Both networks in turns, so that a busy machine is fair to both."""
    light = zoo.load(f"cartoon-{look}", generator, "cpu")
    nets = {"published": CartoonGenerator().eval(), "light": light}
    half = bfloat16_is_fast("cpu")
    print("\n| network | parameters | GMAC at 256x256 | ms at 256x256 | ms at 640x480 |")
    print("|---|---|---|---|---|")
    rows: dict[str, list[float]] = {}
    for net in nets.values():
        net.to(memory_format=torch.channels_last)
    for title, net in nets.items():
        rows[title] = [sum(p.numel() for p in net.parameters()), multiplications(net) / 1e9]
    for size in ((256, 256), (480, 640)):
        x = torch.rand(1, 3, *size).contiguous(memory_format=torch.channels_last)
        took: dict[str, list[float]] = {title: [] for title in nets}
        for _ in range(4):
            for title, net in nets.items():
                begun = time.perf_counter()
                with torch.autocast("cpu", torch.bfloat16, enabled=half):
                    net(x)
                took[title].append(time.perf_counter() - begun)
        for title in nets:
            rows[title].append(float(np.median(took[title][1:])) * 1e3)
    for title, (values, work, small, large) in rows.items():
        print(f"| {title} | {values:,} | {work:.2f} | {small:.0f} | {large:.0f} |")
    ratios = [a / b for a, b in zip(*rows.values(), strict=True)]
    print("| published / light | " + " | ".join(f"{r:.1f}" for r in ratios) + " |", flush=True)


def multiplications(net: torch.nn.Module) -> int:
    """Of every convolution, for a picture of SIDE x SIDE."""
    total = []

    def count(layer, inputs, output) -> None:
        pixels = (inputs[0] if isinstance(layer, torch.nn.ConvTranspose2d) else output)[0, 0].numel()
        total.append(pixels * layer.weight.numel())

    kinds = torch.nn.Conv2d | torch.nn.ConvTranspose2d
    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, kinds)]
    net(torch.zeros(1, 3, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    return sum(total)


def from_end_to_end(look: str, films: Path) -> None:
    """`reimagine cartoon` on 640x480, decoding and encoding included."""
    source = open_film(sorted(films.glob("*.mp4"))[0])
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "film.nut"
        frames = (frame_from_image(f.index, cv2.resize(f.image, (640, 480))) for f in islice(read_film(source), FRAMES))
        write_frames(path, frames, source.rate)
        done = reimagine.run(path, [reimagine.model("cartoon")(look=look)], Path(home) / "run")
    seconds = done.report["seconds"]
    stage, all_of_it = (FRAMES / seconds[name] for name in ("cartoon", "all"))
    print(
        f"\n`reimagine cartoon` of {FRAMES} frames of 640x480: {stage:.1f} frames/s in the stage, "
        f"{all_of_it:.1f} from end to end (torch's start included).",
        flush=True,
    )


def steadiness(look: str, films: Path) -> None:
    print("\n| film | source | frame by frame | steady (default) | of frame by frame's | sharpness kept |")
    print("|---|---|---|---|---|---|")
    table = []
    for path in sorted(films.glob("*.mp4")):
        detector = CutDetector()
        film = open_film(path, detector)
        shots = detector.shots(film.frames)
        frames = [within(f, shots) for f in islice(read_film(film), FRAMES)]
        models = [reimagine.model("cartoon")(look=look, steady=steady) for steady in (0.0, 1.0)]
        films_ = [frames, *(list(model.load("cpu")(iter(frames))) for model in models)]
        pairs = [(a, b) for a, b in pairwise(range(len(frames))) if frames[a].shot == frames[b].shot]
        ways = [masked_flow(frames[a].image, frames[b].image) for a, b in pairs]
        errors = [
            np.mean([warp_error(f[a].image, f[b].image, way) * 1e6 for (a, b), way in zip(pairs, ways, strict=True)])
            for f in films_
        ]
        sharp = [np.mean([gradient_energy(f.image) for f in film_]) for film_ in films_[1:]]
        table.append([*errors, errors[2] / errors[1], sharp[1] / sharp[0]])
        line(path.stem, table[-1])
    mean = np.mean(table, 0)
    mean[3] = mean[2] / mean[1]
    line("mean", mean)


def within(frame: Frame, shots: list[Shot]) -> Frame:
    return frame.renumbered(frame.index, next(s for s in shots if s.start <= frame.index < s.stop))


def line(name: str, row) -> None:
    cells = (f"{x:.{d}f}" for x, d in zip(row, (1, 1, 1, 2, 3), strict=True))
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("photos", "teachers", "lpips", "films", "sheets"):
        asked.add_argument(f"--{name}", type=Path)
    asked.add_argument("--look", default="hayao")
    given = asked.parse_args()
    if given.photos:
        distance = (
            PerceptualDistance(*(given.lpips / name for name in LPIPS_FILES)) if given.lpips else PerceptualDistance()
        )
        likeness(given.photos, given.teachers, distance, given.sheets)
    speed(given.look)
    if given.films:
        from_end_to_end(given.look, given.films)
        steadiness(given.look, given.films)


if __name__ == "__main__":
    main()
