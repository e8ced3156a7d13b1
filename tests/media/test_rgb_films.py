"""Films stored as RGB: their colours after the conversion to YUV, and in the finished film."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reimagine.media.export import export
from reimagine.media.export.encoding import Encoding
from reimagine.media.video.reader import open_film, read_film

COLOURS = ((200, 40, 40), (40, 180, 60), (50, 60, 200), (255, 255, 255), (0, 0, 0), (128, 128, 128))
"""RGB of the bars of the picture."""


def bars(height: int) -> np.ndarray:
    """(h, w, 3) uint8 RGB: a vertical bar of each colour."""
    return np.repeat(np.array(COLOURS, np.uint8), 32, 0)[None].repeat(height, 0)


def write_rgb_film(path: Path, codec: str, pixel_format: str, height: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = height, len(COLOURS) * 32, pixel_format
        for n in range(3):
            frame = av.VideoFrame.from_ndarray(bars(height), "rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def colours_of(image: np.ndarray) -> np.ndarray:
    """(6, 3): the colour in the middle of each bar."""
    return image[image.shape[0] // 2, 16::32].astype(int)


@pytest.mark.parametrize("height", [96, 720])
@pytest.mark.parametrize(
    "name, codec, pixel_format",
    [
        ("film.mkv", "ffv1", "gbrp10le"),
        ("film.mov", "png", "rgb24"),
        ("film.avi", "ffv1", "bgr0"),
        ("film.avi", "magicyuv", "gbrp"),
    ],
)
def test_the_colours_of_rgb_film_are_kept(tmp_path, name, codec, pixel_format, height):
    film = open_film(write_rgb_film(tmp_path / name, codec, pixel_format, height))
    frames = list(read_film(film))
    assert len(frames) == 3 and np.abs(colours_of(frames[0].image) - COLOURS).max() <= 3
    export(film, tmp_path / "out.mp4", frames, None, Encoding(crf=4))
    written = open_film(tmp_path / "out.mp4")
    assert (written.matrix, written.full) == ("bt709" if height == 720 else "bt601", False)
    assert np.abs(colours_of(next(read_film(written)).image) - COLOURS).max() <= 6
