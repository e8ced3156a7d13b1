"""A few seconds that go round and round: `teaser.py FILM -o teaser.webp` (or .gif).

The end is crossfaded into the beginning, so that nobody sees where it starts again.
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
    """Pictures of a piece of a film, `fps` a second, (h, width, 3) uint8 RGB: each the mean of the frames of
    its time, since grain would take most of the bytes."""
    film = open_film(path).trim(start, start + seconds if seconds else None)
    if not film.frames:
        raise MediaError(f"{path}: has no picture; give a film")
    size = width, round(film.height * width / film.width)
    for _, frames in groupby(read_film(film), lambda frame: int(film.time(frame.index) * Fraction(fps))):
        small = [cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA) for frame in frames]
        yield (np.mean(small, 0) + 0.5).astype(np.uint8)


def looped(pictures: Iterator[np.ndarray], fade: int) -> Iterator[np.ndarray]:
    """All but the first `fade` pictures, into which the last ones turn: so what is shown last is followed by
    what is shown first, as in the film. No more than twice `fade` are held."""
    first = [p for _, p in zip(range(fade), pictures, strict=False)]
    late: deque[np.ndarray] = deque()
    for picture in pictures:
        late.append(picture)
        if len(late) > fade:
            yield late.popleft()
    if len(late) < fade:
        raise MediaError("the piece is too short to loop; give it more --seconds, or less --fade")
    for n, (end, begin) in enumerate(zip(late, first, strict=True), 1):
        yield cv2.addWeighted(end, 1 - n / (fade + 1), begin, n / (fade + 1), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help=".webp or .gif")
    parser.add_argument("--start", type=float, default=0.0, help="seconds")
    parser.add_argument("--seconds", type=float, default=0.0, help="0: to the end")
    parser.add_argument("--fps", type=float, default=12.0)
    parser.add_argument("--fade", type=float, default=0.5, help="seconds over which it begins again")
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--quality", type=int, default=50, help="of .webp, 0 to 100")
    given = parser.parse_args()
    if given.output.suffix not in (".webp", ".gif"):
        raise MediaError(f"{given.output}: a teaser is .webp or .gif")
    shown = sampled(given.film, given.start, given.seconds, given.fps, given.width)
    images = (Image.fromarray(p) for p in looped(shown, max(1, round(given.fade * given.fps))))
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
