"""Writing of the finished film: new frames and sound, and copies of the source's other streams."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reimagine.files import atomic_file
from reimagine.media.audio.sound import Sound
from reimagine.media.container import open_container, open_output
from reimagine.media.export.constant_rate import at_constant_rate
from reimagine.media.export.containers import (
    CHAPTER_SUFFIXES,
    CONSTANT_RATE_SUFFIXES,
    FORMATS,
    MATROSKA_SUFFIXES,
    MP4_SUFFIXES,
    TEXT_SUBTITLES,
    is_convertible,
    is_cover,
    other_streams,
    states_aspect,
    stream_fits,
)
from reimagine.media.export.encoding import Encoding, lost_depth
from reimagine.media.export.images import write_frame
from reimagine.media.export.matroska import set_display_width
from reimagine.media.export.metadata import Expected, content_tags, film_timecode, set_track_tags, track_tags
from reimagine.media.export.new_streams import encode_picture, encode_sound, encoded_size
from reimagine.media.export.stream_copy import Copy, TimedPackets, add_copy, attach, copied_packets
from reimagine.media.export.subtitles import converter, loses_layout
from reimagine.media.export.transcode import encoder_for, transcoded_packets
from reimagine.media.images.decoding import image_facts
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.container.core import Chapter
    from av.stream import Stream


def export(film: Film, out: Path, frames: Iterable[Frame] | None, sound: Sound | None, encoding: Encoding) -> list[str]:
    """Write the finished film.

    Args:
        film: the source.
        out: file to write; the suffix selects the container.
        frames: the new frames; None copies the packets of the source's picture.
        sound: the new sound, which replaces the first audio track; None copies all of the source's audio tracks.
        encoding: of the new frames.

    Returns:
        A sentence for each stream or property that does not fit the container and was changed or left out.
    """
    if film.is_still:
        for frame in frames or ():
            write_frame(out, frame, film)
        return []
    with atomic_file(out) as temporary:
        return _write(film, temporary, frames, sound, encoding)


def _write(film: Film, out: Path, frames: Iterable[Frame] | None, sound: Sound | None, encoding: Encoding) -> list[str]:
    """Write a film to its temporary file."""
    suffix = out.suffix.lower()
    with ExitStack() as stack:
        source = None if film.stills else stack.enter_context(open_container(Path(film.source)))
        options = {"movflags": "+faststart"} if suffix in MP4_SUFFIXES else {}
        target = stack.enter_context(open_output(out, FORMATS.get(suffix), options))
        job = _Export(film, source, target, suffix)
        job.add_picture(frames, encoding)
        if sound is not None:
            job.streams.append(encode_sound(target, sound, suffix, encoding.encoder(suffix).sound))
            job.expected.add_new_sound()
        if source is None:
            job.add_timecode(image_facts(Path(film.stills[0])).timecode)
        else:
            job.add_others(other_streams(source, film, sound is not None), sound is not None)
            job.add_metadata(source)
        _mux(target, job.packets())
    if job.display_width:
        set_display_width(out, job.display_width)
    return [*job.remarks, *job.expected.missing(out, suffix)]


def _mux(target: OutputContainer, streams: list[TimedPackets]) -> None:
    """Write the packets of all streams interleaved by time, so that few are in memory."""
    for _, packet in heapq.merge(*streams, key=lambda item: item[0]):
        target.mux(packet)


@dataclass
class _Export:
    """One output: the streams that it has so far, and remarks on what was not kept.

    Attributes:
        source: the film's file; an image sequence has none.
        suffix: of the output, lower case.
        streams: packets that are encoded as they are taken.
        copies: where streams of the source go.
        expected: what the written file is compared with.
        display_width: pixels, to be written into the finished file; 0 for none.
    """

    film: Film
    source: InputContainer | None
    target: OutputContainer
    suffix: str
    streams: list[TimedPackets] = field(default_factory=list)
    copies: dict[int, Copy] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    expected: Expected = field(default_factory=Expected)
    display_width: int = 0

    def add_picture(self, frames: Iterable[Frame] | None, encoding: Encoding) -> None:
        """Encode new frames, or copy the source's picture."""
        if not self.film.frames:
            return
        if self.source and self.film.picture_stream < len(self.source.streams.video):
            self.expected.add_track(self.source.streams.video[self.film.picture_stream])
        if frames is not None or self.source is None:
            self._encode(frames or (), encoding)
            return
        stream = self.source.streams.video[self.film.picture_stream]
        self.copies[stream.index] = Copy(add_copy(self.target, stream, self.suffix))
        self._keep_aspect(Fraction(stream.sample_aspect_ratio or 1), stream.width, stream.codec_context.name)

    def _encode(self, frames: Iterable[Frame], encoding: Encoding) -> None:
        film, suffix, encoder = self.film, self.suffix, encoding.encoder(self.suffix)
        if suffix in CONSTANT_RATE_SUFFIXES and (film.ticks or film.last_duration):
            film, frames = at_constant_rate(film, frames, suffix)
            self.remarks.append(
                f"{suffix} holds a constant frame rate: frames are repeated at {float(film.rate):.5g} per second; "
                f"-o film.mkv keeps their times"
            )
        if remark := lost_depth(encoder, film, encoding):
            self.remarks.append(remark)
        self.streams.append(encode_picture(self.source, self.target, film, frames, encoding, suffix))
        width, height = encoded_size(film, encoder.name, suffix)
        if width == film.width + film.width % 2:
            self._keep_aspect(film.aspect, width, encoder.name)
        else:
            self.remarks.append(
                f"{suffix} with {encoding.name(suffix)} has square pixels: the picture was scaled from "
                f"{film.width}x{film.height} to {width}x{height}; -o film{encoder.suffix} keeps its pixels"
            )

    def _keep_aspect(self, aspect: Fraction, width: int, codec: str) -> None:
        self.expected.aspect = aspect
        if aspect != 1 and self.suffix in MATROSKA_SUFFIXES and not states_aspect(self.suffix, codec):
            self.display_width = round(width * aspect)

    def add_others(self, streams: list[Stream], new_sound: bool) -> None:
        """Copy other streams; convert those that the container cannot hold, or remark that they are lost."""
        for stream in streams:
            if stream.type == "audio" and self.film.speed != 1:
                self.remarks.append(f"sound track {stream.index} does not fit the film's changed speed: left out")
            elif is_cover(stream) and stream_fits(self.suffix, stream) and self.suffix in MATROSKA_SUFFIXES:
                attach(self.target, Path(self.film.source), stream)
            elif stream_fits(self.suffix, stream):
                copy = add_copy(self.target, stream, self.suffix)
                _set_disposition(copy, stream, new_sound)
                self.copies[stream.index] = Copy(copy)
                self.expected.add_track(stream)
            elif stream.type == "audio":
                self._transcode(cast("AudioStream", stream), new_sound)
            elif is_convertible(self.suffix, stream):
                self._convert_text(stream)
            elif not self._is_written_otherwise(stream):
                self._leave_out(stream)

    def _is_written_otherwise(self, stream: Stream) -> bool:
        """Whether a data stream of an MP4 file holds the titles of the chapters, or the timecode."""
        return stream.type == "data" and ("timecode" in stream.metadata or bool(self.source and self.source.chapters()))

    def _transcode(self, stream: AudioStream, new_sound: bool) -> None:
        codec = encoder_for(self.suffix, stream)
        new, packets = transcoded_packets(self.film, self.target, stream, codec, self.suffix)
        _set_disposition(new, stream, new_sound)
        self.streams.append(packets)
        self.expected.add_track(stream)
        name = codec.removeprefix("lib").removesuffix("lame") + (
            " in stereo" if stream.channels > 2 and new.channels == 2 else ""
        )
        self.remarks.append(
            f"sound track {stream.index} ({stream.codec_context.name}) does not fit {self.suffix} and was encoded as "
            f"{name}; {_advice(stream)} as it is"
        )

    def _convert_text(self, stream: Stream) -> None:
        codec = TEXT_SUBTITLES[self.suffix]
        copy = self.target.add_mux_stream(codec)
        copy.time_base = stream.time_base
        set_track_tags(copy, track_tags(stream), self.suffix)
        copy.disposition = stream.disposition
        self.copies[stream.index] = Copy(copy, converter(stream.codec_context.name, codec))
        self.expected.add_track(stream)
        if loses_layout(stream.codec_context.name):
            self.remarks.append(
                f"subtitle {stream.index} was written as plain text: {self.suffix} has no place for its layout; "
                f"-o film.mkv keeps it"
            )

    def _leave_out(self, stream: Stream) -> None:
        name = "cover" if is_cover(stream) else stream.type
        codec = f" ({stream.codec_context.name})" if stream.codec_context else ""
        self.remarks.append(
            f"{name} {stream.index}{codec} does not fit {self.suffix} and was left out; {_advice(stream)}"
        )

    def add_timecode(self, timecode: str | None) -> None:
        """Write the timecode of the first frame, if it has one."""
        if timecode:
            self.target.metadata["timecode"] = self.expected.tags["timecode"] = timecode

    def add_metadata(self, source: InputContainer) -> None:
        """Copy metadata, timecode and chapters; chapters are cut to the film."""
        self.expected.tags = content_tags(source.metadata)
        self.target.metadata.update(self.expected.tags)
        self.add_timecode(film_timecode(source, self.film))
        chapters = [_placed_chapter(chapter, self.film) for chapter in source.chapters()]
        if kept := [chapter for chapter in chapters if chapter["end"] > chapter["start"]]:
            if self.suffix in CHAPTER_SUFFIXES:
                self.target.set_chapters(kept)
            else:
                self.remarks.append(f"chapters do not fit {self.suffix} and were left out; -o film.mkv keeps them")

    def packets(self) -> list[TimedPackets]:
        """The packets of all streams."""
        return [*([copied_packets(self.film, self.copies)] if self.copies else []), *self.streams]


def _set_disposition(track: Stream, source: Stream, new_sound: bool) -> None:
    """Mark a track as that of the source is; new sound is the default track in place of it."""
    from av.stream import Disposition

    other = new_sound and source.type == "audio"
    track.disposition = source.disposition & ~Disposition.default if other else source.disposition


def _advice(stream: Stream) -> str:
    """Which container keeps a stream."""
    suffixes = (".mkv", ".mov", ".mp4")
    suffix = next((s for s in suffixes if stream_fits(s, stream) or is_convertible(s, stream)), None)
    return f"-o film{suffix} keeps it" if suffix else "no container that is written holds it"


def _placed_chapter(chapter: Chapter, film: Film) -> Chapter:
    """A chapter at its times in the film; the end is not after the start if it belongs to another part."""
    tick = Fraction(chapter["time_base"] or Fraction(1, 1000))
    origin = Fraction(film.origin) / tick
    start, end = (round((chapter[name] - origin) / film.speed) for name in ("start", "end"))
    last = round(Fraction(film.seconds) / tick) if film.trimmed else end
    return {**chapter, "start": max(0, start), "end": min(end, last)}
