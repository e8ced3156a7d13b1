"""Show a film as six paintings side by side on a wall: each panel is redrawn in another look.

`python examples/six-painters/make.py [FILM [START END]]` -> runs/examples/six-painters
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled_path
from reimagine.media.export import Encoding, export
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame, frame_from_image
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.writer import write_image

INTO = Path("runs/examples/six-painters")
"""Where the project is written."""
PAINTERS = {
    "crane": "after Crane",
    "shinkai": "after Shinkai",
    "dore": "after Doré",
    "wright": "after Wright",
    "potter": "after Potter",
    "hayao": "after Hayao",
}
"""Looks from left to right, with the label below each; `reimagine preview cartoon` shows all looks."""
GAP = 14
"""Pixels between two panels."""
MARGIN = 40
"""Pixels around the panels."""
LABEL_HEIGHT = 26
"""Pixels below the panels for the labels."""
WALL = (238, 234, 226)
"""RGB of the wall."""
INK = (90, 84, 78)
"""RGB of the labels."""
FRAME = (46, 40, 36)
"""RGB of the picture frames."""
TRAIN_SECONDS = (4.0, 7.5)
"""Start and end of the train in the demo film."""


def empty_wall(width: int, height: int) -> np.ndarray:
    """The wall with its labels, for panels of this size in pixels. Its sides are even, as video needs."""
    count, font = len(PAINTERS), ImageFont.truetype(findfont("DejaVu Serif"), 11)
    size = (2 * MARGIN + count * width + (count - 1) * GAP, 2 * MARGIN + height + LABEL_HEIGHT)
    sheet = Image.new("RGB", tuple(n + n % 2 for n in size), WALL)
    for number, title in enumerate(PAINTERS.values()):
        middle = MARGIN + number * (width + GAP) + width / 2
        ImageDraw.Draw(sheet).text((middle, MARGIN + height + 18), title, INK, font, anchor="mm")
    return np.array(sheet)


def with_panels(images: Sequence[np.ndarray], wall: np.ndarray) -> np.ndarray:
    """The wall with one panel per image: the first sixth of the first image, the second of the second ..."""
    height, width = images[0].shape[0], images[0].shape[1] // len(images)
    sheet = wall.copy()
    for number, image in enumerate(images):
        x = MARGIN + number * (width + GAP)
        cv2.rectangle(sheet, (x - 3, MARGIN - 3), (x + width + 2, MARGIN + height + 2), FRAME, -1)
        sheet[MARGIN : MARGIN + height, x : x + width] = image[:, number * width : (number + 1) * width]
    return sheet


def wall_frames(films: Sequence[Film], wall: np.ndarray) -> Iterator[Frame]:
    """Frames of the wall; one of them is also written as a picture."""
    for n, versions in enumerate(zip(*map(read_film, films), strict=True)):
        image = with_panels([frame.image for frame in versions], wall)
        if n == films[0].frames * 2 // 3:
            write_image(INTO / "wall.webp", image, 70)
        yield frame_from_image(n, image)


def main() -> None:
    film = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_path("assets/demo.mp4")
    start, end = map(float, sys.argv[2:4]) if len(sys.argv) > 3 else TRAIN_SECONDS
    colorize, cartoon = recipe.read(Path(__file__).with_name("recipe.toml"))
    films = []
    for look in PAINTERS:
        steps = [colorize, replace(cartoon, look=look)]
        result = reimagine.run(film, steps, INTO, INTO / f"{look}.mp4", start=start, end=end)
        films.append(open_film(result.film))
    first = films[0]
    wall = empty_wall(first.width // len(films), first.height)
    height, width = wall.shape[:2]
    facts = replace(first, width=width, height=height, full=True)
    export(facts, INTO / "film.mp4", wall_frames(films, wall), None, Encoding())
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
