"""What a film meets: a colorizer that has learnt another film's colours, and sees three frames at once."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame
    from reimagine.media.footage import Footage


@dataclass(frozen=True)
class ColorizeTemporal:
    """Three frames at a time, in the colours of a film of your own: name it, or weights trained on it."""

    reference: Annotated[Path | None, "A film in colour, or a folder of them, to learn from"] = None
    minutes: Annotated[float, "How long it learns from the reference"] = 10.0
    size: Annotated[int, "Short side, in pixels, at which the network works (64 to 1024)"] = 160
    saturation: Annotated[float, "How strong the colour is, 0 to 2"] = 1.0
    references: Annotated[Path | None, "Folder of ref_nnnnnn.png stills to colour each shot after"] = None
    every_frame: Annotated[bool, "Ask the network at every frame, not only at keyframes"] = False
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "colorize-nogan"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 16
    ahead: ClassVar[int] = 17
    scenes: ClassVar[bool] = True
    after: ClassVar[tuple[str, ...]] = ("size", "saturation", "references", "every_frame")
    """Options that what is learnt does not depend on."""

    def check(self) -> None:
        """Refuse a reference that is not there, before anything is done."""
        from reimagine.errors import StageError
        from reimagine.training.films import films_in

        if self.reference is None:
            return
        films_in(self.reference)
        if not 0 < self.minutes <= 1440:
            raise StageError(f"colorize: --minutes {self.minutes:g} is out of range; give up to 1440")

    def prepared(self, footage: Footage, kept: Path, device: str, watch: Any) -> ColorizeTemporal:
        """The model that has learnt its reference; what it learns is left in the folder `kept`, and what is
        there is gone on with."""
        if self.reference is None:
            return self
        from .train import study

        weights = study([self.reference], self.weights, kept, self.minutes, device, watch)
        return replace(self, reference=None, weights=str(weights))

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds 33 frames."""
        import numpy as np
        import torch

        from reimagine import zoo
        from reimagine.stages.colorize.painting import Painter
        from reimagine.zoo.device import half_is_fast

        from .net import FRAMES, TemporalUNet

        net: TemporalUNet = zoo.load(self.weights, TemporalUNet, device)
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        half = half_is_fast(device)

        @torch.inference_mode()
        def ask(greys: np.ndarray) -> np.ndarray:
            """(N, 3, h, w) float32 in 0..1 -> ab (N, h/4, w/4, 2) float32."""
            x = torch.from_numpy(greys).to(device)
            with torch.autocast(x.device.type, torch.bfloat16, enabled=half):
                ab = net.paint(x)
            return ab.permute(0, 2, 3, 1).cpu().numpy()

        return Painter(ask, self.size, self.saturation, self.references, self.every_frame, window=FRAMES)
