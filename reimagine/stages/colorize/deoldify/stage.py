"""What a film meets: DeOldify's network for those who have its weights; steady, resumable, in sync."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from reimagine.media import Frame


@dataclass(frozen=True)
class DeOldifyColor:
    """DeOldify's Video, Stable or Artistic, added with `reimagine models add deoldify-video`."""

    render_factor: Annotated[int, "Side of the square the network sees, in 16 pixels (4 to 64)"] = 21
    saturation: Annotated[float, "How strong the colour is, 0 to 2"] = 1.0
    references: Annotated[Path | None, "Folder of ref_nnnnnn.png stills to colour each shot after"] = None
    every_frame: Annotated[bool, "Ask the network at every frame, not only at keyframes"] = False
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "deoldify-video"
    version: ClassVar[int] = 1
    context: ClassVar[int] = 16
    ahead: ClassVar[int] = 16
    scenes: ClassVar[bool] = True

    def load(self, device: str) -> Callable[[Iterable[Frame]], Iterator[Frame]]:
        """Frames in, frames out; holds 32 frames."""
        import cv2
        import numpy as np
        import torch

        from reimagine import zoo
        from reimagine.stages.colorize.colorizer import Colorizer
        from reimagine.zoo.device import bfloat16_is_fast

        from .net import DeOldify

        net: DeOldify = zoo.load(self.weights, DeOldify, device)
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        half = bfloat16_is_fast(device)

        def kept_luma(luma: np.ndarray, rgb: np.ndarray) -> np.ndarray:
            """As published: U and V of the network's picture, Y of the film's; then ab."""
            yuv = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV)
            yuv[..., 0] = luma
            seen = np.clip(cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB), 0, 1)
            return cv2.cvtColor(seen, cv2.COLOR_RGB2LAB)[..., 1:]

        @torch.inference_mode()
        def ask(greys: np.ndarray) -> np.ndarray:
            """(N, 1, s, s) float32 in 0..1 -> ab (N, s, s, 2) float32."""
            x = torch.from_numpy(greys).to(device)
            with torch.autocast(x.device.type, torch.bfloat16, enabled=half):
                made = net.colour(x).float().permute(0, 2, 3, 1).cpu().numpy()
            return np.stack([kept_luma(g, m) for g, m in zip(greys[:, 0], made, strict=True)])

        return Colorizer(ask, self.render_factor * 16, self.saturation, self.references, self.every_frame, square=True)
