"""The contract between the models and the rest of the program.

A model is a frozen dataclass that inherits one of the kinds below. Its fields are its options. All optional
capabilities are declared here with their defaults, so that no other code probes a model for attributes or knows a
stage by name.

    kind                 `load(device)` returns
    PictureModel         (frames, counts) -> frames: the same frame numbers, the size that `output_size` says
    InterpolationModel   (frame, next frame, times) -> the frames between them
    ContinuationModel    (clip, count, folder, progress) -> `count` frames that follow the clip's last
    TranscriptionModel   (sound, counts) -> notes
    CompositionModel     (notes, counts) -> notes
    SynthesisModel       (notes, counts) -> sound
    MixModel             (original sound, new sound) -> sound

`load` returns weights and constants. The result is cached for the life of the process and called for many films and
parts, so all state of a film or part belongs to one call. A part is a frame range of one picture step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from reimagine.errors import StageError
from reimagine.options import check_ranges
from reimagine.stages.processors import (
    Composer,
    ContinuationProcessor,
    Counts,
    FrameProcessor,
    InterpolationProcessor,
    Mixer,
    Synthesizer,
    Transcriber,
)

__all__ = [
    "CompositionModel",
    "ContinuationModel",
    "Counts",
    "FrameProcessor",
    "InterpolationModel",
    "InterpolationProcessor",
    "Kind",
    "MixModel",
    "Model",
    "PictureModel",
    "SynthesisModel",
    "TranscriptionModel",
]

if TYPE_CHECKING:
    from reimagine.media.video.clip import Clip
    from reimagine.progress import Progress


class Kind(Enum):
    """What a stage reads and writes, as (track read, track written, where it adds frames)."""

    PICTURE = ("picture", "picture", "")
    INTERPOLATION = ("picture", "picture", "between")
    CONTINUATION = ("picture", "picture", "after")
    TRANSCRIPTION = ("sound", "notes", "")
    COMPOSITION = ("notes", "notes", "")
    SYNTHESIS = ("notes", "sound", "")
    MIX = ("sound", "sound", "")

    @property
    def reads(self) -> str:
        """The track read: "picture", "sound" or "notes"."""
        return self.value[0]

    @property
    def writes(self) -> str:
        """The track written: "picture", "sound" or "notes"."""
        return self.value[1]


class Model(Protocol):
    """Base class of all models. Inherit one of the kinds below instead."""

    version: ClassVar[int] = 1
    """Raise it when the same options give another result: it is part of the step's key."""
    renamed_options: ClassVar[Mapping[str, str]] = {}
    """Old option names that are still accepted, with their present names."""
    reported_counts: ClassVar[Sequence[str]] = ()
    """Counts that `report` summarizes; they are not listed in `report.json` as counts."""

    def __post_init__(self) -> None:
        """Check the numbers among the options, as soon as a model is made.

        Raises:
            RecipeError: one is out of its range.
        """
        check_ranges(self)

    @property
    def required_weights(self) -> str:
        """The weights that these options select: a name in the zoo or a path; "" for none."""
        return ""

    def check(self) -> None:
        """Refuse options that cannot work, before any work is done.

        Raises:
            ReimagineError: what is wrong, where, and what to do.
        """

    def check_installed(self) -> None:
        """Refuse to run without the programs or packages that the model needs beyond the program's own.

        Raises:
            StageError: what is not installed, and how to install it.
        """

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Options whose values are names, with the names available now, such as {"look": ["crane", "ink"]}."""
        return {}

    @classmethod
    def previews(cls) -> Sequence[Mapping[str, Any]]:
        """Option settings that `reimagine preview` shows side by side."""
        return ({},)

    @classmethod
    def report(cls, counts: Mapping[str, float]) -> Mapping[str, Any]:
        """Entries for `report.json`, made from the step's counts."""
        return {}

    def learning_seconds(self) -> float:
        """Seconds spent learning from the film before the step, for `--dry-run`."""
        return 0.0


class PictureModel(Model, Protocol):
    """Processes the frames of a film, part by part."""

    context: ClassVar[int] = 0
    """Input frames that the model needs before a part's first frame."""
    look_ahead: ClassVar[int] = 0
    """Input frames that the model needs after a part's last frame."""
    uses_source: ClassVar[bool] = False
    """Whether frames must carry the film's own frame (`Frame.source`)."""
    scene_reuse: ClassVar[bool] = False
    """Whether a part starts with one frame of the earlier shot that shows the same view (`Shot.similar_frame`)."""
    frames_per_second: ClassVar[float] = 5.0
    """Speed on two cores for frames that are written with 640x480 pixels, for `--dry-run`."""
    inference_options: ClassVar[Sequence[str]] = ()
    """Options that do not affect what `prepare` learns."""

    def prepare(self, clip: Clip, folder: Path, device: str, progress: Progress) -> Self:
        """Analyze or learn from the whole film before its parts are processed; return the model to use.

        `folder` is for learned weights. The model creates it if it needs it.
        """
        return self

    def output_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the processed frames of a film, in pixels.

        Raises:
            StageError: the options do not fit a film of this size.
        """
        return width, height

    @abstractmethod
    def load(self, device: str) -> FrameProcessor:
        """Load weights; heavy imports belong here."""
        ...


class InterpolationModel(Model, Protocol):
    """Computes frames between two frames of a film.

    The model knows neither the film's clock nor its shots: `media.video.retiming` decides which times lie between which
    frames, and the last frame before a cut is repeated.
    """

    frames_per_second: ClassVar[float] = 10.0
    """Speed at 640x480 on two cores, for `--dry-run`."""
    inference_options: ClassVar[Sequence[str]] = ()
    """Options that do not affect what is learned from the film: interpolation learns nothing."""

    @property
    def slow_motion(self) -> float:
        """Seconds of the result per second of the film."""
        ...

    @property
    def slow_sound(self) -> bool:
        """Whether the sound is slowed with the picture, at the same pitch."""
        ...

    def output_rate(self, rate: Fraction) -> Fraction:
        """Frames per second of the result for a film of `rate` frames per second, the mean of a variable rate."""
        ...

    @abstractmethod
    def load(self, device: str) -> InterpolationProcessor:
        """Load weights; heavy imports belong here."""
        ...


class ContinuationModel(Model, Protocol):
    """Generates frames that follow the film's last."""

    frames_per_second: ClassVar[float] = 10.0
    """Speed at 640x480 on two cores, for `--dry-run`."""
    inference_options: ClassVar[Sequence[str]] = ("seconds",)
    """Options that do not affect what is learned from the film."""

    @property
    def seconds(self) -> float:
        """Length of the continuation, in seconds."""
        ...

    @property
    def from_frame(self) -> int:
        """Continue from this frame; 0 means the last."""
        ...

    def with_seed_offset(self, offset: int) -> Self:
        """The same options with another random seed, for `--endings`."""
        raise StageError("continue: this model has no random seed, so it has a single ending; leave --endings out")

    @abstractmethod
    def load(self, device: str) -> ContinuationProcessor:
        """Load weights; heavy imports belong here."""
        ...


class SoundModel(Model, Protocol):
    """Base class of the models for sound and notes."""

    realtime_factor: ClassVar[float] = 60.0
    """Seconds of sound processed per second on two cores, for `--dry-run`."""


class TranscriptionModel(SoundModel, Protocol):
    """Transcribes sound to notes."""

    sample_rate: ClassVar[int | None] = None
    """Sample rate in Hz of the mono input; None: the file's own rate and channels."""

    @abstractmethod
    def load(self, device: str) -> Transcriber:
        """Load weights; heavy imports belong here."""
        ...


class CompositionModel(SoundModel, Protocol):
    """Composes notes."""

    @abstractmethod
    def load(self, device: str) -> Composer:
        """Load weights; heavy imports belong here."""
        ...


class SynthesisModel(SoundModel, Protocol):
    """Synthesizes sound from notes. `choices()["instruments"]` lists its instruments, if it has several."""

    @abstractmethod
    def load(self, device: str) -> Synthesizer:
        """Load weights; heavy imports belong here."""
        ...


class MixModel(SoundModel, Protocol):
    """Mixes the film's own sound with the new one."""

    @abstractmethod
    def load(self, device: str) -> Mixer:
        """Load weights; heavy imports belong here."""
        ...
