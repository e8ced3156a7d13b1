"""Make a looping picture of a few seconds of a film: `teaser.py FILM -o teaser.webp` (or .gif).

The end is cross-faded into the beginning, so that the loop has no visible jump.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from reimagine import ReimagineError
from reimagine.errors import MediaError
from reimagine.files import atomic_file
from reimagine.media.video.reader import open_film, read_film


def read_excerpt(path: Path, start: float, seconds: float, fps: float, width: int) -> Iterator[np.ndarray]:
    """Images (h, width, 3) uint8 RGB of a part of a film, `fps` per second.

    Each is the mean of the frames in its time: this removes grain, which would take most of the file's bytes.
    """
    film = open_film(path).trim(start, start + seconds if seconds else None)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    size = width, round(film.height * width / film.width)
    for _, frames in groupby(read_film(film), lambda frame: int(film.time(frame.index) * Fraction(fps))):
        small = [cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA) for frame in frames]
        yield (np.mean(small, 0) + 0.5).astype(np.uint8)


def looped(images: Iterator[np.ndarray], fade: int) -> Iterator[np.ndarray]:
    """All images without the first `fade` ones, into which the last ones are cross-faded.

    So the last image of the loop is followed by its first one as in the film. At most twice `fade` are held in memory.
    """
    first = [image for _, image in zip(range(fade), images, strict=False)]
    last: deque[np.ndarray] = deque()
    for image in images:
        last.append(image)
        if len(last) > fade:
            yield last.popleft()
    if len(last) < fade:
        raise MediaError("the excerpt is too short to loop; give more --seconds or less --fade")
    for n, (end, begin) in enumerate(zip(last, first, strict=True), 1):
        yield cv2.addWeighted(end, 1 - n / (fade + 1), begin, n / (fade + 1), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help=".webp or .gif")
    parser.add_argument("--start", type=float, default=0.0, help="start of the excerpt, in seconds")
    parser.add_argument("--seconds", type=float, default=0.0, help="length of the excerpt; 0: to the end")
    parser.add_argument("--fps", type=float, default=12.0, help="images per second")
    parser.add_argument("--fade", type=float, default=0.5, help="length of the cross-fade, in seconds")
    parser.add_argument("--width", type=int, default=320, help="width in pixels")
    parser.add_argument("--quality", type=int, default=50, help="quality of .webp, 0 to 100")
    arguments = parser.parse_args()
    if arguments.output.suffix not in (".webp", ".gif"):
        raise MediaError(f"{arguments.output}: a teaser must be .webp or .gif")
    excerpt = read_excerpt(arguments.film, arguments.start, arguments.seconds, arguments.fps, arguments.width)
    images = (Image.fromarray(image) for image in looped(excerpt, max(1, round(arguments.fade * arguments.fps))))
    with atomic_file(arguments.output) as temporary:
        next(images).save(
            temporary,
            save_all=True,
            append_images=images,
            loop=0,
            quality=arguments.quality,
            duration=round(1000 / arguments.fps),
            kmax=1,
        )
    print(arguments.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"teaser: {error}")
