"""Properties of a film: its size, number of frames, frame rate and the time of each frame."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from reimagine.errors import MediaError

MIDI_SUFFIXES = (".mid", ".midi")
"""Files that are read as notes."""
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""Files that are read as images."""
FINGERPRINT_SLICES = 64
"""Slices of a file that are hashed, evenly spaced."""
FINGERPRINT_BYTES = 64 * 1024
"""Bytes per slice; all slices together are 4 MiB, which takes milliseconds even for a file of 50 GB."""


@dataclass(frozen=True)
class Film:
    """Properties of a source.

    Attributes:
        source: path of the file, or of a folder of images.
        fingerprint: hash of the source, see `fingerprint`.
        frames: number of frames of the film, after trimming; 0 for sound or notes only.
        rate: frames per second, exact; for a variable frame rate the average.
        width: pixels.
        height: pixels.
        seconds: duration.
        ticks: time of each frame since the first, in units of `tick`; empty for a constant frame rate, where frame n
            has the time n / rate.
        tick: seconds.
        pts: timestamp of each frame in the source, in units of its time base.
        first: number in the source of the film's first frame (`--start`).
        offset: time in the source of the film's first frame, seconds.
        trimmed: whether the film is only a part of the source.
        rotation: degrees clockwise by which frames are rotated when they are read.
        interlaced: whether frames are deinterlaced when they are read.
        matrix: YUV matrix, "bt601" or "bt709".
        full: whether luma spans 0..255 rather than 16..235.
        aspect: sample aspect ratio.
        sounds: number of audio tracks.
        stills: paths of the images, if the source is one image or a folder of them.
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
    first: int = 0
    offset: float = 0.0
    trimmed: bool = False
    rotation: int = 0
    interlaced: bool = False
    matrix: str = "bt601"
    full: bool = False
    aspect: Fraction = Fraction(1)
    sounds: int = 0
    stills: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def is_still(self) -> bool:
        """Whether the source is an image or a folder of images."""
        return bool(self.stills)

    @property
    def is_score(self) -> bool:
        """Whether the source is a MIDI file."""
        return self.source.lower().endswith(MIDI_SUFFIXES)

    def time(self, index: int) -> Fraction:
        """Time of a frame in seconds; frames after the last follow at `rate`."""
        if not self.ticks:
            return index / self.rate
        if index < len(self.ticks):
            return self.ticks[index] * self.tick
        return self.ticks[-1] * self.tick + (index - len(self.ticks) + 1) / self.rate

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
        first = bisect_left(times, Fraction(start or 0).limit_denominator(10**6))
        stop = self.frames if end is None else bisect_left(times, Fraction(end).limit_denominator(10**6))
        if stop <= first:
            raise MediaError(
                f"{self.source}: has no frames between --start and --end; give times within its {self.seconds:.2f} s"
            )
        end_seconds = float(times[stop]) if stop < self.frames else self.seconds
        return replace(
            self,
            frames=stop - first,
            ticks=tuple(t - self.ticks[first] for t in self.ticks[first:stop]) if self.ticks else (),
            pts=self.pts[first:stop],
            first=self.first + first,
            trimmed=True,
            offset=self.offset + float(times[first]),
            seconds=end_seconds - float(times[first]),
            stills=self.stills[first:stop],
        )

    def is_source_file(self, path: Path) -> bool:
        """Whether a file is the source, or one of its images."""
        sources = (Path(p) for p in (self.source, *self.stills))
        return path.exists() and any(path.samefile(p) for p in sources if p.exists())

    def save(self, path: Path) -> None:
        """Write the properties to a JSON file."""
        path.write_text(json.dumps(asdict(self), default=str, indent=1))

    @staticmethod
    def read(path: Path) -> Film:
        """Read the properties that `save` wrote."""
        properties = json.loads(path.read_text())
        for name in ("rate", "tick", "aspect"):
            properties[name] = Fraction(properties[name])
        for name in ("ticks", "pts", "stills", "notes"):
            properties[name] = tuple(properties[name])
        return Film(**properties)


def fingerprint(path: Path) -> str:
    """SHA-256 of the size and some slices of a file; of a folder, of its images, or of all its files."""
    digest = hashlib.sha256()
    files = (list_images(path) or sorted(p for p in path.iterdir() if p.is_file())) if path.is_dir() else []
    for file in files or [path]:
        size = 0 if file.is_dir() else file.stat().st_size
        digest.update(f"{file.name if path.is_dir() else ''}{size}".encode())
        if not size:
            continue
        with file.open("rb") as data:
            for part in range(FINGERPRINT_SLICES):
                data.seek(size * part // FINGERPRINT_SLICES)
                digest.update(data.read(FINGERPRINT_BYTES))
    return digest.hexdigest()


def list_images(folder: Path) -> list[Path]:
    """Image files of a folder, sorted by name; hidden files are left out."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and p.name[0] != ".")


def is_constant_rate(ticks: list[int], tick: Fraction, rate: Fraction) -> bool:
    """Whether frame times, in units of `tick` seconds, are those of a constant rate rounded to the tick."""
    tolerance = max(tick, Fraction(1, 1001)) * Fraction(3, 2)
    return all(abs(t * tick - n / rate) <= tolerance for n, t in enumerate(ticks))
