"""Artifacts: lossless pictures on the way, addressed by frame number, whole or absent.

They lie in NUT, FFmpeg's own container: it keeps a frame's number exactly (Matroska rounds times
to 1 ms). MagicYUV is written and read in a fifth of FFV1's time and is an eighth bigger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from reimagine.media.files import replace_atomically
from reimagine.media.film import Film
from reimagine.media.frames import Frame
from reimagine.media.reader import open_container

CODECS = {
    "magicyuv": ("magicyuv", {"pred": "median"}),
    "ffv1": ("ffv1", {"level": "3", "slices": "4", "slicecrc": "0"}),
    "h264": ("libx264", {"preset": "ultrafast", "crf": "12"}),
}


def write_frames(path: Path, frames: Iterable[Frame], rate: Fraction, codec: str = "magicyuv") -> int:
    """Write frames at their numbers; gives back how many."""
    name, options = CODECS[codec]
    temporary, stream, count = path.with_name("." + path.name), None, 0
    with open_container(temporary, "w", format="nut") as box:
        for frame in frames:
            if stream is None:
                stream = box.add_stream(name, rate=rate, options=options)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
                stream.codec_context.time_base = 1 / rate
                stream.codec_context.thread_count = 2
            picture = frame.picture
            picture.pts, picture.time_base = frame.index, 1 / rate
            box.mux(stream.encode(picture))
            count += 1
        if stream is not None:
            box.mux(stream.encode())
    replace_atomically(temporary, path)
    return count


def read_frames(path: Path, film: Film, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
    """Frames of a film by number."""
    for index, picture in _numbered(path, film.rate, start, stop):
        yield Frame(index, picture, matrix=film.matrix, full=film.full)


def read_images(path: Path, stop: int | None = None) -> Iterator[Frame]:
    """Pictures that are no film's: written at rate 1, and made of RGB."""
    for index, picture in _numbered(path, Fraction(1), 0, stop):
        yield Frame(index, picture, full=True)


def _numbered(path: Path, rate: Fraction, start: int, stop: int | None) -> Iterator[tuple[int, Any]]:
    with open_container(path) as box:
        stream = box.streams.video[0]
        stream.thread_type = "AUTO"
        if start:
            box.seek(int(start / rate / stream.time_base), stream=stream)
        for picture in box.decode(stream):
            index = round(picture.pts * stream.time_base * rate)
            if stop is not None and index >= stop:
                return
            if index >= start:
                yield index, picture


def concatenate(parts: list[Path], path: Path) -> None:
    """Put parts one after the other, packets copied as they are."""
    temporary = path.with_name("." + path.name)
    with open_container(temporary, "w", format="nut") as target:
        stream = None
        for part in parts:
            with open_container(part) as box:
                source = box.streams.video[0]
                stream = stream or target.add_stream_from_template(source)
                for packet in box.demux(source):
                    if packet.pts is not None:
                        packet.stream = stream
                        target.mux(packet)
    replace_atomically(temporary, path)


def write_image(path: Path, image, quality: int | None = None) -> None:
    """(H, W, 3) uint8 RGB to a picture file, whole or absent; the suffix says the format. `quality` (0 to
    100) is of WebP and JPEG; without it they are as good as they can be."""
    import cv2

    kinds = {".webp": cv2.IMWRITE_WEBP_QUALITY, ".jpg": cv2.IMWRITE_JPEG_QUALITY}
    how = [kinds[path.suffix], quality] if quality is not None and path.suffix in kinds else []
    temporary = path.with_name("." + path.name)
    cv2.imwrite(str(temporary), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), how)
    replace_atomically(temporary, path)
