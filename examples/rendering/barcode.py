"""Draw a film's colours over time: `barcode.py FILM... -o barcode.png`, one band per film.

Each column is a point in time. The upper part has its frames, averaged to a width of one pixel; the lowest quarter has
their mean colour, smoothed over time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from reimagine import ReimagineError
from reimagine.errors import MediaError
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.writer import write_image

ROWS = 240
"""Height in pixels to which frames are reduced."""


def read_columns(path: Path, width: int) -> np.ndarray:
    """The film's frames, averaged to columns: (ROWS, w, 3) float32 RGB; w is `width`, or fewer for a short film."""
    film = open_film(path)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    width = min(width, film.frames)
    total, count = np.zeros((ROWS, width, 3), np.float32), np.zeros(width, np.float32)
    for frame in read_film(film):
        column = frame.index * width // film.frames
        total[:, column] += cv2.resize(frame.image, (1, ROWS), interpolation=cv2.INTER_AREA)[:, 0]
        count[column] += 1
    return total / np.maximum(count, 1)[:, None]


def band(columns: np.ndarray, width: int, height: int, smooth: float) -> np.ndarray:
    """The columns above their mean colour, (height, width, 3) uint8.

    Args:
        smooth: standard deviation of the smoothing, as a fraction of the film's length.
    """
    mean = columns.mean(0, keepdims=True)
    smoothed = cv2.GaussianBlur(mean, (0, 0), max(0.1, smooth * mean.shape[1]), borderType=cv2.BORDER_REPLICATE)
    below = height // 4
    parts = [
        cv2.resize(columns, (width, height - below), interpolation=cv2.INTER_AREA),
        cv2.resize(smoothed, (width, below), interpolation=cv2.INTER_LINEAR),
    ]
    return np.clip(np.vstack(parts) + 0.5, 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True, help="picture file: .png, .webp or .jpg")
    parser.add_argument("--width", type=int, default=1200, help="width in pixels")
    parser.add_argument("--height", type=int, default=280, help="height of each band in pixels")
    parser.add_argument(
        "--smooth", type=float, default=0.02, help="smoothing of the mean colour, as a fraction of the film's length"
    )
    parser.add_argument("--quality", type=int, help="quality of .webp and .jpg, 0 to 100")
    arguments = parser.parse_args()
    bands = [
        band(read_columns(f, arguments.width), arguments.width, arguments.height, arguments.smooth)
        for f in arguments.film
    ]
    dark = np.full((8, arguments.width, 3), 16, np.uint8)
    parts = [part for one in bands for part in (one, dark)][:-1]
    write_image(arguments.output, np.vstack(parts), arguments.quality)
    print(arguments.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"barcode: {error}")
