"""Similarity of looks to the artists' pictures: `python benchmarks/looks.py --art ART --photos PHOTOS --held HELD`

For every folder of ART whose name begins with a look's, a small classifier is trained to distinguish the artist's
pictures from PHOTOS; it shares nothing with the feature network and the discriminator of the training. One in five of
the artist's pictures, and the photographs of HELD, are held out. The table gives the shares that are classified as the
artist's: held-out pictures of the artist, held-out photographs, and those photographs in the look.

With --sheets FOLDER, a sheet per look is written: twelve frames of FILMS, their stylized versions, and twelve pictures
of the artist.
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
from reimagine.media.video.film import list_images
from reimagine.media.video.frames import frame_from_image
from reimagine.media.video.reader import open_film, read_film, read_image
from reimagine.stages.cartoon.cartoongan import data
from reimagine.training.photos import read_photos
from reimagine.training.state import seed_everything

STEPS = 240
"""Training steps of the classifier."""
BATCH = 24
"""Pictures of each class per step."""
MAX_HELD_OUT = 100
"""Held-out photographs that are used."""
SIDE = 128
"""Side in pixels of the classifier's input."""
SHEET_SIZE = (320, 240)
"""Width and height of a picture in a sheet."""
Image = np.ndarray


class Classifier(nn.Sequential):
    """Artist or photograph: (N, 3, SIDE, SIDE) -> (N, 1) logits, positive for the artist."""

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for inputs, outputs in ((3, 24), (24, 48), (48, 96), (96, 128)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 1))


def to_tensor(images: list[Image]) -> torch.Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


def random_square(image: Image, rng: np.random.Generator) -> Image:
    y, x = rng.integers(0, data.CROP_SIZE - SIDE, 2)
    return image[y : y + SIDE, x : x + SIDE]


def train_classifier(art: list[Image], photos: list[Image]) -> Classifier:
    seed_everything(1)
    rng, net = np.random.default_rng(1), Classifier()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    target = torch.tensor([1.0] * BATCH + [0.0] * BATCH)
    for _ in range(STEPS):
        batch = [random_square(kind[i], rng) for kind in (art, photos) for i in rng.integers(0, len(kind), BATCH)]
        x = to_tensor(batch) * (1 + 0.2 * (torch.rand(2 * BATCH, 1, 1, 1) - 0.5))
        loss = F.binary_cross_entropy_with_logits(net(x)[:, 0], target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.eval()


@torch.inference_mode()
def artist_share(net: Classifier, images: list[Image]) -> float:
    """Return the share of images classified as the artist's."""
    rng = np.random.default_rng(2)
    return float((net(to_tensor([random_square(i, rng) for i in images]))[:, 0] > 0).float().mean())


def stylize(look: str, images: list[Image]) -> list[Image]:
    """Return images in a look, each processed alone."""
    process = reimagine.model("cartoon")(look=look, temporal_strength=0.0).load("cpu")
    return [next(iter(process([frame_from_image(0, image)]))).image for image in images]


def middle_frames(films: Path, count: int = 12) -> list[Image]:
    """Return the middle frame of each film."""
    frames = []
    for path in sorted(films.rglob("*.mp4"))[:count]:
        film = open_film(path)
        frames.append(next(read_film(film, film.frames // 2, film.frames // 2 + 1)).image)
    return frames


def write_look_sheet(look: str, art: list[Image], films: Path, path: Path, rng: np.random.Generator) -> None:
    """Write frames of films, their stylized versions, and pictures of the artist, in rows of six."""
    frames = [cv2.resize(frame, SHEET_SIZE) for frame in middle_frames(films)]
    stylized = stylize(look, frames)
    pictures = [cv2.resize(art[i], SHEET_SIZE) for i in rng.permutation(len(art))[:12]]
    rows = [images[n : n + 6] for n in (0, 6) for images in (frames, stylized)]
    write_sheet([*rows, pictures[:6], pictures[6:]], path, SHEET_SIZE[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("art", "photos", "held", "films", "sheets"):
        parser.add_argument(f"--{name}", type=Path)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    photos = [data.random_crop(photo, rng) for photo in read_photos(options.photos)]
    held_out = [data.random_crop(read_image(path), rng, 0.9) for path in list_images(options.held)[:MAX_HELD_OUT]]
    print("| look | classified as the artist's: artist's pictures | photographs | stylized photographs |")
    print("|---|---|---|---|")
    folders = {path.name.split("_")[0]: path for path in sorted(options.art.iterdir()) if path.is_dir()}
    for look in sorted(folders.keys() & set(reimagine.model("cartoon")().choices()["look"])):
        pages = read_photos(folders[look])
        training_art = data.art_crops([page for n, page in enumerate(pages) if n % 5], rng)
        held_out_art = data.art_crops(pages[::5], rng)
        net = train_classifier(training_art, photos)
        shares = [artist_share(net, images) for images in (held_out_art, held_out, stylize(look, held_out))]
        print(f"| {look} | " + " | ".join(f"{share:.2f}" for share in shares) + " |", flush=True)
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            write_look_sheet(look, training_art, options.films, options.sheets / f"{look}.png", rng)


if __name__ == "__main__":
    main()
