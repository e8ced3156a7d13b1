"""Would one take it for the artist's? `python benchmarks/looks.py --art ART --photos TRAIN --held HELD`

For every folder of ART whose name begins with a look's, a small network learns to tell that artist's
pictures from PHOTOS (it knows neither our features nor our critic); one picture in five, and HELD, are
kept from it. The table says how often it takes for the artist's: pictures of the artist, photographs, and the
photographs drawn by the look. With --sheets FOLDER, a sheet a look: twelve frames of FILMS, drawn, and
twelve pictures of the artist.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import reimagine
from reimagine.gallery.report import write_sheet
from reimagine.media.film import list_images
from reimagine.media.frames import frame_from_image
from reimagine.media.reader import open_film, read_film, read_image
from reimagine.stages.cartoon.cartoongan import data
from reimagine.training.photos import read_photos
from reimagine.training.state import seed_everything

STEPS, BATCH, HELD = 240, 24, 100
Image = np.ndarray


class Classifier(nn.Sequential):
    """Artist or photograph, of squares of 128."""

    def __init__(self):
        layers: list[nn.Module] = []
        for inputs, outputs in ((3, 24), (24, 48), (48, 96), (96, 128)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 1))


def tensor(images: list[Image]) -> torch.Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


def corner(image: Image, rng: np.random.Generator) -> Image:
    y, x = rng.integers(0, data.SIDE - 128, 2)
    return image[y : y + 128, x : x + 128]


def learnt(art: list[Image], photos: list[Image]) -> Classifier:
    seed_everything(1)
    rng, net = np.random.default_rng(1), Classifier()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    truth = torch.tensor([1.0] * BATCH + [0.0] * BATCH)
    for _ in range(STEPS):
        shown = [corner(kind[i], rng) for kind in (art, photos) for i in rng.integers(0, len(kind), BATCH)]
        x = tensor(shown) * (1 + 0.2 * (torch.rand(2 * BATCH, 1, 1, 1) - 0.5))
        loss = F.binary_cross_entropy_with_logits(net(x)[:, 0], truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.eval()


@torch.inference_mode()
def taken(net: Classifier, images: list[Image]) -> float:
    """The share taken for the artist's."""
    rng = np.random.default_rng(2)
    return float((net(tensor([corner(i, rng) for i in images]))[:, 0] > 0).float().mean())


def drawn(look: str, images: list[Image]) -> list[Image]:
    work = reimagine.model("cartoon")(look=look, steady=0.0).load("cpu")
    return [next(iter(work([frame_from_image(0, image)]))).image for image in images]


def frames_of(films: Path, count: int = 12) -> list[Image]:
    files = sorted(films.rglob("*.mp4"))[:count]
    found = []
    for file in files:
        film = open_film(file)
        image = next(read_film(film, film.frames // 2, film.frames // 2 + 1)).image
        found.append(image)
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("art", "photos", "held", "films", "sheets"):
        asked.add_argument(f"--{name}", type=Path)
    given = asked.parse_args()
    rng = np.random.default_rng(0)
    photos = [data.square(p, rng) for p in read_photos(given.photos)]
    held = [data.square(read_image(p), rng, 0.9) for p in list_images(given.held)[:HELD]]
    print("| look | taken for the artist's: the artist's own | photographs | photographs, drawn |")
    print("|---|---|---|---|")
    folders = {p.name.split("_")[0]: p for p in sorted(given.art.iterdir()) if p.is_dir()}
    for look in sorted(folders.keys() & reimagine.model("cartoon").looks().keys()):
        pages = read_photos(folders[look])
        known = data.drawings([p for n, p in enumerate(pages) if n % 5], rng)
        kept = data.drawings(pages[::5], rng)
        net = learnt(known, photos)
        shares = [taken(net, images) for images in (kept, held, drawn(look, held))]
        print(f"| {look} | " + " | ".join(f"{s:.2f}" for s in shares) + " |", flush=True)
        if given.sheets:
            given.sheets.mkdir(parents=True, exist_ok=True)
            frames = [cv2.resize(f, (320, 240)) for f in frames_of(given.films)]
            made = drawn(look, frames)
            own = [cv2.resize(d, (320, 240)) for d in (known[i] for i in rng.permutation(len(known))[:12])]
            rows = [r[n : n + 6] for n in (0, 6) for r in (frames, made)] + [own[:6], own[6:]]
            write_sheet(rows, given.sheets / f"{look}.png", 240)


if __name__ == "__main__":
    main()
