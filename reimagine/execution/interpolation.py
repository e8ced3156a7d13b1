"""Parts of an interpolation: ranges of the result's frames, each computed from the frames of one shot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, groupby, pairwise

from reimagine.execution.parts import MAX_FRAMES, READ_AHEAD, FrameRange, load_once
from reimagine.media.iteration import prefetch
from reimagine.media.video.frames import Frame, Shot
from reimagine.media.video.retiming import Retiming
from reimagine.media.video.track import PictureTrack
from reimagine.stages.contract import Counts, InterpolationModel

LONGEST_GAP = Fraction(5, 2)
"""Periods of the film's mean rate: a frame that stands longer in a film of variable frame rate is repeated."""


def interpolation_ranges(shots: Iterable[Shot], retiming: Retiming) -> Iterator[FrameRange]:
    """The parts of an interpolation; `first` and `end` are frames of the film, and `start` and `stop` of the result."""
    for shot in shots:
        [*result] = retiming.shots([shot])
        for shown in result:
            for start in range(shown.start, shown.stop, MAX_FRAMES):
                stop = min(start + MAX_FRAMES, shown.stop)
                first, last = (retiming.position(number).frame for number in (start, stop - 1))
                yield FrameRange(shown, first, start, stop, min(last + 2, shot.stop))


@dataclass(frozen=True)
class InterpolationWork:
    """The work of a model that computes frames between frames.

    Attributes:
        picture: the track to read.
        retiming: the clocks of the film and of the result.
        codec: codec of the files that are written.
    """

    model: InterpolationModel
    picture: PictureTrack
    retiming: Retiming
    device: str
    codec: str

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.retiming.rate

    def frames(self, part: FrameRange, counts: Counts) -> Iterator[Frame]:
        """Yield the frames of a part: those of the film unchanged, and interpolated or repeated ones between them."""
        interpolate = load_once(self.model, self.device)
        film = prefetch(self.picture.read(part.first, part.end), READ_AHEAD)
        pairs = pairwise(chain(film, [None]))
        positions = [(self.retiming.position(number), number) for number in range(part.start, part.stop)]
        frame, following = next(pairs)
        for place, group in groupby(positions, key=lambda item: item[0].frame):
            while frame is not None and frame.index < place:
                frame, following = next(pairs)
            assert frame is not None
            times = [(float(position.share), number) for position, number in group]
            between = [] if following is None or self._stands(place) else [share for share, _ in times if share]
            new = iter(interpolate(frame, following, between, counts) if following and between else ())
            for share, number in times:
                shown = next(new) if share and between else frame
                yield shown.renumbered(number, part.shot)
            counts.add("interpolated frames", len(between))

    def _stands(self, number: int) -> bool:
        """Whether a frame stands so long that what happens until the next one is unknown."""
        film = self.retiming.film
        return (film.time(number + 1) - film.time(number)) * film.rate > LONGEST_GAP
