"""What a film meets: grey frames in, the same luma under the network's colours out."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class ColorizeUNet:
    """A compact network trained with the NoGAN schedule; luma stays the film's own, bit for bit."""

    size: Annotated[int, "Short side, in pixels, at which the network works (64 to 1024)"] = 160
    saturation: Annotated[float, "How strong the colour is, 0 to 2"] = 1.0
    references: Annotated[Path | None, "Folder of ref_nnnnnn.png stills to colour each shot after"] = None
    every_frame: Annotated[bool, "Ask the network at every frame, not only at keyframes"] = False
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "colorize-nogan"
    version: ClassVar[int] = 2
    context: ClassVar[int] = 16
    ahead: ClassVar[int] = 16
    scenes: ClassVar[bool] = True
    preview: ClassVar[tuple[dict, ...]] = ({"size": 128}, {}, {"size": 256}, {"saturation": 1.5})

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds 32 frames."""
        import numpy as np
        import torch

        from reimagine import zoo
        from reimagine.stages.colorize.painting import Painter
        from reimagine.zoo.device import half_is_fast

        from .net import ColorUNet

        net: ColorUNet = zoo.load(self.weights, ColorUNet, device)
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        half = half_is_fast(device)

        @torch.inference_mode()
        def ask(greys: np.ndarray) -> np.ndarray:
            """(N, 1, h, w) float32 in 0..1 -> ab (N, h/4, w/4, 2) float32."""
            x = torch.from_numpy(greys).to(device, memory_format=torch.channels_last)
            with torch.autocast(x.device.type, torch.bfloat16, enabled=half):
                ab = net.paint(x)
            return ab.permute(0, 2, 3, 1).cpu().numpy()

        return Painter(ask, self.size, self.saturation, self.references, self.every_frame)
