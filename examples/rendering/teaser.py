"""A short animation that loops seamlessly: `teaser.py FILM -o teaser.webp` (or .gif).

The end is crossfaded into the beginning.
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
from reimagine.media.files import replace_atomically
from reimagine.media.reader import open_film, read_film


def sampled(path: Path, start: float, seconds: float, fps: float, width: int) -> Iterator[np.ndarray]:
    """Yield pictures (h, width, 3) uint8 RGB of part of a film, `fps` per second.

    Each is the mean of the frames in its interval, because film grain would take most of the bytes.
    """
    film = open_film(path).trim(start, start + seconds if seconds else None)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    size = width, round(film.height * width / film.width)
    for _, frames in groupby(read_film(film), lambda frame: int(film.time(frame.index) * Fraction(fps))):
        small = [cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA) for frame in frames]
        yield (np.mean(small, 0) + 0.5).astype(np.uint8)


def looped(pictures: Iterator[np.ndarray], fade: int) -> Iterator[np.ndarray]:
    """Yield all but the first `fade` pictures; the last `fade` are crossfaded into those first ones.

    The last picture is thus followed by the first one yielded, as in the film. At most 2 * `fade` are in memory.
    """
    first = [p for _, p in zip(range(fade), pictures, strict=False)]
    last: deque[np.ndarray] = deque()
    for picture in pictures:
        last.append(picture)
        if len(last) > fade:
            yield last.popleft()
    if len(last) < fade:
        raise MediaError("the film is too short to loop; increase --seconds or reduce --fade")
    for n, (end, begin) in enumerate(zip(last, first, strict=True), 1):
        yield cv2.addWeighted(end, 1 - n / (fade + 1), begin, n / (fade + 1), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="animation file, .webp or .gif")
    parser.add_argument("--start", type=float, default=0.0, help="first second of the film to show")
    parser.add_argument("--seconds", type=float, default=0.0, help="length in seconds; 0: to the end of the film")
    parser.add_argument("--fps", type=float, default=12.0, help="pictures per second")
    parser.add_argument("--fade", type=float, default=0.5, help="seconds of crossfade from the end to the beginning")
    parser.add_argument("--width", type=int, default=320, help="width in pixels")
    parser.add_argument("--quality", type=int, default=50, help="quality of .webp, 0 to 100")
    given = parser.parse_args()
    if given.output.suffix not in (".webp", ".gif"):
        raise MediaError(f"{given.output}: a teaser has to be .webp or .gif")
    pictures = sampled(given.film, given.start, given.seconds, given.fps, given.width)
    images = (Image.fromarray(p) for p in looped(pictures, max(1, round(given.fade * given.fps))))
    temporary = given.output.with_name("." + given.output.name)
    next(images).save(
        temporary,
        save_all=True,
        append_images=images,
        loop=0,
        quality=given.quality,
        duration=round(1000 / given.fps),
        kmax=1,
    )
    replace_atomically(temporary, given.output)
    print(given.output)


if __name__ == "__main__":
    try:
        main()
    except (ReimagineError, OSError) as error:
        sys.exit(f"teaser: {error}")
