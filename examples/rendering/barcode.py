"""A film's colours over time in one picture: `barcode.py FILM... -o barcode.png`, a band a film.

Each column is a moment. Above, its frames are pressed together until they are one pixel wide, so that sky
stays up and grass down; below, their mean colour, smoothed over time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from reimagine import ReimagineError
from reimagine.errors import MediaError
from reimagine.media.reader import open_film, read_film
from reimagine.media.writer import write_image

ROWS = 240
"""Height at which frames are pressed together."""


def columns(path: Path, width: int) -> np.ndarray:
    """The film as (ROWS, w, 3) float32 RGB; w is `width`, or the film's frames if they are fewer."""
    film = open_film(path)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    width = min(width, film.frames)
    total, count = np.zeros((ROWS, width, 3), np.float32), np.zeros(width, np.float32)
    for frame in read_film(film):
        place = frame.index * width // film.frames
        total[:, place] += cv2.resize(frame.image, (1, ROWS), interpolation=cv2.INTER_AREA)[:, 0]
        count[place] += 1
    return total / np.maximum(count, 1)[:, None]


def band(pressed: np.ndarray, width: int, height: int, smooth: float) -> np.ndarray:
    """(height, width, 3) uint8: the columns above, and in the lowest quarter their smoothed mean."""
    mean = pressed.mean(0, keepdims=True)
    calm = cv2.GaussianBlur(mean, (0, 0), max(0.1, smooth * mean.shape[1]), borderType=cv2.BORDER_REPLICATE)
    below = height // 4
    parts = [
        cv2.resize(pressed, (width, height - below), interpolation=cv2.INTER_AREA),
        cv2.resize(calm, (width, below), interpolation=cv2.INTER_LINEAR),
    ]
    return np.clip(np.vstack(parts) + 0.5, 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a picture: .png, .webp, .jpg")
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=280, help="of each band")
    parser.add_argument("--smooth", type=float, default=0.02, help="of the film's length, for the lower part")
    parser.add_argument("--quality", type=int, help="of .webp and .jpg, 0 to 100")
    given = parser.parse_args()
    bands = [band(columns(f, given.width), given.width, given.height, given.smooth) for f in given.film]
    dark = np.full((8, given.width, 3), 16, np.uint8)
    parts = [part for one in bands for part in (one, dark)][:-1]
    write_image(given.output, np.vstack(parts), given.quality)
    print(given.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"barcode: {error}")
