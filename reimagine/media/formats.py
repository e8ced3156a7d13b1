"""What containers can hold, and the container that holds all of a film's streams."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.media.container import open_container
from reimagine.media.film import Film

if TYPE_CHECKING:
    from av.stream import Stream

MP4_CODECS = ("aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "flac", "dts", "dca", "mov_text", "mp2")
"""Codecs of sound and subtitles that MP4 and MOV can hold."""
WEBM_CODECS = ("opus", "vorbis", "webvtt", "libvorbis", "libopus")
"""Codecs of sound and subtitles that WebM can hold."""
FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi"}
"""FFmpeg's name of each container of films, by suffix."""


@cache
def supported_codecs(container: str) -> frozenset[str]:
    """Codecs that FFmpeg can copy into a container."""
    import av

    with av.open(io.BytesIO(), "w", format=container) as empty:
        return frozenset(empty.supported_codecs)


def can_copy_picture(film: Film, suffix: str) -> bool:
    """Whether the source's picture can be copied into a container of this suffix."""
    with open_container(Path(film.source)) as container:
        codec = codec_of(container.streams.video[film.picture_stream])
    return codec in supported_codecs(FORMATS.get(suffix.lower(), "matroska"))


def codec_of(stream: Stream) -> str:
    """FFmpeg's name of a stream's codec; "" if it is unknown."""
    return stream.codec_context.name if stream.codec_context else ""


def fits(container: str, stream: Stream) -> bool:
    """Whether a container, by FFmpeg's name, can hold a stream of sound or subtitles."""
    name = codec_of(stream)
    if container in ("mp4", "mov"):
        return name in MP4_CODECS or (name.startswith("pcm_") and container == "mov")
    if container == "webm":
        return name in WEBM_CODECS
    return name != "mov_text"


def film_suffix(film: Film, copies_picture: bool, new_sound: bool) -> str:
    """Suffix of a finished film: ".mp4", or ".mkv" if MP4 cannot hold a stream that is copied from the source.

    Args:
        copies_picture: whether the source's picture is copied where a container can hold it.
        new_sound: whether a new sound takes the place of the first audio track.
    """
    with open_container(Path(film.source)) as container:
        streams = container.streams
        copied = (*streams.audio[1 if new_sound else 0 :], *streams.subtitles)
        fitting = all(fits("mp4", stream) for stream in copied)
    if copies_picture and not can_copy_picture(film, ".mp4") and can_copy_picture(film, ".mkv"):
        return ".mkv"
    return ".mp4" if fitting else ".mkv"
