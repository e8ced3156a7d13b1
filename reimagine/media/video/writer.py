"""Writing and reading of intermediate frames by number, and writing of image files.

Intermediate frames are stored in NUT, FFmpeg's own container, which keeps frame numbers exactly; Matroska rounds times
to 1 ms. MagicYUV takes a fifth of the time of FFV1 to write and read, and an eighth more space; it holds 8 bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reimagine.errors import MediaError
from reimagine.files import atomic_file
from reimagine.media.container import open_container, open_output, use_decoding_threads
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame, VideoStream
    from matplotlib.figure import Figure

CODECS = {
    "magicyuv": ("magicyuv", {"pred": "median"}),
    "ffv1": ("ffv1", {"level": "3", "slices": "4", "slicecrc": "0"}),
    "h264": ("libx264", {"preset": "ultrafast", "crf": "12"}),
}
"""FFmpeg's name and options of each codec for intermediate frames; h264 is the only lossy one."""
DEEP_CODEC = "ffv1"
"""The codec for frames of more than 8 bits, in place of a lossless one of 8 bits."""
DEEP_IMAGE_SUFFIXES = (".png", ".tif", ".tiff")
"""Image files that hold 16 bits."""


def write_frames(path: Path, frames: Iterable[Frame], rate: Fraction, codec: str = "magicyuv") -> int:
    """Write intermediate frames under their numbers.

    Args:
        path: a .nut file; it is complete or, if the write is interrupted, absent.
        frames: in order, all of one size.
        rate: frames per second; the time of a frame is its number / `rate`.
        codec: a key of `CODECS`; magicyuv is replaced by `DEEP_CODEC` for more than 8 bits, and h264 has 8 bits.

    Returns:
        The number of frames.
    """
    stream, count = None, 0
    with atomic_file(path) as temporary, open_output(temporary, "nut") as container:
        for frame in frames:
            if stream is None:
                name, options = CODECS[DEEP_CODEC if codec == "magicyuv" and frame.depth > 8 else codec]
                stream = cast("VideoStream", container.add_stream(name, rate=rate, options=options))
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p" if codec == "h264" else frame.pixel_format
                stream.codec_context.time_base = 1 / rate
                stream.codec_context.thread_count = 2
            picture = frame.picture
            picture.pts, picture.time_base = frame.index, 1 / rate
            container.mux(stream.encode(picture))
            count += 1
        if stream is not None:
            container.mux(stream.encode())
    return count


def read_frames(path: Path, film: Film, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
    """Intermediate frames `start` to `stop` (exclusive; by default all) of a film."""
    for index, picture in _numbered(path, film.rate, start, stop):
        yield Frame(index, picture, matrix=film.matrix, full=film.full)


def read_images(path: Path, stop: int | None = None) -> Iterator[Frame]:
    """Intermediate frames that were made from RGB images and written at rate 1, up to `stop` (exclusive)."""
    for index, picture in _numbered(path, Fraction(1), 0, stop):
        yield Frame(index, picture, full=True)


def _numbered(path: Path, rate: Fraction, start: int, stop: int | None) -> Iterator[tuple[int, VideoFrame]]:
    """Frame numbers and pictures, from `start` to `stop` (exclusive)."""
    with open_container(path) as container:
        stream = container.streams.video[0]
        use_decoding_threads(stream)
        tick = stream.time_base
        assert tick is not None
        if start:
            container.seek(int(start / rate / tick), stream=stream)
        for picture in container.decode(stream):
            assert picture.pts is not None
            index = round(picture.pts * tick * rate)
            if stop is not None and index >= stop:
                return
            if index >= start:
                yield index, picture


def concatenate(parts: list[Path], path: Path) -> None:
    """Write the frames of several files, in order, to one file; the packets are copied, not encoded again."""
    with atomic_file(path) as temporary, open_output(temporary, "nut") as target:
        stream = None
        for part in parts:
            with open_container(part) as container:
                source = container.streams.video[0]
                stream = stream or target.add_stream_from_template(source)
                for packet in container.demux(source):
                    if packet.pts is not None:
                        packet.stream = stream
                        target.mux(packet)


def write_image(path: Path, image: np.ndarray, quality: int | None = None) -> None:
    """Write an image file that is complete or, if the write is interrupted, absent.

    Args:
        path: the suffix selects the format.
        image: (H, W, 3) RGB, uint8, or uint16 for PNG and TIFF.
        quality: of WebP and JPEG, 0 to 100; by default WebP is lossless and JPEG has OpenCV's default.

    Raises:
        MediaError: the file cannot be written.
    """
    import cv2

    keys = {".webp": cv2.IMWRITE_WEBP_QUALITY, ".jpg": cv2.IMWRITE_JPEG_QUALITY}
    settings = [keys[path.suffix], quality] if quality is not None and path.suffix in keys else []
    try:
        encoded, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    except cv2.error:
        encoded, data = False, None
    if not encoded or data is None:
        size = f"{image.shape[1]}x{image.shape[0]}"
        raise MediaError(f"{path}: {path.suffix} cannot hold this picture of {size} pixels; use .png")
    try:
        with atomic_file(path) as temporary:
            temporary.write_bytes(data.tobytes())
    except OSError as error:
        raise MediaError(f"{path}: cannot be written ({error.strerror}); check the disk and the folder") from error


def write_figure(path: Path, figure: Figure, dpi: int) -> None:
    """Write a Matplotlib figure as an image file that is complete or, if the write is interrupted, absent.

    Args:
        path: the suffix selects the format.
        figure: the figure; its size is in inches.
        dpi: pixels per inch.
    """
    with atomic_file(path) as temporary:
        figure.savefig(temporary, dpi=dpi)
