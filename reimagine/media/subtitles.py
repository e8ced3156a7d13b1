"""Text subtitles in the formats of MP4, Matroska and WebM."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

LENGTH_BYTES = 2
"""Bytes before the text of an MP4 subtitle that hold its length, big-endian."""


def converter(source: str, target: str) -> Callable[[bytes], bytes | None]:
    """The function that converts the data of a packet between two text formats; None stands for no text.

    Args:
        source: FFmpeg's name of the decoder.
        target: FFmpeg's name of the encoder.
    """
    return partial(_convert, timed_text=source == "mov_text", to_timed_text=target == "mov_text")


def _convert(data: bytes, timed_text: bool, to_timed_text: bool) -> bytes | None:
    text = data[LENGTH_BYTES : LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")] if timed_text else data
    if not text:
        return None
    return len(text).to_bytes(LENGTH_BYTES, "big") + text if to_timed_text else text
