"""A train runs through six paintings: side by side on a wall, each is the same place seen by another painter.

`python examples/six-painters/make.py [FILM [START END]]` -> runs/examples/six-painters
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

import reimagine
from reimagine import recipe
from reimagine.bundled import bundled
from reimagine.media.export import Encoding, export
from reimagine.media.frames import frame_from_image
from reimagine.media.reader import open_film, read_film
from reimagine.media.writer import write_image

INTO = Path("runs/examples/six-painters")
PAINTERS = {
    "crane": "after Crane",
    "shinkai": "after Shinkai",
    "dore": "after Doré",
    "wright": "after Wright",
    "potter": "after Potter",
    "hayao": "after Hayao",
}
"""From left to right: looks (`reimagine preview cartoon` shows them all), and what is written under each."""
GAP, MARGIN, LABEL, WALL = 14, 40, 26, (238, 234, 226)


def wall(width: int, height: int) -> np.ndarray:
    """The empty wall with its labels, its sides even as a film's must be; a panel is `width` wide."""
    count, font = len(PAINTERS), ImageFont.truetype(findfont("DejaVu Serif"), 11)
    size = (2 * MARGIN + count * width + (count - 1) * GAP, 2 * MARGIN + height + LABEL)
    sheet = Image.new("RGB", tuple(n + n % 2 for n in size), WALL)
    for number, title in enumerate(PAINTERS.values()):
        middle = MARGIN + number * (width + GAP) + width / 2
        ImageDraw.Draw(sheet).text((middle, MARGIN + height + 18), title, (90, 84, 78), font, anchor="mm")
    return np.array(sheet)


def hung(images: list[np.ndarray], empty: np.ndarray) -> np.ndarray:
    """Of each painter's picture the part that hangs at their place."""
    height, width = images[0].shape[0], images[0].shape[1] // len(images)
    sheet = empty.copy()
    for number, image in enumerate(images):
        x = MARGIN + number * (width + GAP)
        cv2.rectangle(sheet, (x - 3, MARGIN - 3), (x + width + 2, MARGIN + height + 2), (46, 40, 36), -1)
        sheet[MARGIN : MARGIN + height, x : x + width] = image[:, number * width : (number + 1) * width]
    return sheet


def main() -> None:
    film = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled("assets/demo.mp4")
    start, end = map(float, sys.argv[2:4]) if len(sys.argv) > 3 else (4.0, 7.5)  # the demo film's train
    colour, drawing = recipe.read(Path(__file__).with_name("recipe.toml"))
    drawn = []
    for look in PAINTERS:
        done = reimagine.run(
            film, [colour, replace(drawing, look=look)], INTO, INTO / f"{look}.mp4", start=start, end=end
        )
        drawn.append(open_film(done.film))
    one = drawn[0]
    empty = wall(one.width // len(drawn), one.height)
    height, width = empty.shape[:2]

    def frames():
        for n, together in enumerate(zip(*map(read_film, drawn), strict=True)):
            image = hung([frame.image for frame in together], empty)
            if n == one.frames * 2 // 3:
                write_image(INTO / "wall.webp", image, 70)
            yield frame_from_image(n, image)

    wide = replace(one, width=width, height=height, full=True)
    export(wide, INTO / "film.mp4", frames(), None, Encoding())
    print(INTO / "film.mp4")


if __name__ == "__main__":
    main()
