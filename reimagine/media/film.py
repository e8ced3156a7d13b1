"""Facts about a source: what it is, how many frames, when each is shown."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from reimagine.errors import MediaError

MIDI_SUFFIXES = (".mid", ".midi")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Film:
    """Everything one needs to know of a source without opening it again.

    Attributes:
        source: the file, or a folder of still pictures.
        frames: how many frames the (trimmed) film has; 0 for a file of sound only.
        rate: frames a second, exact; of a variable-rate film its average.
        ticks: each frame's time in units of `tick` seconds from the first; of a constant-rate
            film they are not kept, since frame n is shown at n / rate.
        first: number in the source of the film's first frame (`--start`).
        offset: seconds in the source at which the film begins.
        notes: what was done on the way in, for the report ("deinterlaced", ...).
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
        return bool(self.stills)

    @property
    def is_score(self) -> bool:
        """Notes, with neither picture nor sound."""
        return self.source.lower().endswith(MIDI_SUFFIXES)

    def time(self, index: int) -> Fraction:
        """Seconds at which frame `index` is shown; past the end it goes on at `rate`."""
        if not self.ticks:
            return index / self.rate
        if index < len(self.ticks):
            return self.ticks[index] * self.tick
        return self.ticks[-1] * self.tick + (index - len(self.ticks) + 1) / self.rate

    def trim(self, start: float | None, end: float | None) -> Film:
        """The part between two times in seconds."""
        if start is None and end is None:
            return self
        if not self.frames:
            raise MediaError("--start and --end need a picture; this is a file of sound only")
        times = [self.time(i) for i in range(self.frames)]
        a = bisect_left(times, Fraction(start or 0).limit_denominator(10**6))
        b = self.frames if end is None else bisect_left(times, Fraction(end).limit_denominator(10**6))
        if b <= a:
            raise MediaError(f"nothing is left between --start and --end; the film has {self.seconds:.2f} s")
        ticks = tuple(t - self.ticks[a] for t in self.ticks[a:b]) if self.ticks else ()
        stop = float(times[b]) if b < self.frames else self.seconds
        return replace(
            self,
            frames=b - a,
            ticks=ticks,
            pts=self.pts[a:b],
            first=self.first + a,
            trimmed=True,
            offset=self.offset + float(times[a]),
            seconds=stop - float(times[a]),
            stills=self.stills[a:b],
        )

    def is_source_file(self, path: Path) -> bool:
        """Whether a file is the film itself, or one of its pictures."""
        own = (Path(p) for p in (self.source, *self.stills))
        return path.exists() and any(path.samefile(p) for p in own if p.exists())

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), default=str, indent=1))

    @staticmethod
    def read(path: Path) -> Film:
        facts = json.loads(path.read_text())
        for name in ("rate", "tick", "aspect"):
            facts[name] = Fraction(facts[name])
        for name in ("ticks", "pts", "stills", "notes"):
            facts[name] = tuple(facts[name])
        return Film(**facts)


def fingerprint(path: Path) -> str:
    """What a file is, without reading 50 GB: its size and 64 slices of 64 KiB, hashed."""
    digest = hashlib.sha256()
    inside = (list_images(path) or sorted(p for p in path.iterdir() if p.is_file())) if path.is_dir() else []
    for file in inside or [path]:
        size = 0 if file.is_dir() else file.stat().st_size
        digest.update(f"{file.name if path.is_dir() else ''}{size}".encode())
        if not size:
            continue
        with file.open("rb") as data:
            for part in range(64):
                data.seek(size * part // 64)
                digest.update(data.read(65536))
    return digest.hexdigest()


def list_images(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and p.name[0] != ".")


def is_constant_rate(ticks: list[int], tick: Fraction, rate: Fraction) -> bool:
    """Whether the times are those of a constant rate, rounded to the container's tick."""
    slack = max(tick, Fraction(1, 1001)) * Fraction(3, 2)
    return all(abs(t * tick - n / rate) <= slack for n, t in enumerate(ticks))
