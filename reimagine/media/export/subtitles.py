"""Text subtitles in the formats of MP4, Matroska and WebM."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

LENGTH_BYTES = 2
"""Bytes before the text of an MP4 subtitle that hold its length, big-endian."""
ASS_CODECS = ("ass", "ssa")
"""Subtitles with a layout, in FFmpeg's names."""
ASS_FIELDS = 8
"""Fields, separated by commas, before the text of a packet of ASS."""
ASS_OVERRIDES = re.compile(rb"\{[^}]*\}")
"""Instructions on layout within the text of ASS; SubRip has some of them too."""
TAGS = re.compile(rb"<[^>]*>")
"""Instructions on type within the text of SubRip and WebVTT."""


def loses_layout(codec: str) -> bool:
    """Whether subtitles have a layout that plain text has not."""
    return codec in ASS_CODECS


def converter(source: str, target: str) -> Callable[[bytes], bytes | None]:
    """The function that converts the data of a packet between two text formats; None stands for no text.

    Args:
        source: FFmpeg's name of the decoder.
        target: FFmpeg's name of the encoder.
    """
    return partial(_convert, source=source, to_timed_text=target == "mov_text")


def _convert(data: bytes, source: str, to_timed_text: bool) -> bytes | None:
    text = data
    if source == "mov_text":
        text = data[LENGTH_BYTES : LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")]
    elif loses_layout(source):
        text = data.split(b",", ASS_FIELDS)[-1].replace(b"\\N", b"\n").replace(b"\\n", b"\n").replace(b"\\h", b" ")
        text = ASS_OVERRIDES.sub(b"", text)
    if to_timed_text:
        text = ASS_OVERRIDES.sub(b"", TAGS.sub(b"", text))
    if not text:
        return None
    return len(text).to_bytes(LENGTH_BYTES, "big") + text if to_timed_text else text
