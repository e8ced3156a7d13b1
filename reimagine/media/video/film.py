"""Properties of a film: its size, number of frames, frame rate and the time of each frame."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from reimagine.errors import MediaError
from reimagine.files import write_text_atomically
from reimagine.media.digests import file_digest
from reimagine.media.images.names import source_files

MIDI_SUFFIXES = (".mid", ".midi")
"""Files that are read as notes."""
LONG_FRAME = Fraction(3, 2)
"""Periods of the frame rate: a last frame that stands longer keeps its duration; shorter ones are rounding."""
FINGERPRINT_PREFIX = "sha256:"
"""Start of a fingerprint of all bytes; those of earlier releases, of some slices of a file, have none."""


class KeyFrame(NamedTuple):
    """A frame from which decoding can start.

    Attributes:
        number: of the frame in the source.
        packet: number of its packet in the stream, from 0.
        pts: timestamp of the packet, in units of the stream's time base; None if it has none.
        dts: decoding timestamp of the packet.
        checksum: CRC-32 of the packet's data.
        unique: whether no other key frame of the stream has the same checksum.
    """

    number: int
    packet: int
    pts: int | None
    dts: int | None
    checksum: int
    unique: bool

    def is_packet(self, pts: int | None, checksum: int) -> bool:
        """Whether a packet is that of the key frame. After seeking, timestamps can be others than before."""
        return checksum == self.checksum and (self.unique or pts == self.pts)

    @property
    def seek_time(self) -> int | None:
        """The timestamp to seek to: containers search by decoding timestamps where they have them."""
        return self.pts if self.dts is None else self.dts


@dataclass(frozen=True)
class Film:
    """Properties of a source.

    Attributes:
        source: path of the file, of a folder of images, or the pattern of an image sequence.
        fingerprint: hash of the source, see `fingerprint`.
        frames: number of frames of the film, after trimming; 0 for sound or notes only.
        rate: frames per second, exact; for a variable frame rate the average.
        width: pixels.
        height: pixels.
        seconds: duration.
        ticks: time of each frame since the first, in units of `tick`; empty for a constant frame rate, where frame n
            has the time n / rate.
        tick: seconds.
        pts: timestamp of each of the `pictures`, in units of the source's time base; empty if they are missing or
            unordered.
        packets: number of the packet of each of the `pictures`; empty if there are timestamps.
        key_frames: pictures of the source from which decoding can start, in order.
        picture_stream: index of the picture among the source's video streams; cover art is a video stream too.
        first: number of the film's first frame in the whole film (`--start`).
        start_time: time of the whole film's first frame on the container's clock, seconds.
        packet_delay: seconds that timestamps of the picture's packets are later than the times of its frames.
        offset: time of the film's first frame since the whole film's first frame on the container's clock, seconds.
        sound_offset: seconds that the first sample of the first audio track is later than the source's first frame;
            negative if it is earlier. Not changed by `trim`.
        last_duration: seconds that the last frame stands; 0 stands for one period of `rate`.
        trimmed: whether the film is only a part of the source.
        rotation: degrees clockwise by which frames are rotated when they are read: 0, 90, 180 or 270.
        mirrored: whether frames are mirrored left to right, after the rotation, when they are read.
        interlaced: whether frames are deinterlaced when they are read.
        field_rate: whether each field of a picture is a frame of its own, deinterlaced; else each picture is one.
        weave: for each frame, the numbers of the pictures that hold its top and its bottom field, where telecine is
            undone; else empty.
        speed: seconds of the source per second of the film, where its frame rate was given (`--rate`); else 1.
        output_rate: frames per second of the finished film, in which frames are repeated; 0 for `rate`.
        as_stored: whether copied packets of the picture are the film; not if its frames or their times were changed.
        matrix: YUV matrix, a key of `MATRICES`.
        full: whether luma spans 0..255 rather than 16..235.
        pixel_format: FFmpeg's name of the planar YUV format in which frames are read.
        hdr: "PQ" or "HLG" (ITU-R BT.2100) if the picture is of high dynamic range; else empty.
        aspect: sample aspect ratio of the frames as they are read, after the rotation.
        sounds: number of audio tracks.
        stills: paths of the images, if the source is one image, a folder of them or a sequence.
        pages: of each of the `stills`, the number of the picture in its file; empty for the first ones.
        sequence: whether the `stills` are the frames of a film, not pictures of their own.
        notes: remarks for the report, such as "interlaced: deinterlaced".
    """

    source: str
    fingerprint: str
    frames: int
    rate: Fraction
    width: int
    height: int
    seconds: float
    ticks: tuple[int, ...] = ()
    tick: Fraction = Fraction(1, 1000)
    pts: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()
    key_frames: tuple[KeyFrame, ...] = ()
    picture_stream: int = 0
    first: int = 0
    start_time: float = 0.0
    packet_delay: float = 0.0
    offset: float = 0.0
    sound_offset: float = 0.0
    last_duration: Fraction = Fraction(0)
    trimmed: bool = False
    rotation: int = 0
    mirrored: bool = False
    interlaced: bool = False
    field_rate: bool = False
    weave: tuple[tuple[int, int], ...] = ()
    speed: Fraction = Fraction(1)
    output_rate: Fraction = Fraction(0)
    as_stored: bool = True
    matrix: str = "bt601"
    full: bool = False
    pixel_format: str = "yuv420p"
    hdr: str = ""
    aspect: Fraction = Fraction(1)
    sounds: int = 0
    stills: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    sequence: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def is_still(self) -> bool:
        """Whether the source is an image, or a folder of images that are no sequence."""
        return bool(self.stills) and not self.sequence

    @property
    def is_score(self) -> bool:
        """Whether the source is a MIDI file."""
        return self.source.lower().endswith(MIDI_SUFFIXES)

    @property
    def origin(self) -> float:
        """Time of the film's first frame on the container's clock, seconds."""
        return self.start_time + self.offset

    @property
    def pictures(self) -> range:
        """Numbers of the source's pictures that the film is made of."""
        if self.weave:
            return range(min(self.weave[0]), max(self.weave[-1]) + 1)
        end = self.first + self.frames
        return range(self.first // 2, (end + 1) // 2) if self.field_rate else range(self.first, end)

    def first_picture(self, start: int) -> int:
        """The picture of the source from which on pictures are needed for frame `start` and those that follow."""
        if self.weave:
            return min(self.weave[start])
        number = (self.first + start) // (2 if self.field_rate else 1)
        return max(0, number - self.interlaced)  # a deinterlaced frame depends on the picture before

    def time(self, index: int) -> Fraction:
        """Time of a frame in seconds; that of frame `frames` is the end, and later frames follow at `rate`."""
        if self.frames and index >= self.frames and (self.ticks or self.last_duration):
            end = self.time(self.frames - 1) + (self.last_duration or 1 / self.rate)
            return end + (index - self.frames) / self.rate
        return self.ticks[index] * self.tick if self.ticks else index / self.rate

    def trim(self, start: float | None, end: float | None) -> Film:
        """The part of the film between two times in seconds.

        Raises:
            MediaError: the film has no frames, or none between the two times.
        """
        if start is None and end is None:
            return self
        if not self.frames:
            raise MediaError(f"{self.source}: has no picture, so --start and --end cannot be used; leave them out")
        times = [self.time(i) for i in range(self.frames)]
        begin = Fraction(start or 0).limit_denominator(10**6)
        first = bisect_left(times, begin)
        if first == self.frames and begin < self.time(self.frames):
            first -= 1  # the last frame stands at that time
        stop = self.frames if end is None else bisect_left(times, Fraction(end).limit_denominator(10**6))
        if stop <= first:
            raise MediaError(
                f"{self.source}: has no frames between --start and --end; give times within its {self.seconds:.2f} s"
            )
        last_duration = self.time(stop) - times[stop - 1]
        if end is not None and last_duration * self.rate > LONG_FRAME:
            last_duration = min(last_duration, Fraction(end).limit_denominator(10**6) - times[stop - 1])
        return replace(
            self._part(first, stop),
            trimmed=True,
            offset=self.offset + float(times[first] * self.speed),
            last_duration=Fraction(0) if last_duration == 1 / self.rate else last_duration,
            seconds=float(times[stop - 1] + last_duration) - float(times[first]),
        )

    def _part(self, first: int, stop: int) -> Film:
        """Frames `first` to `stop` (exclusive), and what is known of each of them."""
        part = replace(
            self,
            frames=stop - first,
            first=self.first + first,
            ticks=tuple(t - self.ticks[first] for t in self.ticks[first:stop]) if self.ticks else (),
            weave=self.weave[first:stop],
            stills=self.stills[first:stop],
            pages=self.pages[first:stop],
        )
        begin = part.pictures.start - self.pictures.start
        end = begin + len(part.pictures)
        return replace(part, pts=self.pts[begin:end], packets=self.packets[begin:end])

    def is_source_file(self, path: Path) -> bool:
        """Whether a file is the source, or one of its images."""
        sources = (Path(p) for p in (self.source, *self.stills))
        return path.exists() and any(path.samefile(p) for p in sources if p.exists())

    def save(self, path: Path) -> None:
        """Write the properties to a JSON file."""
        write_text_atomically(path, json.dumps(asdict(self), default=str, indent=1))

    def moved(self, source: Path) -> Film:
        """The same film in another place."""
        folder = source if source.is_dir() else source.parent
        return replace(self, source=str(source), stills=tuple(str(folder / Path(s).name) for s in self.stills))


def fingerprint(path: Path) -> str:
    """SHA-256 of a file; of a folder or a sequence, of the names and contents of its images (or of all its files).

    Raises:
        MediaError: no image matches the pattern of a sequence.
    """
    files = source_files(path)
    if files == [path]:
        return FINGERPRINT_PREFIX + file_digest(path)
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file_digest(file)}".encode())
    return FINGERPRINT_PREFIX + digest.hexdigest()


def is_constant_rate(ticks: list[int], tick: Fraction, rate: Fraction) -> bool:
    """Whether frame times, in units of `tick` seconds, are those of a constant rate rounded to the tick."""
    tolerance = max(tick, Fraction(1, 1001)) * Fraction(3, 2)
    return all(abs(t * tick - n / rate) <= tolerance for n, t in enumerate(ticks))
