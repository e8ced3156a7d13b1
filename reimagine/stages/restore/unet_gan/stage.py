"""What a film meets: worn frames in, clean positives out; what is lost comes from the frames around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

if TYPE_CHECKING:
    from reimagine.media.clip import Clip

    from .inference import Restorer

LOOKED_AT = 9
"""Frames, spread over the film, that decide what it is."""
KINDS = "auto", "print", "faded", "negative"
SAID = {"faded": "a faded print; --kind print leaves its tones", "negative": "a negative"}


@dataclass(frozen=True)
class RestoreUNetGAN:
    """One network for prints and negatives: grain, blur, blocks, scratches, dust, stains, holes."""

    kind: Annotated[str, "What the film is: print, faded, negative, or auto (the network looks)"] = "auto"
    strength: Annotated[float, "How much of the network's change is made, 0 to 1"] = 1.0
    alone: Annotated[bool, "Never look at the frames around for what is lost in one"] = False
    dense: Annotated[float, "A negative's or faded print's darkest, 0 to 1 (0: measured)"] = 0.0
    base: Annotated[float, "Its lightest (a negative's film base), 0 to 1 (0: measured)"] = 0.0
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "restore-unet-gan"
    version: ClassVar[int] = 2
    context: ClassVar[int] = 2
    ahead: ClassVar[int] = 2
    after: ClassVar[tuple[str, ...]] = ()
    preview: ClassVar[tuple[dict, ...]] = ({}, {"strength": 0.5}, {"kind": "negative"})

    def check(self) -> None:
        """Refuse what is out of range."""
        from reimagine.errors import StageError, unknown_name

        if self.kind not in KINDS:
            raise StageError(unknown_name("kind", self.kind, KINDS))
        for name in ("strength", "dense", "base"):
            if not 0 <= (given := getattr(self, name)) <= 1:
                raise StageError(f"restore: --{name} {given:g} is out of range; give 0 to 1")
        if self.base and self.dense >= self.base:
            raise StageError(f"restore: --dense {self.dense:g} is not below --base {self.base:g}")

    def prepared(self, clip: Clip, kept: Path, device: str, progress: Any) -> RestoreUNetGAN:
        """The model that knows what this film is, and between which tones it lies."""
        import numpy as np

        if self.kind == "print" or (self.kind != "auto" and self.base):
            return self
        from ..tone_restoration import tones

        places = np.unique(np.linspace(0, clip.frames - 1, LOOKED_AT).astype(int))
        frames = [next(clip.read(int(n), int(n) + 1)) for n in places]
        kind = self.kind
        if kind == "auto":
            work = self.load(device)
            kind = work.told(frames)
            if kind != "negative" and work.word(frames) > 0:
                progress.message("restore: this may be a negative; if it is, give --kind negative")
        if kind == "print":
            return replace(self, kind=kind)
        progress.message(f"restore: {SAID[kind]}")
        dense, base = tones(kind, [f.grey / np.float32(255) for f in frames])
        return replace(self, kind=kind, dense=self.dense or dense, base=self.base or base)

    def load(self, device: str) -> Restorer:
        """Frames in, frames out; holds 5 frames."""
        from .inference import Restorer

        return Restorer(self, device)
