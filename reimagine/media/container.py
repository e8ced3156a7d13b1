"""Opening of media files with PyAV; FFmpeg's errors become a `MediaError`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.files import unicode_path
from reimagine.media.images.sizes import check_pixels

if TYPE_CHECKING:
    from av import VideoStream
    from av.container import InputContainer, OutputContainer


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading.

    Raises:
        MediaError: FFmpeg cannot open the file, or fails while it is open.
    """
    import av

    with _one_line_errors(path), unicode_path(path) as readable, av.open(_url(readable)) as container:
        yield container


@contextmanager
def open_output(
    path: Path, format: str | None = None, options: dict[str, str] | None = None
) -> Iterator[OutputContainer]:
    """Open a media file for writing.

    Args:
        format: FFmpeg's name of the container; by default it is chosen by the suffix.
        options: FFmpeg's options of the container.

    Raises:
        MediaError: FFmpeg cannot write the file.
    """
    import av

    with (
        _one_line_errors(path),
        unicode_path(path) as written,
        av.open(_url(written), "w", format=format, options=options) as container,
    ):
        yield container


def _url(path: Path) -> str:
    """A path as FFmpeg's URL: without the protocol, it takes the text before a colon for one."""
    return f"file:{path}"


@contextmanager
def _one_line_errors(path: Path) -> Iterator[None]:
    from av.error import FFmpegError

    quiet_log()
    try:
        yield
    except FFmpegError as error:
        raise MediaError(f"{path}: {error_reason(error)}") from error


def quiet_log() -> None:
    """Turn off the logs of FFmpeg and SVT-AV1. FFmpeg's needs the interpreter lock, which a thread cannot take."""
    import av.logging

    av.logging.set_level(None)
    os.environ.setdefault("SVT_LOG", "1")


def use_decoding_threads(stream: VideoStream) -> None:
    """Decode a stream by several threads, by frames or by slices as its codec allows."""
    stream.thread_type = "AUTO"  # pyright: ignore[reportAttributeAccessIssue]


def limit_pixels(path: Path, stream: VideoStream, megapixels: float) -> None:
    """Refuse pictures above a size, those that a stream states and those that its decoder meets later.

    Raises:
        MediaError: the stream states a larger size.
    """
    if stream.codec_context is None:
        raise MediaError(f"{path}: its picture has a format that FFmpeg cannot decode; convert it to H.264 or FFV1")
    check_pixels(path, stream.width, stream.height, megapixels)
    stream.codec_context.options = {"max_pixels": str(round(megapixels * 1e6))}


def error_reason(error: Exception) -> str:
    """What an error of FFmpeg says, without its number and file name."""
    text = getattr(error, "strerror", "") or str(error)
    if "Invalid data" in text:
        return "not a film, or damaged (FFmpeg finds no valid data in it)"
    return text
