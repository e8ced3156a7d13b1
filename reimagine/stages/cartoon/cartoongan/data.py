"""Training data of a look: crops of photographs, of an artist's pictures, of film frames, and a teacher's outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from reimagine.errors import MediaError
from reimagine.media.video.reader import open_film, read_film, read_image
from reimagine.media.video.writer import write_image
from reimagine.stages.cartoon.stylizer import StylizeImage

CROP_SIZE = 256
"""Side in pixels of the training crops, as in the CartoonGAN paper."""

MAX_ONE_TONE_SHARE = 0.6
"""A crop is unusable if more than this share of its pixels has one tone: blank paper, black frames."""
TONE_WIDTH = 13
"""Width, in grey levels, of what counts as one tone: paper is not perfectly even."""
MIN_LUMA_STD = 12.0
"""A crop is unusable if the standard deviation of its luma (0..255) is lower: fades, fog."""
MAX_LETTERING_SHARE = 0.07
"""A crop is unusable if more than this share of its marks is lettering: title cards, credits, captions."""

LETTER_HEIGHTS = (0.012, 0.08)
"""Height of letters, lower and upper limit, as a share of the crop's side."""
LETTER_ASPECT = 2.5
"""Largest width of a letter as a multiple of its height."""
LETTER_FILL = 0.2
"""Smallest share of its bounding box that a letter covers."""
MIN_LETTERS = 15
"""Fewer marks of that kind are never lettering."""
LETTERS_IN_ROW = 6
"""Marks, the mark itself included, that have the same baseline and height as a mark in a line of text."""

MARGIN_GRADIENT = 12
"""Gradient (Sobel, of 255) above which a pixel belongs to a page's picture, not to its margin."""
MARGIN_SHARE = 0.03
"""Share of such pixels above which a row or column belongs to the picture."""
MIN_PAGE_SIZE = 96
"""Pages are not cropped to less than this side, in pixels."""

GREY_PAGE_SPREAD = 21.0
"""Mean spread of R, G and B (of 255) up to which a page is printed in black, on paper that may have yellowed."""
MIN_CROPS = 16
"""Fewer usable crops are too little to train a look on."""
LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114])
"""Weights of R, G and B in luma (BT.601)."""
TINT_SHARE = 0.25
"""Share of the pairs of photograph and drawing that are tinted, as old film is."""
MAX_TINT = 0.5
"""Largest deviation of a tint's R, G and B from grey, as a share of the luma."""
PAIR_QUALITY = 96
"""WebP quality of photographs and teacher's drawings, 0 to 100: artifacts must not become part of the look."""


def random_crop(picture: np.ndarray, rng: np.random.Generator, min_share: float = 0.7) -> np.ndarray:
    """Return a random square crop, flipped horizontally half of the time: (CROP_SIZE, CROP_SIZE, 3) uint8.

    Args:
        picture: RGB (H, W, 3) uint8.
        min_share: smallest side of the crop before it is resized, as a share of the picture's short side.
    """
    h, w = picture.shape[:2]
    side = int(min(h, w) * rng.uniform(min_share, 1))
    y, x = rng.integers(h - side + 1), rng.integers(w - side + 1)
    interpolation = cv2.INTER_AREA if side > CROP_SIZE else cv2.INTER_CUBIC
    crop = cv2.resize(picture[y : y + side, x : x + side], (CROP_SIZE, CROP_SIZE), interpolation=interpolation)
    return np.ascontiguousarray(crop[:, ::-1]) if rng.random() < 0.5 else crop


def sample_frames(film: Path, interval: float = 3.0) -> Iterator[np.ndarray]:
    """Yield usable frames (see `is_usable`) of a film, one every `interval` seconds: RGB (H, W, 3) uint8."""
    source = open_film(film)
    stride = max(1, round(interval * source.rate))
    for number in range(min(stride // 2, source.frames - 1), source.frames, stride):
        image = next(read_film(source, number, number + 1)).image
        if is_usable(image):
            yield image


def is_usable(image: np.ndarray) -> bool:
    """Return whether an image (H, W, 3) uint8 shows a picture: not one tone, not low contrast, not lettering."""
    small = cv2.resize(image, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    histogram = np.bincount(grey.ravel(), minlength=256).astype(float)
    one_tone_share = np.convolve(histogram, np.ones(TONE_WIDTH), "same").max() / grey.size
    if one_tone_share >= MAX_ONE_TONE_SHARE or grey.std() <= MIN_LUMA_STD:
        return False
    return lettering_share(grey) < MAX_LETTERING_SHARE


def lettering_share(grey: np.ndarray) -> float:
    """Return the share of an image's marks, by area, that look like letters in a line of text: (H, W) uint8 -> 0..1.

    Marks are connected components darker, or lighter, than their surroundings; the larger share of the two counts.
    """
    return max(_dark_lettering_share(page) for page in (grey, 255 - grey))


def _dark_lettering_share(grey: np.ndarray) -> float:
    marks = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 21, 18)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(marks)
    _, y, w, h, area = boxes[1:].T
    low, high = (share * len(grey) for share in LETTER_HEIGHTS)
    letters = (h > low) & (h < high) & (w < LETTER_ASPECT * h) & (area > LETTER_FILL * w * h)
    if letters.sum() < MIN_LETTERS:
        return 0.0
    baseline, height = (y + h)[letters], h[letters]
    same_baseline = np.abs(baseline[:, None] - baseline) <= 0.2 * height
    same_height = np.abs(height[:, None] - height) <= 0.35 * height[:, None]
    in_row = (same_baseline & same_height).sum(1) >= LETTERS_IN_ROW
    return float(area[letters][in_row].sum() / area.sum())


def crop_margins(page: np.ndarray) -> np.ndarray:
    """Return a page without its blank margins: (H, W, 3) uint8 -> (h, w, 3) uint8."""
    grey = cv2.GaussianBlur(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), (0, 0), 2).astype(np.float32)
    gradient = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    printed = gradient > MARGIN_GRADIENT
    rows, columns = (np.flatnonzero(printed.mean(axis) > MARGIN_SHARE) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return page
    cropped = page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cropped if min(cropped.shape[:2]) >= MIN_PAGE_SIZE else page


def stretch_grey_page(page: np.ndarray) -> np.ndarray:
    """Stretch the contrast of a black-and-white page to 0..255; return a page in colour unchanged."""
    spread = page.max(2).astype(np.int16) - page.min(2)
    if spread.mean() > GREY_PAGE_SPREAD:
        return page
    low, high = np.percentile(page, (2, 98))
    return ((page - low) * (255 / max(1.0, high - low))).clip(0, 255).astype(np.uint8)


def art_crops(pages: list[np.ndarray], rng: np.random.Generator, per_page: int = 24) -> list[np.ndarray]:
    """Return usable random crops of an artist's pages: (CROP_SIZE, CROP_SIZE, 3) uint8 each.

    Args:
        pages: RGB (H, W, 3) uint8.
        rng: random generator.
        per_page: crops tried per page.

    Raises:
        MediaError: too few crops are usable.
    """
    crops = []
    for page in (stretch_grey_page(crop_margins(p)) for p in pages):
        candidates = (random_crop(page, rng, 0.45) for _ in range(per_page))
        crops += [crop for crop in candidates if is_usable(crop)]
    if len(crops) < MIN_CROPS:
        raise MediaError(
            f"too few pictures to train a look: {len(crops)} usable crops, at least {MIN_CROPS} are needed; "
            "give more pictures"
        )
    return crops


def smooth_edges(drawing: np.ndarray) -> np.ndarray:
    """Blur the edges of a drawing, which makes a negative example for the discriminator: (H, W, 3) uint8.

    CartoonGAN, section 3.2.1: Canny edges are dilated, and a Gaussian blur is applied there.
    """
    edges = cv2.Canny(cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY), 100, 200)
    near_edge = cv2.dilate(edges, np.ones((5, 5), np.uint8)) > 0
    blurred = cv2.GaussianBlur(drawing, (5, 5), 0)
    return np.where(near_edge[..., None], blurred, drawing)


def random_tint(rng: np.random.Generator) -> np.ndarray:
    """Return a random tint: factors of luma for R, G and B, (3,) float64."""
    return 1 + rng.uniform(-MAX_TINT, MAX_TINT, 3)


def tinted(images: np.ndarray, tint: np.ndarray) -> np.ndarray:
    """Return images in tones of one hue, as on tinted and toned film: RGB (..., 3) uint8 -> the same.

    Args:
        images: RGB, of any colours; only their luma is used.
        tint: factors of luma for R, G and B, (3,) float64. They are scaled so that luma is preserved.
    """
    return (images @ LUMA_WEIGHTS[:, None] * (tint / (tint @ LUMA_WEIGHTS))).clip(0, 255).round().astype(np.uint8)


def teacher_pairs(pictures: list[np.ndarray], teacher: StylizeImage, folder: Path, look: str) -> list[np.ndarray]:
    """Return crops of the pictures with the teacher's drawings of them: (2, CROP_SIZE, CROP_SIZE, 3) uint8 each.

    Both are cached in `folder` as NNNNN.photo.webp and NNNNN.<look>.webp; files that exist are read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        path = folder / f"{number:05d}.photo.webp"
        if not path.exists():
            write_image(path, random_crop(picture, np.random.default_rng(number)), PAIR_QUALITY)
    pairs = []
    for path in sorted(folder.glob("*.photo.webp")):
        drawing = path.with_name(path.name.replace("photo", look))
        if not drawing.exists():
            write_image(drawing, teacher(_read(path)), PAIR_QUALITY)
        pairs.append(np.stack([_read(path), _read(drawing)]))
    return pairs


def _read(path: Path) -> np.ndarray:
    try:
        return read_image(path)
    except MediaError as error:
        raise MediaError(f"{path}: not a readable picture; delete it and start the training again") from error
