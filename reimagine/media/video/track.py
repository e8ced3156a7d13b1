"""The picture track of a film: its frames by number, from the source file or from the artifacts of steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reimagine.errors import MediaError
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import read_film
from reimagine.media.video.writer import read_frames


@dataclass(frozen=True)
class PictureTrack:
    """The files that hold the frames of a track.

    Attributes:
        film: size and clock of the track.
        segments: (path, first frame, frame after the last) for each file, in order; "" is the film's source.
    """

    film: Film
    segments: tuple[tuple[str, int, int], ...]

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.segments[-1][2] if self.segments else 0

    def extended(self, film: Film, path: str, start: int, stop: int) -> PictureTrack:
        """The track with frames `start` to `stop` (exclusive) of a file in place of those from `start` on."""
        kept = ((p, a, min(b, start)) for p, a, b in self.segments if a < start)
        return PictureTrack(film, (*kept, (path, start, stop)))

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames `start` to `stop` (exclusive; by default all), in order.

        Raises:
            MediaError: the artifact of a step has fewer frames than the step has made.
        """
        stop = self.frames if stop is None else stop
        for path, first, end in self.segments:
            a, b = max(first, start), min(end, stop)
            if a < b:
                yield from _read_artifact(Path(path), self.film, a, b) if path else read_film(self.film, a, b)


def _read_artifact(path: Path, film: Film, start: int, stop: int) -> Iterator[Frame]:
    count = 0
    for frame in read_frames(path, film, start, stop):
        yield frame
        count += 1
    if count < stop - start:
        raise MediaError(f"{path}: frame {start + count} is missing; delete {path.parent} and run its step again")
