"""Restoration with a network, in a film also with temporal inpainting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from reimagine.errors import StageError, unknown_name
from reimagine.options import SHARES
from reimagine.stages.contract import PictureModel

from ..statistics import COUNT_NAMES, summarize

if TYPE_CHECKING:
    from pathlib import Path

    from reimagine.media.video.clip import Clip
    from reimagine.media.video.frames import Frame
    from reimagine.progress import Progress

    from .inference import Restorer

SAMPLE_FRAMES = 9
"""Number of evenly spaced frames by which the film is classified and its tonal range measured."""
KINDS = ("auto", "print", "faded", "negative")
"""Values of the option `kind`."""
MESSAGES = {
    "faded": "restore: the film is a faded print; --kind print leaves its tones unchanged",
    "negative": "restore: the film is a negative",
}
"""Messages to the user, by the kind of film that was found."""


@dataclass(frozen=True)
class RestoreUNetGAN(PictureModel):
    """Remove grain, blur, JPEG blocks, scratches, dust, stains and holes, and invert negatives, with one network."""

    kind: Annotated[str, "Kind of film: print, faded, negative, or auto to classify it"] = "auto"
    strength: Annotated[float, "Share of the network's correction to apply", SHARES] = 1.0
    single_frame: Annotated[bool, "Do not fill lost areas from neighbouring frames"] = False
    black_point: Annotated[float, "Darkest tone of a negative or faded print (0: measured)", SHARES] = 0.0
    white_point: Annotated[
        float, "Lightest tone of a faded print, or film base of a negative (0: measured)", SHARES
    ] = 0.0
    weights: Annotated[str, "Name of weights, or path to a .safetensors file"] = "restore-unet-gan"
    version: ClassVar[int] = 3
    context: ClassVar[int] = 5
    look_ahead: ClassVar[int] = 5
    frames_per_second: ClassVar[float] = 9.0
    reported_counts: ClassVar[Sequence[str]] = COUNT_NAMES
    renamed_options: ClassVar[Mapping[str, str]] = {
        "dense": "black_point",
        "base": "white_point",
        "alone": "single_frame",
    }

    @property
    def required_weights(self) -> str:
        """The weights of the network."""
        return self.weights

    @classmethod
    def previews(cls) -> Sequence[Mapping[str, Any]]:
        """The default, half the correction, and the film as a negative."""
        return ({}, {"strength": 0.5}, {"kind": "negative"})

    @classmethod
    def report(cls, counts: Mapping[str, float]) -> Mapping[str, Any]:
        """Summarize the measured damage under "found"."""
        return {"found": summarize(counts)}

    def check(self) -> None:
        """Refuse an unknown kind, and a black point that is not below the white point.

        Raises:
            StageError: names the option, and the nearest name of a kind.
        """
        if self.kind not in KINDS:
            raise StageError(unknown_name("kind", self.kind, KINDS))
        if self.white_point and self.black_point >= self.white_point:
            raise StageError(
                f"restore: --black-point {self.black_point:g} is not below --white-point {self.white_point:g}"
            )

    def prepare(self, clip: Clip, folder: Path, device: str, progress: Progress) -> RestoreUNetGAN:
        """Classify the film and measure its tonal range on a few frames; return the model with both options set."""
        if self.kind == "print" or (self.kind != "auto" and self.white_point):
            return self
        import numpy as np

        from ..tone_restoration import measure_range

        numbers = np.unique(np.linspace(0, clip.frames - 1, SAMPLE_FRAMES).astype(int))
        frames = [next(clip.read(int(n), int(n) + 1)) for n in numbers]
        kind = self._classify(frames, device, progress) if self.kind == "auto" else self.kind
        if kind == "print":
            return replace(self, kind=kind)
        progress.message(MESSAGES[kind])
        low, high = measure_range(kind, [f.grey / np.float32(255) for f in frames])
        return replace(self, kind=kind, black_point=self.black_point or low, white_point=self.white_point or high)

    def _classify(self, frames: list[Frame], device: str, progress: Progress) -> str:
        """Classify the film by some of its frames; send a message if the result is uncertain."""
        restorer = self.load(device)
        kind = restorer.classify(frames)
        if kind != "negative" and restorer.negative_logit(frames) > 0:
            progress.message("restore: the film may be a negative; if it is, give --kind negative")
        return kind

    def load(self, device: str) -> Restorer:
        """Load the weights. A call buffers 5 frames."""
        from .inference import Restorer

        return Restorer(self, device)
