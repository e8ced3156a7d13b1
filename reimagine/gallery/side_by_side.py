"""Films beside each other under their titles, as one film."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from reimagine.files import atomic_file
from reimagine.media.container import open_output
from reimagine.media.video.reader import open_film, read_film

if TYPE_CHECKING:
    from reimagine.media.video.film import Film

PANEL_WIDTH = 426
"""Width of each film, in pixels: 240 lines at 16:9."""
TITLE_HEIGHT = 40
"""Height of the title above each film, in pixels."""
FONT_SIZE = 18
"""Size of the titles, in pixels."""
CLOCK_TOLERANCE = 1e-4
"""Seconds by which a frame may be late: times of containers are rounded."""
FADE_SECONDS = 1.0
"""Seconds in which a film that has ended fades to black."""
BACKGROUND = (16, 16, 16)
"""RGB behind titles and in empty panels."""
ENCODER = {"preset": "medium", "crf": "20"}
"""Options of libx264."""


def side_by_side(films: Mapping[str, Path], path: Path, columns: int | None = None) -> None:
    """Write a film that shows films beside each other, as long as the longest of them, at the rate of the first one.

    Films that are shorter fade from their last frame to black.

    Args:
        films: by title.
        path: file to write, with the suffix .mp4.
        columns: films in a row; default all.
    """
    import av

    opened = [open_film(film) for film in films.values()]
    rate = opened[0].rate
    times = [n / float(rate) for n in range(round(max(film.seconds for film in opened) * rate))]
    panels = [_panel(title, film, times) for title, film in zip(films, opened, strict=True)]
    columns = min(columns or len(panels), len(panels))
    with atomic_file(path) as temporary, open_output(temporary, "mp4") as target:
        stream = None
        for images in zip(*panels, strict=True):
            page = np.ascontiguousarray(_page(list(images), columns))
            if stream is None:
                stream = target.add_stream("libx264", rate=rate, options=ENCODER)
                stream.height, stream.width, stream.pix_fmt = *page.shape[:2], "yuv420p"
            target.mux(stream.encode(av.VideoFrame.from_ndarray(page, format="rgb24")))
        if stream is not None:
            target.mux(stream.encode())


def _page(images: list[np.ndarray], columns: int) -> np.ndarray:
    """Arrange images (H, W, 3), not all equally high, in rows: (H, W, 3) uint8 with even sides."""
    height = max(image.shape[0] for image in images)
    blank = np.full((height, PANEL_WIDTH, 3), BACKGROUND, np.uint8)
    cells = []
    for image in images:
        cells.append(blank.copy())
        cells[-1][: image.shape[0]] = image
    cells += [blank] * (-len(images) % columns)
    page = np.vstack([np.hstack(cells[n : n + columns]) for n in range(0, len(cells), columns)])
    return page[: page.shape[0] // 2 * 2, : page.shape[1] // 2 * 2]


def _panel(title: str, film: Film, times: list[float]) -> Iterator[np.ndarray]:
    """Yield the film's picture under its title at every time, in seconds: (H, PANEL_WIDTH, 3) uint8."""
    heading = _title(title)
    height = round(PANEL_WIDTH * film.height / film.width)
    for time, image in zip(times, _shown(film, times), strict=True):
        picture = cv2.resize(image, (PANEL_WIDTH, height), interpolation=cv2.INTER_AREA)
        ended = max(0.0, time - film.seconds) / FADE_SECONDS
        yield np.vstack([heading, (picture * max(0.0, 1 - ended)).astype(np.uint8)])


def _shown(film: Film, times: list[float]) -> Iterator[np.ndarray]:
    """Yield the image of the frame that is shown at every time; after the end, of the last frame."""
    frames = read_film(film)
    image, following = next(frames).image, next(frames, None)
    for time in times:
        while following is not None and float(film.time(following.index)) <= time + CLOCK_TOLERANCE:
            image, following = following.image, next(frames, None)
        yield image


def _title(text: str) -> np.ndarray:
    """Draw a title: (TITLE_HEIGHT, PANEL_WIDTH, 3) uint8."""
    from matplotlib.font_manager import findfont
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (PANEL_WIDTH, TITLE_HEIGHT), BACKGROUND)
    font = ImageFont.truetype(findfont("DejaVu Sans"), FONT_SIZE)
    ImageDraw.Draw(image).text((PANEL_WIDTH / 2, TITLE_HEIGHT / 2), text, "white", font, anchor="mm")
    return np.asarray(image)
