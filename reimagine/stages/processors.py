"""Loaded models: what `load` of each kind of model returns, and the totals that they count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reimagine.media import Frame, Notes, Sound
    from reimagine.media.video.clip import Clip
    from reimagine.progress import Progress


class Counts(dict[str, float]):
    """Totals by name, summed over the parts of a step. They appear in `report.json`."""

    def add(self, name: str, value: float = 1) -> None:
        """Add to a total."""
        self[name] = self.get(name, 0) + value

    def merge(self, other: Mapping[str, float]) -> None:
        """Add all totals of another part."""
        for name, value in other.items():
            self.add(name, value)


class FrameProcessor(Protocol):
    """A loaded `PictureModel`."""

    def __call__(self, frames: Iterable[Frame], counts: Counts | None = None, /) -> Iterator[Frame]:
        """Yield the processed frames of one part, lazily and in order. Totals are added to `counts`."""
        ...


class InterpolationProcessor(Protocol):
    """A loaded `InterpolationModel`."""

    def __call__(
        self, frame: Frame, following: Frame, times: Sequence[float], counts: Counts | None = None, /
    ) -> Iterator[Frame]:
        """Yield a frame for each time: two consecutive frames of one shot are at the times 0 and 1.

        Times are above 0 and below 1, in order. The numbers of the frames do not matter.
        """
        ...


class ContinuationProcessor(Protocol):
    """A loaded `ContinuationModel`."""

    def __call__(self, clip: Clip, count: int, folder: Path, progress: Progress, /) -> Iterator[Frame]:
        """Yield `count` frames that follow the clip's last, numbered on from it.

        Learned weights and generated steps are stored in `folder` and reused by later calls.
        """
        ...


class Transcriber(Protocol):
    """A loaded `TranscriptionModel`."""

    def __call__(self, sound: Sound, counts: Counts | None = None, /) -> Notes:
        """Notes of a sound, at the sound's own times in seconds."""
        ...


class Composer(Protocol):
    """A loaded `CompositionModel`."""

    def __call__(self, notes: Notes, counts: Counts | None = None, /) -> Notes:
        """Composed notes; the input may be empty."""
        ...


class Synthesizer(Protocol):
    """A loaded `SynthesisModel`."""

    def __call__(self, notes: Notes, counts: Counts | None = None, /) -> Sound:
        """The sound of the notes; its first sample is at second 0 of the notes."""
        ...


class Mixer(Protocol):
    """A loaded `MixModel`."""

    def __call__(self, original: Sound, new: Sound, /) -> Sound:
        """One sound, as long as `original`."""
        ...
