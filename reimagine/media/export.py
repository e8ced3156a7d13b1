"""Writing of the finished film: new frames and sound, and copies of the source's other streams."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reimagine.media.container import open_container, open_output
from reimagine.media.containers import TEXT_SUBTITLES, container_holds, is_text, other_streams, stream_fits
from reimagine.media.encoders import Encoding, encode_picture, encode_sound
from reimagine.media.files import replace_atomically, temporary_path
from reimagine.media.film import Film
from reimagine.media.frames import Frame
from reimagine.media.sound import Sound
from reimagine.media.stream_copy import Copy, TimedPackets, add_copy, copied_packets, transcoded_packets
from reimagine.media.subtitles import converter
from reimagine.media.writer import write_image

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.container.core import Chapter
    from av.stream import Stream

TRANSCODERS = {".webm": "libopus", ".avi": "libmp3lame", ".mkv": "flac"}
"""FFmpeg's encoder of sound that a container cannot hold; AAC for all others."""
MATROSKA_SUFFIXES = (".mkv", ".webm")
"""Containers whose own sample aspect ratio PyAV cannot set."""
CODECS_WITHOUT_ASPECT = ("vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "libsvtav1")
"""Codecs whose bitstream has no sample aspect ratio."""
TECHNICAL_METADATA = ("encoder", "major_brand", "minor_version", "compatible_brands", "duration")
"""Metadata that describes the source's file, not its content."""

__all__ = ["Encoding", "export"]


def export(film: Film, out: Path, frames: Iterable[Frame] | None, sound: Sound | None, encoding: Encoding) -> list[str]:
    """Write the finished film.

    Args:
        film: the source.
        out: file to write; the suffix selects the container.
        frames: the new frames; None copies the packets of the source's picture.
        sound: the new sound, which replaces the first audio track; None copies all of the source's audio tracks.
        encoding: of the new frames.

    Returns:
        A sentence for each stream that does not fit the container and was encoded anew or left out.
    """
    if film.is_still:
        for frame in frames or ():
            write_image(out, frame.image[: film.height, : film.width])
        return []
    temporary = temporary_path(out)
    with ExitStack() as stack:
        source = stack.enter_context(open_container(Path(film.source)))
        target = stack.enter_context(open_output(temporary, options=_container_options(out)))
        job = _Export(film, source, target, out.suffix.lower())
        job.add_picture(frames, encoding)
        if sound is not None:
            codec = encoding.encoder(job.suffix).sound
            job.streams.append(encode_sound(target, sound, codec))
        job.add_others(other_streams(source, film, sound is not None), sound is not None)
        job.add_metadata()
        _mux(target, job.packets())
    replace_atomically(temporary, out)
    return job.remarks


def _container_options(out: Path) -> dict[str, str]:
    return {"movflags": "+faststart"} if out.suffix in (".mp4", ".mov", ".m4v") else {}


def _mux(target: OutputContainer, streams: list[TimedPackets]) -> None:
    """Write the packets of all streams interleaved by time, so that few are in memory."""
    for _, packet in heapq.merge(*streams, key=lambda item: item[0]):
        target.mux(packet)


@dataclass
class _Export:
    """One output: the streams that it has so far, and remarks on what was not kept.

    Attributes:
        suffix: of the output, lower case.
        streams: packets that are encoded as they are taken.
        copies: where streams of the source go.
    """

    film: Film
    source: InputContainer
    target: OutputContainer
    suffix: str
    streams: list[TimedPackets] = field(default_factory=list)
    copies: dict[int, Copy] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add_picture(self, frames: Iterable[Frame] | None, encoding: Encoding) -> None:
        """Encode new frames, or copy the source's picture."""
        codec = encoding.encoder(self.suffix).name
        if frames is None and self.film.frames:
            codec = self.source.streams.video[self.film.picture_stream].codec_context.name
        if self.film.aspect != 1 and self.suffix in MATROSKA_SUFFIXES and codec in CODECS_WITHOUT_ASPECT:
            self.remarks.append(f"the sample aspect ratio {self.film.aspect} is not kept; -o film.mp4 keeps it")
        if frames is not None:
            arguments = self.source, self.target, self.film, frames, encoding, self.suffix
            self.streams.append(encode_picture(*arguments))
        elif self.film.frames:
            stream = self.source.streams.video[self.film.picture_stream]
            self.copies[stream.index] = Copy(add_copy(self.target, stream))

    def add_others(self, streams: list[Stream], new_sound: bool) -> None:
        """Copy other streams; convert those that the container cannot hold, or remark that they are lost."""
        from av.stream import Disposition

        for stream in streams:
            if stream.type == "audio" and self.film.speed != 1:
                self.remarks.append(f"sound track {stream.index} does not fit the speed of --rate and was left out")
            elif stream_fits(self.suffix, stream):
                copy = add_copy(self.target, stream)
                if new_sound and stream.type == "audio":
                    copy.disposition = stream.disposition & ~Disposition.default
                self.copies[stream.index] = Copy(copy)
            elif stream.type == "audio":
                self._transcode(cast("AudioStream", stream))
            elif stream.type == "subtitle" and is_text(stream) and self.suffix in TEXT_SUBTITLES:
                self._convert_text(stream)
            elif not self._is_chapter_track(stream):
                self._leave_out(stream)

    def _is_chapter_track(self, stream: Stream) -> bool:
        """Whether a data stream of an MP4 file holds the titles of the chapters, which are written as chapters."""
        return stream.type == "data" and bool(self.source.chapters()) and "timecode" not in stream.metadata

    def _transcode(self, stream: AudioStream) -> None:
        codec = TRANSCODERS.get(self.suffix, "aac")
        if not container_holds(self.suffix, "audio", codec):
            self._leave_out(stream)
            return
        self.streams.append(transcoded_packets(self.film, self.target, stream, codec))
        name = codec.removeprefix("lib")
        self.remarks.append(
            f"sound track {stream.index} ({stream.codec_context.name}) does not fit {self.suffix} and was encoded as "
            f"{name}; -o film.mkv keeps it as it is"
        )

    def _convert_text(self, stream: Stream) -> None:
        codec = TEXT_SUBTITLES[self.suffix]
        copy = self.target.add_mux_stream(codec)
        copy.time_base = stream.time_base
        copy.metadata.update(stream.metadata)
        copy.disposition = stream.disposition
        self.copies[stream.index] = Copy(copy, converter(stream.codec_context.name, codec))

    def _leave_out(self, stream: Stream) -> None:
        name = f" ({stream.codec_context.name})" if stream.codec_context else ""
        advice = "-o film.mkv keeps it" if stream_fits(".mkv", stream) else "no container that is written holds it"
        self.remarks.append(f"{stream.type} {stream.index}{name} does not fit {self.suffix} and was left out; {advice}")

    def add_metadata(self) -> None:
        """Copy metadata and chapters; chapters are cut to the film."""
        for name, value in self.source.metadata.items():
            if name.lower() not in TECHNICAL_METADATA:
                self.target.metadata[name] = value
        chapters = [_placed_chapter(chapter, self.film) for chapter in self.source.chapters()]
        if kept := [chapter for chapter in chapters if chapter["end"] > chapter["start"]]:
            self.target.set_chapters(kept)
            if self.suffix == ".avi":
                self.remarks.append("chapters do not fit .avi and were left out; -o film.mkv keeps them")

    def packets(self) -> list[TimedPackets]:
        """The packets of all streams."""
        return [*([copied_packets(self.film, self.copies)] if self.copies else []), *self.streams]


def _placed_chapter(chapter: Chapter, film: Film) -> Chapter:
    """A chapter at its times in the film; the end is not after the start if it belongs to another part."""
    tick = Fraction(chapter["time_base"] or Fraction(1, 1000))
    origin = Fraction(film.origin) / tick
    start, end = (round((chapter[name] - origin) / film.speed) for name in ("start", "end"))
    last = round(Fraction(film.seconds) / tick) if film.trimmed else end
    return {**chapter, "start": max(0, start), "end": min(end, last)}
