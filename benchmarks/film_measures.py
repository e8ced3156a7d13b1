"""Measurements of a finished film for `films.py`: frames, times, sound, tags, depth, luma."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from film_samples import frame_number

STEP = 4
"""Luma is compared on every fourth frame."""
BEEP_LEVEL = 0.3
"""Level of a sample at which the beep has begun."""
WEIGHTS = {
    "bt601": (0.299, 0.587, 0.114),
    "bt709": (0.2126, 0.7152, 0.0722),
    "bt2020": (0.2627, 0.678, 0.0593),
}
"""Weights of R, G and B in the luma, by YUV matrix."""
MATRIX_NAMES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020"}
"""YUV matrices by their code in H.273."""
UNSPECIFIED = {2}
"""Codes that say nothing; in RGB the matrix has the code 0."""
FULL = 2
"""Code of full range; without one, players assume limited range."""


@dataclass
class Measured:
    """What a film is, as a player without knowledge of its origin shows it.

    Attributes:
        numbers: frame number in each picture, in the order of display; None if it is not readable.
        size: of the pictures as they are shown, such as "128x96".
        times: of the pictures, seconds on the container's clock.
        end: when the last picture ends.
        beep: when the beep begins, on the same clock; None if there is none.
        sounds: number of sound tracks.
        tags: stated properties: matrix, primaries, transfer, range, sample aspect ratio.
        depth: such as "10-bit 4:2:2".
        matrix: YUV matrix with which it is shown; "" for RGB.
        rgb: pictures as they are shown, (h, w, 3) float32 in 0..255, by frame number, for every `STEP`th.
    """

    size: str = ""
    numbers: list[int | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    end: float = 0.0
    beep: float | None = None
    sounds: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    depth: str = ""
    matrix: str = ""
    rgb: dict[int, np.ndarray] = field(default_factory=dict)


def measure(path: Path) -> Measured:
    """Decode a film and measure it."""
    film = Measured()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        picture: Any = None
        for picture in container.decode(stream):
            if not film.tags:
                film.tags, film.depth, film.matrix = _tags(stream, picture), _depth(picture), _matrix(picture)
            _add(film, picture, float(stream.average_rate or 25))
        period = 1 / float(stream.average_rate or 25)
        length = float(picture.duration * picture.time_base) if picture.duration else period
        film.end = film.times[-1] + length
        film.sounds = len(container.streams.audio)
    film.beep = _beep(path) if film.sounds else None
    return film


def _add(film: Measured, picture: av.VideoFrame, rate: float) -> None:
    shown = np.rot90(_rgb(picture, film.matrix), round(picture.rotation / 90))
    film.size = film.size or "{1}x{0}".format(*shown.shape)
    number = frame_number(shown @ np.array(WEIGHTS["bt709"], np.float32))
    film.numbers.append(number)
    film.times.append(len(film.times) / rate if picture.time is None else picture.time)
    if number is not None and number % STEP == 0:
        film.rgb.setdefault(number, shown)


def _beep(path: Path) -> float | None:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono")
        for decoded in container.decode(audio=0):
            for block in resampler.resample(decoded):
                loud = np.flatnonzero(np.abs(block.to_ndarray()[0]) > BEEP_LEVEL)
                if len(loud):
                    return float(decoded.time or 0) + loud[0] / block.sample_rate
    return None


def _tags(stream: av.VideoStream, picture: av.VideoFrame) -> dict[str, str]:
    codes = {
        "matrix": int(picture.colorspace),
        "primaries": int(picture.color_primaries),
        "transfer": int(picture.color_trc),
    }
    tags = {name: str(code) for name, code in codes.items() if code not in UNSPECIFIED}
    full = picture.format.name.startswith("yuvj") or int(picture.color_range) == FULL
    tags["range"] = "full" if full else "limited"
    aspect = stream.sample_aspect_ratio or 1
    tags["SAR"] = str(1 / aspect if round(picture.rotation / 90) % 2 else aspect)
    return tags


def _is_rgb(picture: av.VideoFrame) -> bool:
    return picture.format.is_rgb or picture.format.has_palette


def _matrix(picture: av.VideoFrame) -> str:
    """The YUV matrix that is stated, or that players assume."""
    if _is_rgb(picture):
        return ""
    return MATRIX_NAMES.get(int(picture.colorspace), "bt709" if picture.height >= 720 else "bt601")


def _depth(picture: av.VideoFrame) -> str:
    if _is_rgb(picture):
        return f"{8 if picture.format.has_palette else picture.format.components[0].bits}-bit RGB"
    chroma = picture.format.components[1]
    ratio = -(-picture.width // chroma.width), -(-picture.height // chroma.height)
    names = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0"}
    return f"{picture.format.components[0].bits}-bit {names[ratio]}"


def _rgb(picture: av.VideoFrame, matrix: str) -> np.ndarray:
    """A picture as it is shown, before rotation: (h, w, 3) float32 in 0..255."""
    if not matrix:
        return picture.to_ndarray(format="rgb24").astype(np.float32)
    full = picture.format.name.startswith("yuvj") or int(picture.color_range) == FULL
    bits = picture.format.components[0].bits
    y, u, v = (plane / 2 ** (bits - 8) for plane in _planes(picture))
    y = y if full else (y - 16) * 255 / 219
    u, v = ((c - 128) * (1 if full else 255 / 224) for c in (u, v))
    r, _, b = WEIGHTS[matrix]
    red, blue = y + 2 * (1 - r) * v, y + 2 * (1 - b) * u
    green = (y - r * red - b * blue) / (1 - r - b)
    return np.clip(np.dstack([red, green, blue]), 0, 255).astype(np.float32)


def _planes(picture: av.VideoFrame) -> list[np.ndarray]:
    """Y, U, V at full size, float32."""
    kind, planes = np.uint8 if picture.format.components[0].bits == 8 else np.uint16, []
    for plane in picture.planes:
        rows = np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width]
        across, down = -(-picture.width // plane.width), -(-picture.height // plane.height)
        full = rows.repeat(down, 0).repeat(across, 1)[: picture.height, : picture.width]
        planes.append(full.astype(np.float32))
    return planes
