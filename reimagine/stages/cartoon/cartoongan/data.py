"""What a look is learnt from: photographs, an artist's pictures, frames of films, a teacher's drawings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import MediaError
from reimagine.media.reader import open_film, read_film

SIDE = 256
"""Of every picture the networks train on."""
FLAT, DULL, WORDS = 0.6, 12.0, 0.07
"""A picture is no use as a teacher of drawing if this share of it is one tone, if its luma's standard
deviation is less, or if this share of its ink is lettering."""
COLOURLESS = 21.0
"""The mean spread of R, G and B (of 255) up to which a page is black on yellowed paper."""


def square(picture: np.ndarray, rng: np.random.Generator, least: float = 0.7) -> np.ndarray:
    """A random square of at least a share of the short side, perhaps mirrored: (SIDE, SIDE, 3) uint8."""
    h, w = picture.shape[:2]
    side = int(min(h, w) * rng.uniform(least, 1))
    y, x = rng.integers(h - side + 1), rng.integers(w - side + 1)
    way = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    crop = cv2.resize(picture[y : y + side, x : x + side], (SIDE, SIDE), interpolation=way)
    return np.ascontiguousarray(crop[:, ::-1]) if rng.random() < 0.5 else crop


def frames_of(film: Path, every: float = 3.0) -> Iterator[np.ndarray]:
    """One frame every so many seconds, uint8 RGB, without black ones, fades, cards and credits."""
    facts = open_film(film)
    step = max(1, round(every * facts.rate))
    for number in range(min(step // 2, facts.frames - 1), facts.frames, step):
        image = next(read_film(facts, number, number + 1)).image
        if telling(image):
            yield image


def telling(image: np.ndarray) -> bool:
    """Whether there is drawing in a picture: not one tone, not grey fog, not lettering."""
    grey = cv2.cvtColor(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    tones = np.bincount(grey.ravel(), minlength=256).astype(float)
    flat = np.convolve(tones, np.ones(13), "same").max() / grey.size
    return bool(flat < FLAT and grey.std() > DULL and lettering(grey) < WORDS)


def lettering(grey: np.ndarray) -> float:
    """The share of a picture's marks (dark on light or light on dark) that stand in rows of five or more,
    as letters do: (H, W) uint8 -> 0..1."""
    share = 0.0
    for page in (grey, 255 - grey):
        marks = cv2.adaptiveThreshold(page, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 21, 18)
        _, _, boxes, _ = cv2.connectedComponentsWithStats(marks)
        _, y, w, h, area = boxes[1:].T
        side = len(grey)
        like = (h > 0.012 * side) & (h < 0.08 * side) & (w < 2.5 * h) & (area > 0.2 * w * h)
        if like.sum() < 15:
            continue
        foot, tall = (y + h)[like], h[like]
        mates = np.abs(foot[:, None] - foot) <= 0.2 * tall
        alike = np.abs(tall[:, None] - tall) <= 0.35 * tall[:, None]
        rows = (mates & alike).sum(1) >= 6
        share = max(share, float(area[like][rows].sum() / area.sum()))
    return share


def unframed(page: np.ndarray) -> np.ndarray:
    """A page without its even margins."""
    grey = cv2.GaussianBlur(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), (0, 0), 2).astype(np.float32)
    busy = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) > 12
    rows, columns = (np.flatnonzero(busy.mean(axis) > 0.03) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return page
    cut = page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut if min(cut.shape[:2]) >= 96 else page


def levelled(page: np.ndarray) -> np.ndarray:
    """A faded black-and-white page as black and as white as it was printed; one in colour as it is."""
    spread = page.max(2).astype(np.int16) - page.min(2)
    if spread.mean() > COLOURLESS:
        return page
    low, high = np.percentile(page, (2, 98))
    return ((page - low) * (255 / max(1.0, high - low))).clip(0, 255).astype(np.uint8)


def drawings(pages: list[np.ndarray], rng: np.random.Generator, each: int = 24) -> list[np.ndarray]:
    """Squares of an artist's pages, lettering and bare paper left out: (SIDE, SIDE, 3) uint8."""
    found = []
    for page in (levelled(unframed(p)) for p in pages):
        tries = (square(page, rng, 0.45) for _ in range(each))
        found += [crop for crop in tries if telling(crop)]
    if len(found) < 16:
        raise MediaError(
            f"too little to learn a look from: {len(found)} squares with a drawing in them; give more pictures"
        )
    return found


def smooth_edges(drawing: np.ndarray) -> np.ndarray:
    """The same drawing with its edges blurred, for the critic to refuse (CartoonGAN, section 3.2.1):
    Canny, dilated, and there a Gaussian. (H, W, 3) uint8."""
    edges = cv2.Canny(cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY), 100, 200)
    near = cv2.dilate(edges, np.ones((5, 5), np.uint8)) > 0
    soft = cv2.GaussianBlur(drawing, (5, 5), 0)
    return np.where(near[..., None], soft, drawing)


Draw = Callable[[np.ndarray], np.ndarray]


def pairs(pictures: list[np.ndarray], draw: Draw, folder: Path, look: str) -> list[np.ndarray]:
    """Squares of the pictures and the teacher's drawings of them, (2, SIDE, SIDE, 3) uint8 each.

    What is once drawn is kept in the folder, as NNNNN.photo.webp and NNNNN.<look>.webp.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        photo = folder / f"{number:05d}.photo.webp"
        if not photo.exists():
            _keep(photo, square(picture, np.random.default_rng(number)))
    found = []
    for photo in sorted(folder.glob("*.photo.webp")):
        drawn = photo.with_name(photo.name.replace("photo", look))
        if not drawn.exists():
            _keep(drawn, draw(_seen(photo)))
        found.append(np.stack([_seen(photo), _seen(drawn)]))
    return found


def _seen(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def _keep(path: Path, image: np.ndarray) -> None:
    """Whole or not at all: a training may be stopped here."""
    data = cv2.imencode(".webp", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, 96])[1]
    temporary = path.with_name("." + path.name)
    temporary.write_bytes(data.tobytes())
    temporary.replace(path)
